//! Single steps: from whom to whom, by which moves.

use std::collections::HashMap;

use policy::{Effect, Principal, PrincipalKind, Request, Service};

use super::super::moves::{MOVES, Move, On, Yields};
use super::super::{ASSUME_ROLE, Estate, Member, Undecided};
use super::{Node, Step};
use crate::budget::Exhausted;

/// Where steps are to lead.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'w> {
    /// To this node.
    Only(Node),
    /// To all of which this holds.
    Some(&'w dyn Fn(Node) -> bool),
}

impl Wanted<'_> {
    fn takes(self, node: Node) -> bool {
        match self {
            Self::Only(wanted) => node == wanted,
            Self::Some(is_wanted) => is_wanted(node),
        }
    }

    /// Those of some members that are wanted.
    fn of(self, members: &[usize]) -> Vec<usize> {
        match self {
            Self::Only(Node::Member(member)) => {
                members.binary_search(&member).map(|_| member).into_iter().collect()
            }
            Self::Only(Node::Administrator) => Vec::new(),
            Self::Some(is_wanted) => {
                members.iter().copied().filter(|member| is_wanted(Node::Member(*member))).collect()
            }
        }
    }
}

/// An estate, while it is walked.
pub(super) struct Walk<'e> {
    estate: &'e Estate,
    users: Vec<usize>,
    roles: Vec<usize>,
    /// Roles by the service that they trust.
    of_service: HashMap<&'static str, Vec<usize>>,
    pub(super) undecided: Vec<Undecided>,
}

impl<'e> Walk<'e> {
    pub(super) fn new(estate: &'e Estate) -> Self {
        let all = 0..estate.members.len();
        let (roles, users) = all.partition(|at| estate.members.get(*at).is_some_and(Member::is_role));
        Self { estate, users, roles, of_service: HashMap::new(), undecided: Vec::new() }
    }

    /// Every step from a node to the nodes that are wanted.
    pub(super) fn steps(&mut self, node: Node, wanted: Wanted<'_>) -> Vec<Step> {
        let Node::Member(caller) = node else { return self.as_administrator(wanted) };
        let mut steps = Vec::new();
        let roles = match wanted {
            Wanted::Only(_) => wanted.of(&self.roles),
            Wanted::Some(_) => wanted.of(&self.estate.roles_for(caller)),
        };
        for role in roles {
            if role == caller {
                continue;
            }
            let assumes = self.estate.assumes(caller, role);
            if let Some(request) = self.decided(caller, Some(role), assumes) {
                steps.push(Step {
                    from: node,
                    to: Node::Member(role),
                    by: ASSUME_ROLE.to_owned(),
                    needs: vec![(ASSUME_ROLE, request)],
                    needs_running: false,
                });
            }
        }
        let Some(who) = self.estate.members.get(caller) else { return steps };
        let is_administrator = self.estate.is_administrator(caller, &who.policies);
        if self.decided(caller, None, is_administrator.map(|is| is.then_some(()))).is_some() {
            // Everything else follows from that.
            if wanted.takes(Node::Administrator) {
                steps.push(Step {
                    from: node,
                    to: Node::Administrator,
                    by: "administrator".to_owned(),
                    needs: Vec::new(),
                    needs_running: false,
                });
            }
            return steps;
        }
        for row in MOVES {
            // Most can do few moves: their policies do not name what it takes.
            if row.needs.iter().all(|need| self.estate.rights.names(caller, need.action)) {
                steps.extend(self.by(caller, who, row, wanted));
            }
        }
        steps
    }

    /// An administrator can come to act as anybody.
    fn as_administrator(&self, wanted: Wanted<'_>) -> Vec<Step> {
        let all = (0..self.estate.members.len()).map(Node::Member).filter(|to| wanted.takes(*to));
        let to = |to| Step {
            from: Node::Administrator,
            to,
            by: "administrator".to_owned(),
            needs: Vec::new(),
            needs_running: false,
        };
        all.map(to).collect()
    }

    /// The steps by one move.
    fn by(&mut self, caller: usize, who: &'e Member, row: &Move, wanted: Wanted<'_>) -> Vec<Step> {
        let estate = self.estate;
        let yields_member = matches!(
            row.yields,
            Yields::User | Yields::Role | Yields::RoleOf(_) | Yields::RoleInUseBy(_) | Yields::RoleOfProvider
        );
        if !yields_member && !wanted.takes(Node::Administrator) {
            return Vec::new();
        }
        // Whom it could lead to is the cheapest to tell.
        let targets = self.targets(row.yields, wanted);
        if yields_member && targets.is_empty() {
            return Vec::new();
        }
        // What is not about the target decides for all targets at once.
        let needs = row.needs.iter().filter(|need| !is_about_target(need.on));
        let mut have = Vec::new();
        for need in needs {
            let resources = self.resources(caller, who, need.on);
            let mut found = None;
            for resource in resources {
                let asked = estate.asks(caller, (need.action, &resource), None);
                found = self.decided(caller, None, asked);
                if found.is_some() {
                    break;
                }
            }
            let Some(request) = found else { return Vec::new() };
            have.push((need.action, request));
        }
        let is_bounded = who.policies.boundary.is_some();
        let everything = |have: Vec<(&'static str, Request)>| Step {
            from: Node::Member(caller),
            to: Node::Administrator,
            by: row.id.to_owned(),
            needs: have,
            needs_running: false,
        };
        let others = || {
            let with_member = targets.iter().filter_map(|at| Some((*at, estate.members.get(*at)?)));
            let same_account =
                move |(_, member): &(usize, &Member)| member.arn.account_part() == who.arn.account_part();
            with_member.filter(move |(at, _)| *at != caller).filter(same_account)
        };
        match row.yields {
            Yields::EverythingAsUser | Yields::EverythingAsRole => {
                if who.is_role() != (row.yields == Yields::EverythingAsRole) {
                    return Vec::new();
                }
                // A boundary holds whatever one is granted, unless it goes as well.
                if is_bounded {
                    let drop = if who.is_role() {
                        "iam:DeleteRolePermissionsBoundary"
                    } else {
                        "iam:DeleteUserPermissionsBoundary"
                    };
                    let asked = estate.asks(caller, (drop, who.arn.as_str()), None);
                    let Some(request) = self.decided(caller, None, asked) else { return Vec::new() };
                    have.push((drop, request));
                }
                vec![everything(have)]
            }
            Yields::EverythingUnbounded => {
                let fits = row.id.contains("Role") == who.is_role();
                let mut free = who.policies.clone();
                free.boundary = None;
                let is_administrator =
                    if fits && is_bounded { estate.is_administrator(caller, &free) } else { Ok(false) };
                let is = self.decided(caller, None, is_administrator.map(|is| is.then_some(())));
                if is.is_some() { vec![everything(have)] } else { Vec::new() }
            }
            Yields::EverythingAsNew => vec![everything(have)],
            Yields::EverythingAsOtherUser
            | Yields::EverythingAsOtherRole
            | Yields::EverythingAsAssumedRole => {
                for (at, target) in others() {
                    if target.policies.boundary.is_some() || is_linked(target) {
                        continue;
                    }
                    let mut with = have.clone();
                    if row.yields == Yields::EverythingAsAssumedRole {
                        let assumes = estate.assumes(caller, at);
                        let Some(request) = self.decided(caller, Some(at), assumes) else { continue };
                        with.push((ASSUME_ROLE, request));
                    }
                    if self.target_needs(caller, target, row, None, &mut with) {
                        return vec![everything(with)];
                    }
                }
                Vec::new()
            }
            Yields::User
            | Yields::Role
            | Yields::RoleOf(_)
            | Yields::RoleInUseBy(_)
            | Yields::RoleOfProvider => {
                let mut steps = Vec::new();
                for (at, target) in others() {
                    let (fits, service) = match row.yields {
                        Yields::User => (true, None),
                        Yields::RoleOf(service) => (true, Some(service)),
                        Yields::RoleInUseBy(service) => {
                            (service != "ec2.amazonaws.com" || !target.instance_profiles.is_empty(), None)
                        }
                        _ => (!is_linked(target), None),
                    };
                    let mut needs = have.clone();
                    if fits && self.target_needs(caller, target, row, service, &mut needs) {
                        steps.push(Step {
                            from: Node::Member(caller),
                            to: Node::Member(at),
                            by: row.id.to_owned(),
                            needs,
                            needs_running: matches!(row.yields, Yields::RoleInUseBy(_)),
                        });
                    }
                }
                steps
            }
        }
    }

    /// The members that a move may be about, in order: those who fit, as far as they are wanted.
    fn targets(&mut self, yields: Yields, wanted: Wanted<'_>) -> Vec<usize> {
        match yields {
            Yields::User => wanted.of(&self.users),
            Yields::Role | Yields::RoleOfProvider => wanted.of(&self.roles),
            Yields::RoleOf(service) | Yields::RoleInUseBy(service) => {
                let (estate, roles) = (self.estate, &self.roles);
                let trusting = self.of_service.entry(service).or_insert_with(|| {
                    let does = |at: &usize| estate.members.get(*at).is_some_and(|role| trusts(role, service));
                    roles.iter().copied().filter(does).collect()
                });
                wanted.of(trusting)
            }
            Yields::EverythingAsOtherUser => self.users.clone(),
            Yields::EverythingAsOtherRole | Yields::EverythingAsAssumedRole => self.roles.clone(),
            Yields::EverythingAsUser
            | Yields::EverythingAsRole
            | Yields::EverythingUnbounded
            | Yields::EverythingAsNew => Vec::new(),
        }
    }

    /// Whether the caller has what a move takes on its target; the requests are added.
    fn target_needs(
        &mut self,
        caller: usize,
        target: &Member,
        row: &Move,
        service: Option<&str>,
        have: &mut Vec<(&'static str, Request)>,
    ) -> bool {
        for need in row.needs.iter().filter(|need| is_about_target(need.on)) {
            let resources = match need.on {
                On::Provider => providers(target),
                On::TargetPolicy => own_policies(target),
                _ => vec![target.arn.to_string()],
            };
            let service = service.filter(|_| need.on == On::Passed);
            let mut found = None;
            for resource in &resources {
                let asked = self.estate.asks(caller, (need.action, resource), service);
                found = self.decided(caller, None, asked);
                if found.is_some() {
                    break;
                }
            }
            let Some(request) = found else { return false };
            have.push((need.action, request));
        }
        true
    }

    /// What a permission may be about, whoever the target is.
    fn resources(&mut self, caller: usize, who: &Member, on: On) -> Vec<String> {
        let estate = self.estate;
        let arn =
            |kind: &str| format!("arn:{}:iam::{}:{kind}/*", who.arn.partition_name(), who.arn.account_part());
        match on {
            On::Caller => vec![who.arn.to_string()],
            On::CallerGroup => who.groups.iter().map(ToString::to_string).collect(),
            On::AdministratorGroup => {
                let mut found = Vec::new();
                for group in &estate.groups {
                    let set = policy::PolicySet::new().with_identity(group.policies.clone());
                    let is = estate.is_administrator(caller, &set).map(|is| is.then_some(()));
                    if self.decided(caller, None, is).is_some() {
                        found.push(group.arn.to_string());
                    }
                }
                found
            }
            On::CallerPolicy => own_policies(who),
            On::CallerPolicyWithWiderVersion => {
                let mut found = Vec::new();
                for policy in estate.policies.iter().filter(|policy| who.attached.contains(&policy.arn)) {
                    for version in &policy.other_versions {
                        let named = policy::Named::new(
                            policy::SourceKind::CustomerManaged,
                            policy.arn.as_str(),
                            std::sync::Arc::clone(version),
                        );
                        let set = policy::PolicySet::new().with_identity(vec![named]);
                        let is = estate.is_administrator(caller, &set).map(|is| is.then_some(()));
                        if self.decided(caller, None, is).is_some() {
                            found.push(policy.arn.to_string());
                            break;
                        }
                    }
                }
                found
            }
            On::NewUser => vec![arn("user")],
            On::NewRole => vec![arn("role")],
            On::Anything | On::Target | On::Passed | On::TargetPolicy | On::Provider => vec!["*".to_owned()],
        }
    }

    /// What was decided; what was not is kept to be told.
    fn decided<T>(
        &mut self,
        member: usize,
        role: Option<usize>,
        answer: Result<Option<T>, Exhausted>,
    ) -> Option<T> {
        match answer {
            Ok(found) => found,
            Err(exhausted) => {
                let one = Undecided { member, role, exhausted };
                if !self.undecided.contains(&one) {
                    self.undecided.push(one);
                }
                None
            }
        }
    }
}

fn is_about_target(on: On) -> bool {
    matches!(on, On::Target | On::Passed | On::TargetPolicy | On::Provider)
}

/// The attached policies that are of the member's own account.
fn own_policies(member: &Member) -> Vec<String> {
    let own = |arn: &&types::Arn| arn.account_part() == member.arn.account_part();
    member.attached.iter().filter(own).map(ToString::to_string).collect()
}

/// Whether a role belongs to a service, so that nobody changes it or takes it.
fn is_linked(member: &Member) -> bool {
    member.principal.is_service_linked_role()
}

/// Whether a service can assume a role.
fn trusts(role: &Member, service: &str) -> bool {
    let service = Principal::Service(Service::new(service));
    let Ok(assume) = policy::Action::parse("sts:AssumeRole") else { return false };
    role.trust.iter().flat_map(|trust| trust.policy.statements()).any(|statement| {
        statement.effect() == Effect::Allow
            && statement.principals().is_some_and(|element| element.speaks_to(&service, Effect::Allow))
            && statement.actions().patterns().iter().any(|pattern| pattern.matches(&assume))
    })
}

/// The SAML providers that a role trusts.
fn providers(role: &Member) -> Vec<String> {
    let elements = role.trust.iter().flat_map(|trust| trust.policy.statements());
    let elements = elements.filter(|statement| statement.effect() == Effect::Allow);
    let patterns =
        elements.filter_map(|statement| statement.principals()).flat_map(|element| element.patterns());
    let federated = patterns.filter(|pattern| pattern.kind() == PrincipalKind::Federated);
    federated.map(|p| p.as_str().to_owned()).filter(|text| text.contains(":saml-provider/")).collect()
}

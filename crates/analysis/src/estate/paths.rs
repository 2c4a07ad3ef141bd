//! Ways from one principal to another, or to everything: chains of assumed roles and of [`MOVES`].

use std::collections::{BTreeMap, BTreeSet};

use policy::{Effect, Principal, PrincipalKind, Request, Service};

use super::moves::{MOVES, Move, On, Yields};
use super::{Estate, Member, Undecided};
use crate::budget::Exhausted;

/// Where a path goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A user or role, by place in the estate.
    Member(usize),
    /// Whoever may do everything in the account.
    Administrator,
}

/// One way to get from one node to another.
#[derive(Debug, Clone)]
pub struct Step {
    /// From where.
    pub from: Node,
    /// To where.
    pub to: Node,
    /// The move: `sts:AssumeRole`, the id of one of [`MOVES`], or `administrator` for what an administrator can do
    /// anyhow.
    pub by: String,
    /// The permissions that it takes, each with a request that shows that the caller has it.
    pub needs: Vec<(&'static str, Request)>,
    /// Whether something has to run as the role already, which policies do not tell.
    pub needs_running: bool,
}

/// A chain of steps: for each, every move that makes it.
#[derive(Debug, Clone)]
pub struct Path {
    /// From the first to the last.
    pub steps: Vec<Vec<Step>>,
}

/// The shortest paths from a member to a node, at most `limit`; none where there is no way. `progress` hears how many
/// nodes were gone through. What was not decided is told apart.
pub fn paths(
    estate: &Estate,
    from: usize,
    to: Node,
    limit: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> (Vec<Path>, Vec<Undecided>) {
    let total = estate.members.len() + 1;
    let mut walk = Walk { estate, undecided: Vec::new() };
    let start = Node::Member(from);
    let mut depths = BTreeMap::from([(start, 0_usize)]);
    let mut incoming: BTreeMap<Node, BTreeMap<Node, Vec<Step>>> = BTreeMap::new();
    let (mut layer, mut depth) = (vec![start], 0);
    while !layer.is_empty() && !depths.contains_key(&to) {
        depth += 1;
        let mut next = BTreeSet::new();
        for node in layer {
            progress(depths.len(), total);
            for step in walk.steps(node) {
                let known = *depths.entry(step.to).or_insert(depth);
                if known == depth {
                    next.insert(step.to);
                    incoming.entry(step.to).or_default().entry(node).or_default().push(step);
                }
            }
        }
        layer = next.into_iter().collect();
    }
    progress(total, total);
    let mut found = Vec::new();
    // Nobody needs a way to itself.
    if to != start {
        back(&incoming, start, to, &mut Vec::new(), limit, &mut found);
    }
    (found, walk.undecided)
}

/// Every chain that ends in a node.
fn back(
    incoming: &BTreeMap<Node, BTreeMap<Node, Vec<Step>>>,
    start: Node,
    node: Node,
    behind: &mut Vec<Vec<Step>>,
    limit: usize,
    found: &mut Vec<Path>,
) {
    if found.len() >= limit {
        return;
    }
    if node == start {
        found.push(Path { steps: behind.iter().rev().cloned().collect() });
        return;
    }
    for (before, steps) in incoming.get(&node).into_iter().flatten() {
        behind.push(steps.clone());
        back(incoming, start, *before, behind, limit, found);
        behind.pop();
    }
}

struct Walk<'e> {
    estate: &'e Estate,
    undecided: Vec<Undecided>,
}

impl<'e> Walk<'e> {
    /// Every step from a node.
    fn steps(&mut self, node: Node) -> Vec<Step> {
        let Node::Member(caller) = node else { return self.as_administrator() };
        let mut steps = Vec::new();
        for role in 0..self.estate.members.len() {
            if role == caller {
                continue;
            }
            let assumes = self.estate.assumes(caller, role);
            if let Some(request) = self.decided(caller, Some(role), assumes) {
                steps.push(Step {
                    from: node,
                    to: Node::Member(role),
                    by: "sts:AssumeRole".to_owned(),
                    needs: vec![("sts:AssumeRole", request)],
                    needs_running: false,
                });
            }
        }
        let Some(who) = self.estate.members.get(caller) else { return steps };
        let is_administrator = self.estate.is_administrator(caller, &who.policies);
        if self.decided(caller, None, is_administrator.map(|is| is.then_some(()))).is_some() {
            steps.push(Step {
                from: node,
                to: Node::Administrator,
                by: "administrator".to_owned(),
                needs: Vec::new(),
                needs_running: false,
            });
            // Everything else follows from that.
            return steps;
        }
        for row in MOVES {
            steps.extend(self.by(caller, who, row));
        }
        steps
    }

    /// An administrator can come to act as anybody.
    fn as_administrator(&self) -> Vec<Step> {
        let to = |member| Step {
            from: Node::Administrator,
            to: Node::Member(member),
            by: "administrator".to_owned(),
            needs: Vec::new(),
            needs_running: false,
        };
        (0..self.estate.members.len()).map(to).collect()
    }

    /// The steps by one move.
    fn by(&mut self, caller: usize, who: &'e Member, row: &Move) -> Vec<Step> {
        let estate = self.estate;
        // What is not about the target decides for all targets at once.
        let needs = row.needs.iter().filter(|need| !is_about_target(need.on));
        let mut have = Vec::new();
        for need in needs {
            let resources = self.resources(caller, who, need.on);
            let mut found = None;
            for resource in resources {
                let asked = estate.asks(caller, (need.action, &resource), None, None);
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
            let same_account =
                move |(_, member): &(usize, &Member)| member.arn.account_part() == who.arn.account_part();
            estate.members.iter().enumerate().filter(move |(at, _)| *at != caller).filter(same_account)
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
                    let asked = estate.asks(caller, (drop, who.arn.as_str()), None, None);
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
                let wants_role = row.yields != Yields::EverythingAsOtherUser;
                for (at, target) in others() {
                    if target.is_role() != wants_role
                        || target.policies.boundary.is_some()
                        || is_linked(target)
                    {
                        continue;
                    }
                    let mut with = have.clone();
                    if row.yields == Yields::EverythingAsAssumedRole {
                        let assumes = estate.assumes(caller, at);
                        let Some(request) = self.decided(caller, Some(at), assumes) else { continue };
                        with.push(("sts:AssumeRole", request));
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
                        Yields::User => (!target.is_role(), None),
                        Yields::RoleOf(service) => (trusts(target, service), Some(service)),
                        Yields::RoleInUseBy(service) => {
                            let held = service != "ec2.amazonaws.com" || !target.instance_profiles.is_empty();
                            (trusts(target, service) && held, None)
                        }
                        _ => (target.is_role() && !is_linked(target), None),
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
                _ => vec![target.arn.to_string()],
            };
            let service = service.filter(|_| need.on == On::Passed);
            let mut found = None;
            for resource in &resources {
                let asked = self.estate.asks(caller, (need.action, resource), service, None);
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
            On::CallerPolicy => {
                let own = |arn: &&types::Arn| arn.account_part() == who.arn.account_part();
                who.attached.iter().filter(own).map(ToString::to_string).collect()
            }
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
            On::Anything | On::Target | On::Passed | On::Provider => vec!["*".to_owned()],
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
                self.undecided.push(Undecided { member, role, exhausted });
                None
            }
        }
    }
}

fn is_about_target(on: On) -> bool {
    matches!(on, On::Target | On::Passed | On::Provider)
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

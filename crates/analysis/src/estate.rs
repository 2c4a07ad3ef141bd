//! Questions over everybody: who can do something, what somebody can do, by which ways one comes to act as another.
//!
//! An [`Estate`] holds the users and roles of accounts with the policies that apply to them. It is made once, for one
//! moment, and asked many times.

mod chain;
mod changes;
mod hopeful;
mod likely;
mod moves;
mod paths;
mod rights;
mod rows;
mod trusts;
mod who;
mod why;

use std::sync::Arc;

use catalog::Catalog;
use policy::{Named, Policy, PolicySet, Principal, Request, evaluate};
use types::Arn;

pub use changes::{Change, Difference, differences};
pub use moves::{MOVES, Move, Need, On, Yields};
pub use paths::{Bounds, Node, Path, Paths, Step, paths};
pub use rows::{Condition, Exception, Row, effective};
pub use who::{Holder, Hop, Undecided, Who, who_can};
pub use why::{Decider, Why};

use crate::access::{listed, quoted};
use crate::budget::{Budget, Exhausted};
use crate::compare::Requests;
use crate::stack::Asker;
use rights::{Asked, Own, Rights};

/// Users and roles, and what applies to them.
#[derive(Debug, Default)]
pub struct Estate {
    members: Vec<Member>,
    groups: Vec<Group>,
    policies: Vec<ManagedPolicy>,
    budget: Budget,
    rights: Rights,
}

/// A request that is allowed, if there is one.
type Answer = Result<Option<Request>, Exhausted>;

/// A user or a role.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its ARN.
    pub arn: Arn,
    /// As whom it asks: the user, or the role in a session.
    pub principal: Principal,
    /// Identity policies, its groups' included, and boundary and control policies where there are any.
    pub policies: PolicySet,
    /// The groups of a user, by ARN.
    pub groups: Vec<Arn>,
    /// The managed policies attached to it and its groups.
    pub attached: Vec<Arn>,
    /// Whom a role trusts.
    pub trust: Option<Named>,
    /// The instance profiles that hold a role.
    pub instance_profiles: Vec<Arn>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A group of users.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its ARN.
    pub arn: Arn,
    /// What it grants.
    pub policies: Vec<Named>,
}

/// A managed policy of the account's own.
#[derive(Debug, Clone)]
pub struct ManagedPolicy {
    /// Its ARN.
    pub arn: Arn,
    /// The versions that are not the default one.
    pub other_versions: Vec<Arc<Policy>>,
}

impl Estate {
    /// Of these members, groups and policies.
    #[must_use]
    pub fn new(
        mut members: Vec<Member>,
        groups: Vec<Group>,
        policies: Vec<ManagedPolicy>,
        budget: Budget,
    ) -> Self {
        let rights = Rights::of(&mut members);
        Self { members, groups, policies, budget, rights }
    }

    /// The same with the services that there are: AWS's and own ones.
    #[must_use]
    pub fn knowing(mut self, catalog: Catalog) -> Self {
        self.rights = self.rights.knowing(catalog);
        self
    }

    /// The services that there are.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.rights.catalog
    }

    /// Users and roles.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The members of a name: the one with that ARN, else those whose ARN ends so from a slash or colon on, in whatever
    /// case, as IAM takes names.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<usize> {
        if let Some(at) = self.members.iter().position(|member| member.arn.as_str() == name) {
            return vec![at];
        }
        let ends = |member: &Member| {
            let arn = member.arn.as_str();
            let (rest, end) = arn.split_at_checked(arn.len().checked_sub(name.len())?)?;
            (end.eq_ignore_ascii_case(name) && rest.ends_with(['/', ':'])).then_some(())
        };
        let all = self.members.iter().zip(0..);
        all.filter(|(member, _)| !name.is_empty() && ends(member).is_some()).map(|(_, at)| at).collect()
    }

    /// The one member of a name, if there is but one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        match self.named(name).as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// Why a member's request is allowed, or, where a role is assumed, why both sides allow it.
    #[must_use]
    pub fn why(&self, member: usize, request: &Request, role: Option<usize>) -> Why {
        let trust = role.and_then(|role| self.members.get(role)?.trust.as_ref());
        self.why_with(member, request, trust)
    }

    fn why_with(&self, member: usize, request: &Request, own: Option<&Named>) -> Why {
        let Some(who) = self.members.get(member) else { return Why::default() };
        let mut set = who.policies.clone();
        if let Some(own) = own {
            set = set.with_resource(own.clone());
        }
        let resource = request.resource.as_str();
        let mut asker = who.asker(resource);
        asker.principal = request.principal.clone();
        let bare = asker.request(request.action.clone(), resource);
        Why::of(&set, request, &bare)
    }

    /// A request of a member within an action and a resource, both as statements write them, that its policies
    /// allow; a `service` says to whom a role is passed.
    fn asks(&self, member: usize, (action, resource): (&str, &str), service: Option<&str>) -> Answer {
        let Some(who) = self.members.get(member) else { return Ok(None) };
        self.rights.ask((member, who), Asked { action, resource, service, is_free: true }, None, self.budget)
    }

    /// The same of a resource that has a policy of its own.
    fn asks_of(&self, member: usize, (action, resource): (&str, &str), own: Option<&Own>) -> Answer {
        let Some(who) = self.members.get(member) else { return Ok(None) };
        let asked = Asked { action, resource, service: None, is_free: true };
        match own {
            None => self.rights.ask((member, who), asked, None, self.budget),
            Some(_) => self.rights.ask_as(member, &who.asker(resource), asked, own, self.budget),
        }
    }

    /// The request with which a member assumes a role, if it can.
    fn assumes(&self, member: usize, role: usize) -> Answer {
        let (Some(who), Some(whom)) = (self.members.get(member), self.members.get(role)) else {
            return Ok(None);
        };
        let Some(own) = self.rights.trust(role) else { return Ok(None) };
        let resource = whom.arn.as_str();
        let asked = Asked { action: ASSUME_ROLE, resource, service: None, is_free: true };
        let found = self.rights.ask((member, who), asked, Some(own), self.budget)?;
        if found.is_some() || !who.is_role() {
            return Ok(found);
        }
        // Whoever acts as a role names its session, within what trust policies let it.
        for session in trusts::sessions(whom, who) {
            let mut asker = who.asker(whom.arn.as_str());
            let Some(principal) = who.in_session(session) else { continue };
            asker.principal = principal;
            let found = self.rights.ask_as(member, &asker, asked, Some(own), self.budget)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The roles that a member could assume as far as trust policies name it.
    fn roles_for(&self, member: usize) -> Vec<usize> {
        let Some(who) = self.members.get(member) else { return Vec::new() };
        self.rights.index(&self.members).roles_for(who, self.rights.begins(member))
    }

    /// The members that could assume a role, likewise.
    fn members_for(&self, role: usize) -> Vec<usize> {
        self.rights.index(&self.members).members_for(role)
    }

    /// Whether a set of policies lets a member do everything, as far as its own side decides.
    fn is_administrator(&self, member: usize, set: &PolicySet) -> Result<bool, Exhausted> {
        let Some(who) = self.members.get(member) else { return Ok(false) };
        let layers = [&set.identity, &set.boundary];
        let of_control = set.service_control.iter().flat_map(|levels| levels.iter());
        let bundles = layers.into_iter().flatten().chain(of_control);
        let is_free = |statement: &policy::Statement| {
            let resources = statement.resources();
            let everywhere = resources.is_some_and(|element| {
                element.polarity() == policy::Polarity::Listed
                    && element.patterns().iter().any(policy::ResourcePattern::is_every)
            });
            statement.effect() == policy::Effect::Allow && statement.conditions().is_empty() && everywhere
        };
        let takes_all = |statement: &policy::Statement| {
            statement.actions().polarity() == policy::Polarity::Listed
                && statement.actions().patterns().iter().any(|pattern| pattern.as_str() == "*")
        };
        let is_wide = |named: &Named| {
            let allows = named.policy.statements().iter();
            allows.filter(|s| s.effect() == policy::Effect::Allow).any(|s| {
                s.actions().polarity() == policy::Polarity::AllBut
                    || s.actions().patterns().iter().any(|pattern| pattern.as_str() == "*")
            })
        };
        // What has no statement about all actions does not allow all of them.
        if !bundles.clone().all(|bundle| bundle.policies().iter().any(is_wide)) || set.identity.is_none() {
            return Ok(false);
        }
        let statements =
            || bundles.clone().flat_map(|bundle| bundle.policies()).flat_map(|n| n.policy.statements());
        let lets_all = |bundle: &Arc<policy::Bundle>| {
            let mut all = bundle.policies().iter().flat_map(|named| named.policy.statements());
            all.any(|statement| is_free(statement) && takes_all(statement))
        };
        if statements().all(|statement| statement.effect() == policy::Effect::Allow)
            && bundles.clone().all(lets_all)
        {
            return Ok(true);
        }
        let asker = who.asker("*");
        let can = |action: &str| {
            policy::Action::parse(action)
                .is_ok_and(|action| evaluate(set, &asker.request(action, "*")).is_allowed())
        };
        // What most policies leave out refutes it sooner than a search.
        if !["iam:CreateUser", "organizations:LeaveOrganization", "s3:DeleteBucket"].into_iter().all(can) {
            return Ok(false);
        }
        let Some(everything) = scope(&[], &[], None, &[]) else { return Ok(false) };
        let all = PolicySet::new().with_identity(vec![Named::new(
            policy::SourceKind::Input,
            "everything",
            Arc::new(everything),
        )]);
        Ok(crate::stack_minus(&all, set, &asker, None, Requests::Any, self.budget)?.is_none())
    }
}

impl Member {
    /// As it asks for a resource: by the account in the ARN, or its own.
    #[must_use]
    pub fn asker(&self, resource: &str) -> Asker {
        let mut asker = Asker::new(self.principal.clone());
        let account = resource.split(':').nth(4).and_then(|text| types::AccountId::parse(text).ok());
        asker.resource_account = account;
        for (key, value) in &self.tags {
            asker.context.set(&format!("aws:PrincipalTag/{key}"), value.as_str());
        }
        // A session may bring tags of its own; a user has those that it has.
        if matches!(self.principal, Principal::User(_)) {
            asker.lacks.extend(["aws:principaltag/", "aws:sourceidentity"].map(str::to_owned));
            asker.lacks.extend(OF_FEDERATION.map(str::to_owned));
        }
        // MFA counts for assuming a role, and not for the session (AWS: "Secure API access with MFA").
        if self.is_role() {
            asker.context.set("aws:MultiFactorAuthPresent", "false");
            asker.lacks.push("aws:multifactorauthage".to_owned());
        }
        asker
    }

    /// A role in a session of that name.
    fn in_session(&self, name: &str) -> Option<Principal> {
        let Principal::AssumedRole(role) = &self.principal else { return None };
        let named = policy::AssumedRole::new(role.role().clone(), name).ok()?;
        Some(Principal::AssumedRole(match role.id() {
            Some(id) => named.with_id(id.clone()),
            None => named,
        }))
    }

    /// Whether it is a role.
    #[must_use]
    pub fn is_role(&self) -> bool {
        matches!(self.principal, Principal::AssumedRole(_))
    }
}

/// The requests with one of these actions and resources, any for none, that have some keys; `None` where no statement
/// can say so.
fn scope(
    actions: &[String],
    resources: &[String],
    service: Option<&str>,
    present: &[String],
) -> Option<Policy> {
    let mut operators = Vec::new();
    if let Some(service) = service {
        operators.push(format!(r#""StringEqualsIfExists": {{"iam:PassedToService": {}}}"#, quoted(service)));
    }
    if !present.is_empty() {
        let keys: Vec<String> = present.iter().map(|key| format!("{}: false", quoted(key))).collect();
        operators.push(format!(r#""Null": {{{}}}"#, keys.join(",")));
    }
    let text = format!(
        r#"{{"Statement": {{"Effect": "Allow", "Action": [{}], "Resource": [{}], "Condition": {{{}}}}}}}"#,
        listed(actions),
        listed(resources),
        operators.join(",")
    );
    Policy::parse(&text).ok()
}

/// How the keys begin that an identity provider brings about.
const OF_FEDERATION: [&str; 2] = ["aws:federatedprovider", "saml:"];

const ASSUME_ROLE: &str = "sts:AssumeRole";

//! Questions over everybody: who can do something, what somebody can do, by which ways one comes to act as another.
//!
//! An [`Estate`] holds the users and roles of accounts with the policies that apply to them. It is made once, for one
//! moment, and asked many times.

mod changes;
mod moves;
mod paths;
mod rows;
mod who;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use policy::{Named, Policy, PolicySet, Principal, Request, evaluate};
use types::Arn;

pub use changes::{Change, Difference, differences};
pub use moves::{MOVES, Move, Need, On, Yields};
pub use paths::{Node, Path, Step, paths};
pub use rows::{Condition, Exception, Row, effective};
pub use who::{Holder, Undecided, Who, who_can};

use crate::access::{listed, quoted};
use crate::budget::{Budget, Exhausted};
use crate::compare::Requests;
use crate::stack::{Asker, grants};

/// Users and roles, and what applies to them.
#[derive(Debug, Default)]
pub struct Estate {
    members: Vec<Member>,
    groups: Vec<Group>,
    policies: Vec<ManagedPolicy>,
    budget: Budget,
    /// What was asked of members before.
    asked: RefCell<HashMap<(usize, String), Answer>>,
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

/// A statement that took part in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// The policy, by ARN or name.
    pub policy: String,
    /// The layer, as decisions name it.
    pub layer: &'static str,
    /// The statement's name.
    pub sid: Option<String>,
    /// Its place among the statements, from 0.
    pub statement: u32,
}

impl Estate {
    /// Of these members, groups and policies.
    #[must_use]
    pub fn new(
        members: Vec<Member>,
        groups: Vec<Group>,
        policies: Vec<ManagedPolicy>,
        budget: Budget,
    ) -> Self {
        Self { members, groups, policies, budget, asked: RefCell::default() }
    }

    /// Users and roles.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// A member by its ARN, or by the end of it from a slash or colon on, where only one ends so.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        if let Some(at) = self.members.iter().position(|member| member.arn.as_str() == name) {
            return Some(at);
        }
        let ends = |member: &Member| {
            let rest = member.arn.as_str().strip_suffix(name);
            rest.is_some_and(|rest| rest.ends_with(['/', ':']))
        };
        let mut found = self.members.iter().enumerate().filter(|(_, member)| ends(member));
        let (at, _) = found.next()?;
        found.next().is_none().then_some(at)
    }

    /// A request of a member within an action and a resource, both as statements write them, that its policies
    /// allow; a `service` says to whom a role is passed. Answers are kept.
    fn asks(
        &self,
        member: usize,
        (action, resource): (&str, &str),
        service: Option<&str>,
        trust: Option<&Named>,
    ) -> Result<Option<Request>, Exhausted> {
        let Some(who) = self.members.get(member) else { return Ok(None) };
        let key =
            (member, format!("{action} {resource} {} {}", service.unwrap_or_default(), trust.is_some()));
        if let Some(known) = self.asked.borrow().get(&key) {
            return known.clone();
        }
        let answer = match scope(&[action.to_owned()], &[resource.to_owned()], service) {
            None => Ok(None),
            Some(scope) => {
                let mut set = who.policies.clone();
                if let Some(trust) = trust {
                    set = set.with_resource(trust.clone());
                }
                let asker = who.asker(resource);
                grants(&set, &asker, Some(&scope), Requests::Any, self.budget)
            }
        };
        self.asked.borrow_mut().insert(key, answer.clone());
        answer
    }

    /// The request with which a member assumes a role, if it can.
    fn assumes(&self, member: usize, role: usize) -> Result<Option<Request>, Exhausted> {
        let (Some(who), Some(whom)) = (self.members.get(member), self.members.get(role)) else {
            return Ok(None);
        };
        let Some(trust) = &whom.trust else { return Ok(None) };
        // Nobody is asked whom the trust policy does not speak to.
        let speaks = trust.policy.statements().iter().any(|statement| {
            statement.effect() == policy::Effect::Allow
                && statement
                    .principals()
                    .is_some_and(|element| element.speaks_to(&who.principal, policy::Effect::Allow))
        });
        if !speaks {
            return Ok(None);
        }
        self.asks(member, ("sts:AssumeRole", whom.arn.as_str()), None, Some(trust))
    }

    /// Whether a set of policies lets a member do everything, as far as its own side decides.
    fn is_administrator(&self, member: usize, set: &PolicySet) -> Result<bool, Exhausted> {
        let Some(who) = self.members.get(member) else { return Ok(false) };
        let layers = [&set.identity, &set.boundary];
        let of_control = set.service_control.iter().flat_map(|levels| levels.iter());
        let bundles = layers.into_iter().flatten().chain(of_control);
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
        let asker = who.asker("*");
        let can = |action: &str| {
            policy::Action::parse(action)
                .is_ok_and(|action| evaluate(set, &asker.request(action, "*")).is_allowed())
        };
        // What most policies leave out refutes it sooner than a search.
        if !["iam:CreateUser", "organizations:LeaveOrganization", "s3:DeleteBucket"].into_iter().all(can) {
            return Ok(false);
        }
        let Some(everything) = scope(&[], &[], None) else { return Ok(false) };
        let all = PolicySet::new().with_identity(vec![Named::new(
            policy::SourceKind::Input,
            "everything",
            Arc::new(everything),
        )]);
        Ok(crate::stack_minus(&all, set, &asker, None, Requests::Any, self.budget)?.is_none())
    }

    /// The statements that decided a member's request.
    fn deciders(set: &PolicySet, request: &Request) -> Vec<Decider> {
        let decision = evaluate(set, request);
        decision
            .matched(set)
            .map(|matched| Decider {
                policy: matched.source.name.to_string(),
                layer: matched.place.layer.name(),
                sid: matched.statement.sid().map(str::to_owned),
                statement: matched.place.statement,
            })
            .collect()
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
            asker.lacks.push("aws:principaltag/".to_owned());
        }
        asker
    }

    /// Whether it is a role.
    #[must_use]
    pub fn is_role(&self) -> bool {
        matches!(self.principal, Principal::AssumedRole(_))
    }
}

/// The requests with one of these actions and resources, any for none; `None` where no statement can say so.
fn scope(actions: &[String], resources: &[String], service: Option<&str>) -> Option<Policy> {
    let condition = service.map_or(String::new(), |service| {
        format!(
            r#", "Condition": {{"StringEqualsIfExists": {{"iam:PassedToService": {}}}}}"#,
            quoted(service)
        )
    });
    let text = format!(
        r#"{{"Statement": {{"Effect": "Allow", "Action": [{}], "Resource": [{}]{condition}}}}}"#,
        listed(actions),
        listed(resources)
    );
    Policy::parse(&text).ok()
}

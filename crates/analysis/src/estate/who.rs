//! Who can do something: directly, or by assuming roles.

use std::collections::VecDeque;

use policy::{Named, Request};

use super::{Decider, Estate, scope};
use crate::budget::Exhausted;
use crate::compare::Requests;
use crate::stack::grants;

/// The answer of [`who_can`].
#[derive(Debug, Clone)]
pub struct Who {
    /// Those who can, in the order of the estate.
    pub holders: Vec<Holder>,
    /// Questions that were not decided.
    pub undecided: Vec<Undecided>,
}

/// Somebody who can.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Who, by place in the estate.
    pub member: usize,
    /// The roles to assume, one after the other; none where the member can itself.
    pub through: Vec<usize>,
    /// The request of the last of the chain.
    pub witness: Request,
    /// The statements that allow it.
    pub deciders: Vec<Decider>,
    /// Whether it was asked for under conditions: there are requests of this action and resource that are refused.
    pub is_conditional: bool,
}

/// A question that was not decided.
#[derive(Debug, Clone)]
pub struct Undecided {
    /// Who was asked about, by place in the estate.
    pub member: usize,
    /// The role that it might assume; none where it might do the thing itself.
    pub role: Option<usize>,
    /// What ran out.
    pub exhausted: Exhausted,
}

/// Everybody who can do an action on a resource, both as a statement writes them, with the resource's own policy
/// where it is given. `progress` hears how many members were looked at.
pub fn who_can(
    estate: &Estate,
    (action, resource): (&str, &str),
    own_policy: Option<&Named>,
    progress: &mut dyn FnMut(usize, usize),
) -> Who {
    let mut who = Who { holders: Vec::new(), undecided: Vec::new() };
    let Some(scope) = scope(&[action.to_owned()], &[resource.to_owned()], None) else { return who };
    let total = estate.members.len();
    let mut reached: Vec<bool> = vec![false; total];
    let mut queue = VecDeque::new();
    for (at, member) in estate.members.iter().enumerate() {
        progress(at, total);
        let mut set = member.policies.clone();
        // A role's own policy is its trust policy.
        let trust = estate.members.iter().find(|role| role.arn.as_str() == resource);
        let trust = trust.and_then(|role| role.trust.as_ref()).filter(|_| action.starts_with("sts:"));
        if let Some(own) = own_policy.or(trust) {
            set = set.with_resource(own.clone());
        }
        let asker = member.asker(resource);
        match grants(&set, &asker, Some(&scope), Requests::Any, estate.budget) {
            Ok(None) => {}
            Ok(Some(witness)) => {
                let bare = asker.request(witness.action.clone(), witness.resource.as_str());
                let holder = Holder {
                    member: at,
                    through: Vec::new(),
                    deciders: Estate::deciders(&set, &witness),
                    is_conditional: !policy::evaluate(&set, &bare).is_allowed(),
                    witness,
                };
                who.holders.push(holder);
                if let Some(reached) = reached.get_mut(at) {
                    *reached = true;
                }
                queue.push_back(who.holders.len() - 1);
            }
            Err(exhausted) => who.undecided.push(Undecided { member: at, role: None, exhausted }),
        }
    }
    while let Some(number) = queue.pop_front() {
        let Some(holder) = who.holders.get(number).cloned() else { break };
        if !estate.members.get(holder.member).is_some_and(super::Member::is_role) {
            continue;
        }
        for at in 0..total {
            if reached.get(at).copied().unwrap_or(true) {
                continue;
            }
            match estate.assumes(at, holder.member) {
                Ok(None) => {}
                Ok(Some(_)) => {
                    if let Some(reached) = reached.get_mut(at) {
                        *reached = true;
                    }
                    let through = [&[holder.member], holder.through.as_slice()].concat();
                    who.holders.push(Holder { member: at, through, ..holder.clone() });
                    queue.push_back(who.holders.len() - 1);
                }
                Err(exhausted) => {
                    who.undecided.push(Undecided { member: at, role: Some(holder.member), exhausted });
                }
            }
        }
    }
    who.holders.sort_by_key(|holder| holder.member);
    progress(total, total);
    who
}

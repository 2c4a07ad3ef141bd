//! Who can do something: directly, or by assuming roles.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use policy::{Named, Request};

use super::chain::{Link, Solved, Solver};
use super::rights::Own;
use super::{Estate, Why};
use crate::budget::Exhausted;

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
    /// The roles to assume, one after the other, by the shortest way; none where the member can itself.
    pub through: Vec<Hop>,
    /// The request of the last of the chain.
    pub witness: Request,
    /// Why it is allowed.
    pub why: Why,
    /// Whether the requests were shown to go together: what each call settles of the session that it makes, the next
    /// one has. Where not, each is allowed by itself.
    pub is_shown: bool,
}

/// A role that is assumed on the way.
#[derive(Debug, Clone)]
pub struct Hop {
    /// Which, by place in the estate.
    pub role: usize,
    /// The request that assumes it.
    pub request: Request,
    /// Why both sides allow it.
    pub why: Why,
}

/// A question that was not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Who was asked about, by place in the estate.
    pub member: usize,
    /// The role that it might assume; none where it might do the thing itself.
    pub role: Option<usize>,
    /// What ran out.
    pub exhausted: Exhausted,
}

impl Holder {
    /// Whether it stands on conditions anywhere: there are requests of this action and resource that are refused, or
    /// roles that are assumed under conditions.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.why.is_conditional || self.through.iter().any(|hop| hop.why.is_conditional)
    }
}

/// Everybody who can do an action on a resource, both as a statement writes them, with the resource's own policy
/// where it is given. `progress` hears how many of all questions about members were answered.
pub fn who_can(
    estate: &Estate,
    (action, resource): (&str, &str),
    own_policy: Option<&Named>,
    progress: &mut dyn FnMut(usize, usize),
) -> Who {
    let mut who = Who { holders: Vec::new(), undecided: Vec::new() };
    let total = estate.members.len();
    // A role's own policy is its trust policy.
    let role = estate.members.iter().position(|member| member.arn.as_str() == resource);
    let trust =
        role.filter(|_| is_about_trust(action)).and_then(|role| estate.members.get(role)?.trust.as_ref());
    let own_policy = own_policy.or(trust);
    let own = own_policy.cloned().map(Own::new);
    let mut queue = VecDeque::new();
    let mut reached: Vec<bool> = vec![false; total];
    for at in 0..total {
        progress(at, total);
        match estate.asks_of(at, (action, resource), own.as_ref()) {
            Ok(None) => {}
            Ok(Some(witness)) => {
                let why = estate.why_with(at, &witness, own_policy);
                mark(&mut reached, at);
                queue.push_back(who.holders.len());
                who.holders.push(Holder { member: at, through: Vec::new(), witness, why, is_shown: true });
            }
            Err(exhausted) => who.undecided.push(Undecided { member: at, role: None, exhausted }),
        }
    }
    // From those who can back to whoever can become one of them, the nearest first.
    while let Some(number) = queue.pop_front() {
        let Some(holder) = who.holders.get(number).cloned() else { break };
        if !estate.members.get(holder.member).is_some_and(super::Member::is_role) {
            continue;
        }
        for at in estate.members_for(holder.member) {
            if reached.get(at) != Some(&false) {
                continue;
            }
            match estate.assumes(at, holder.member) {
                Ok(None) => {}
                Ok(Some(request)) => {
                    mark(&mut reached, at);
                    let why = estate.why(at, &request, Some(holder.member));
                    let hop = Hop { role: holder.member, request, why };
                    let through = std::iter::once(hop).chain(holder.through.iter().cloned()).collect();
                    queue.push_back(who.holders.len());
                    who.holders.push(Holder { member: at, through, ..holder.clone() });
                }
                Err(exhausted) => {
                    who.undecided.push(Undecided { member: at, role: Some(holder.member), exhausted });
                }
            }
        }
    }
    let mut together = Together::new(estate, &who.holders, Act { action, resource, own: own.as_ref() });
    let mut holders = Vec::new();
    for holder in std::mem::take(&mut who.holders) {
        holders.extend(together.shown(holder, own_policy));
    }
    who.holders = holders;
    who.holders.sort_by_key(|holder| holder.member);
    // Who can by one way can, whatever became of the others.
    who.undecided
        .retain(|one| who.holders.binary_search_by_key(&one.member, |holder| holder.member).is_err());
    progress(total, total);
    who
}

/// What is done at the end of a chain.
#[derive(Clone, Copy)]
struct Act<'a> {
    action: &'a str,
    resource: &'a str,
    own: Option<&'a Own>,
}

/// Chains whose steps are solved as one.
struct Together<'e> {
    solver: Solver<'e>,
    estate: &'e Estate,
    act: Act<'e>,
    /// By member, whether it can by itself, or by roles.
    can: HashMap<usize, bool>,
    /// By member, the roles that it assumes and that can.
    next: HashMap<usize, Rc<[usize]>>,
}

impl<'e> Together<'e> {
    fn new(estate: &'e Estate, holders: &[Holder], act: Act<'e>) -> Self {
        let can = holders.iter().map(|holder| (holder.member, holder.through.is_empty())).collect();
        Self { solver: Solver::new(estate), estate, act, can, next: HashMap::new() }
    }

    /// The holder, by a chain whose requests go together, if there is one; `None` where there surely is none.
    fn shown(&mut self, holder: Holder, own: Option<&Named>) -> Option<Holder> {
        if holder.through.is_empty() {
            return Some(holder);
        }
        let roles: Vec<usize> = holder.through.iter().map(|hop| hop.role).collect();
        let mut is_open = match self.solve(holder.member, &roles) {
            Solved::Together(requests) => return self.with(&holder, &roles, requests, own),
            Solved::Open => true,
            Solved::Never => false,
        };
        // Some other way, the shortest first.
        let mut queue = VecDeque::from([Vec::new()]);
        let mut left = MOST_WAYS;
        while let Some(way) = queue.pop_front() {
            let last = way.last().copied().unwrap_or(holder.member);
            for next in self.next(last).iter().copied() {
                if next == holder.member || way.contains(&next) {
                    continue;
                }
                let longer: Vec<usize> = way.iter().copied().chain([next]).collect();
                if self.can.get(&next) == Some(&true) && longer != roles {
                    match self.solve(holder.member, &longer) {
                        Solved::Together(requests) => return self.with(&holder, &longer, requests, own),
                        Solved::Open => is_open = true,
                        Solved::Never => {}
                    }
                }
                left -= 1;
                if left == 0 {
                    return Some(Holder { is_shown: false, ..holder });
                }
                queue.push_back(longer);
            }
        }
        is_open.then_some(Holder { is_shown: false, ..holder })
    }

    /// The roles that a member assumes and that can, by themselves or by roles.
    fn next(&mut self, member: usize) -> Rc<[usize]> {
        let (estate, can) = (self.estate, &self.can);
        let found = self.next.entry(member).or_insert_with(|| {
            let roles = estate.roles_for(member).into_iter().filter(|role| can.contains_key(role));
            roles.filter(|role| matches!(estate.assumes(member, *role), Ok(Some(_)))).collect()
        });
        Rc::clone(found)
    }

    fn solve(&mut self, start: usize, roles: &[usize]) -> Solved {
        let Act { action, resource, own } = self.act;
        let act = Link::Act { action, resource, service: None, own };
        let links: Vec<Link<'_>> = roles.iter().map(|role| Link::Assume(*role)).chain([act]).collect();
        self.solver.solve(start, &links)
    }

    /// The holder by these roles and requests.
    fn with(
        &self,
        holder: &Holder,
        roles: &[usize],
        requests: Vec<Option<Request>>,
        own: Option<&Named>,
    ) -> Option<Holder> {
        let mut requests: Vec<Request> = requests.into_iter().flatten().collect();
        let witness = requests.pop()?;
        let (mut through, mut caller) = (Vec::new(), holder.member);
        for (role, request) in roles.iter().copied().zip(requests) {
            let why = self.estate.why(caller, &request, Some(role));
            through.push(Hop { role, request, why });
            caller = role;
        }
        let why = self.estate.why_with(caller, &witness, own);
        Some(Holder { member: holder.member, through, witness, why, is_shown: true })
    }
}

fn mark(reached: &mut [bool], member: usize) {
    if let Some(reached) = reached.get_mut(member) {
        *reached = true;
    }
}

/// So many ways are tried to find one whose steps go together.
const MOST_WAYS: usize = 200;

/// Whether an action is asked of a role's trust policy.
fn is_about_trust(action: &str) -> bool {
    action.get(..4).is_some_and(|service| service.eq_ignore_ascii_case("sts:"))
}

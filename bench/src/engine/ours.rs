//! The workload through Portcullis's own engine.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use policy::{
    Action, Bundle, Context, Decision, Keys, Named, Outcome as Ours, Policy, PolicySet, Prepared, Principal,
    Question, RawContext, Request, Resource, Snapshot, SourceKind,
};

use super::Outcome;
use super::templates::ACCOUNT;
use super::workload::{Ask, Held, Workload};

/// Every principal's policies, prepared and shared, and the bucket policies.
pub(crate) struct Engine {
    /// By principal; those with the same policies share one.
    snapshots: Vec<Arc<Snapshot>>,
    /// By document.
    resources: HashMap<usize, Arc<Bundle>>,
    principals: Vec<Principal>,
}

/// The policies that bear on an ask.
pub(crate) struct Policies {
    own: Arc<Snapshot>,
    /// Those of the resource's side.
    others: PolicySet,
}

/// A request as it comes in: nothing but strings, in a row.
pub(crate) struct Strings {
    principal: usize,
    action: String,
    resource: String,
    pairs: Vec<(String, String)>,
    lists: Vec<(String, Vec<String>)>,
}

impl From<&Ask> for Strings {
    fn from(ask: &Ask) -> Self {
        let (mut pairs, mut lists) = (Vec::new(), Vec::new());
        for (key, held) in &ask.context {
            match held {
                Held::One(value) => pairs.push((key.clone(), value.clone())),
                Held::Many(values) => lists.push((key.clone(), values.clone())),
            }
        }
        let (action, resource) = (ask.action.clone(), ask.resource.clone());
        Self { principal: ask.principal, action, resource, pairs, lists }
    }
}

impl Engine {
    pub(crate) fn of(workload: &Workload) -> Result<Self> {
        let policies: Vec<Arc<Policy>> = workload
            .documents
            .iter()
            .map(|text| Ok(Arc::new(Policy::parse(text)?)))
            .collect::<Result<_>>()?;
        let named = |index: &usize| -> Result<Named> {
            let policy = policies.get(*index).context("a policy")?;
            Ok(Named::new(SourceKind::CustomerManaged, &index.to_string(), Arc::clone(policy)))
        };
        let bundle = |indices: &[usize]| -> Result<Arc<Bundle>> {
            Ok(Bundle::new(indices.iter().map(named).collect::<Result<_>>()?))
        };
        let mut shared: HashMap<Vec<usize>, Arc<Bundle>> = HashMap::new();
        let mut share = |indices: &[usize]| -> Result<Arc<Bundle>> {
            if let Some(known) = shared.get(indices) {
                return Ok(Arc::clone(known));
            }
            let fresh = bundle(indices)?;
            shared.insert(indices.to_vec(), Arc::clone(&fresh));
            Ok(fresh)
        };
        let levels: Arc<[Arc<Bundle>]> =
            workload.levels.iter().map(|level| share(level)).collect::<Result<Vec<_>>>()?.into();
        let mut known: HashMap<(&[usize], Option<usize>), Arc<Snapshot>> = HashMap::new();
        let mut snapshots = Vec::new();
        for principal in &workload.principals {
            let name = (principal.identity.as_slice(), principal.boundary);
            let snapshot = match known.get(&name) {
                Some(snapshot) => Arc::clone(snapshot),
                None => {
                    let mut set = PolicySet::new();
                    set.identity = Some(share(&principal.identity)?);
                    set.boundary = principal.boundary.map(|index| share(&[index])).transpose()?;
                    set.service_control = Some(Arc::clone(&levels));
                    let snapshot = Snapshot::new(set);
                    known.insert(name, Arc::clone(&snapshot));
                    snapshot
                }
            };
            snapshots.push(snapshot);
        }
        let mut resources = HashMap::new();
        for index in workload.asks.iter().filter_map(|ask| ask.resource_policy) {
            resources.insert(index, share(&[index])?);
        }
        let principals = workload
            .principals
            .iter()
            .map(|who| Ok(Principal::parse(who.session.as_deref().unwrap_or(&who.arn))?))
            .collect::<Result<_>>()?;
        Ok(Self { snapshots, resources, principals })
    }

    /// The request as an enforcement point keeps it ready.
    pub(crate) fn prepare(&self, ask: &Ask) -> Result<Prepared> {
        let principal = self.principals.get(ask.principal).context("a principal")?.clone();
        let mut context = Context::new();
        for (key, held) in &ask.context {
            match held {
                Held::One(value) => context.set(key, value.as_str()),
                Held::Many(values) => context.set_list(key, values.iter().map(String::as_str)),
            }
        }
        let request = Request::new(principal, Action::parse(&ask.action)?, &ask.resource);
        let owner = request.resource.account();
        let own = ACCOUNT.parse().map_err(|_| anyhow::anyhow!("an account"))?;
        let request = request.with_context(context).with_resource_account(owner.unwrap_or(own));
        Ok(Prepared::new(request))
    }

    /// The decision from strings, but for the principal, whom authentication has told.
    pub(crate) fn decide_raw(&self, policies: &Policies, ask: &Strings) -> Result<Outcome> {
        let lists: Vec<Vec<_>> =
            ask.lists.iter().map(|(_, values)| values.iter().map(Into::into).collect()).collect();
        let mut keys = RawContext::with_capacity(ask.pairs.len() + lists.len());
        for (key, value) in &ask.pairs {
            keys.set(key, value);
        }
        for ((key, _), values) in ask.lists.iter().zip(&lists) {
            keys.set_list(key, values);
        }
        let resource = Resource::new(&ask.resource);
        let own = ACCOUNT.parse().map_err(|_| anyhow::anyhow!("an account"))?;
        let question = Question {
            principal: self.principals.get(ask.principal).context("a principal")?,
            action: &Action::parse(&ask.action)?,
            resource: &resource,
            resource_account: Some(resource.account().unwrap_or(own)),
            management_account: None,
            keys: Keys::Raw(&keys),
        };
        Ok(outcome(&policies.own.evaluate(&policies.others, question)))
    }

    /// The policies that bear on an ask.
    pub(crate) fn policies(&self, ask: &Ask) -> Result<Policies> {
        let own = Arc::clone(self.snapshots.get(ask.principal).context("a principal")?);
        let mut others = PolicySet::new();
        if let Some(index) = ask.resource_policy {
            others.resource = Some(Arc::clone(self.resources.get(&index).context("a bucket policy")?));
        }
        Ok(Policies { own, others })
    }

    /// What it keeps of each principal beside what principals share, in bytes.
    pub(crate) const BYTES_PER_PRINCIPAL: usize = size_of::<Arc<Snapshot>>();
}

/// The decision.
#[inline(never)]
pub(crate) fn decide(policies: &Policies, request: &Prepared) -> Outcome {
    outcome(&policies.own.decide(&policies.others, request))
}

fn outcome(decision: &Decision) -> Outcome {
    match decision.outcome() {
        Ours::Allowed => Outcome::Allowed,
        Ours::ExplicitDeny => Outcome::ExplicitDeny,
        Ours::ImplicitDeny => Outcome::ImplicitDeny,
    }
}

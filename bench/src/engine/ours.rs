//! The workload through Portcullis's own engine.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use policy::{
    Action, Bundle, Context, Named, Outcome as Ours, Policy, PolicySet, Principal, Request, SourceKind,
};

use super::Outcome;
use super::workload::{ACCOUNT, Ask, Held, Workload};

/// Every principal's policies, prepared and shared, and the bucket policies.
pub(crate) struct Engine {
    /// By principal.
    sets: Vec<PolicySet>,
    /// By document.
    resources: HashMap<usize, Arc<Bundle>>,
    principals: Vec<Principal>,
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
        let mut sets = Vec::new();
        for principal in &workload.principals {
            let mut set = PolicySet::new();
            set.identity = Some(share(&principal.identity)?);
            set.boundary = principal.boundary.map(|index| share(&[index])).transpose()?;
            set.service_control = Some(Arc::clone(&levels));
            sets.push(set);
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
        Ok(Self { sets, resources, principals })
    }

    /// The request as an enforcement point keeps it ready.
    pub(crate) fn prepare(&self, ask: &Ask) -> Result<Request> {
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
        Ok(request.with_context(context).with_resource_account(owner.unwrap_or(own)))
    }

    /// The policies that bear on an ask.
    pub(crate) fn policies(&self, ask: &Ask) -> Result<PolicySet> {
        let mut set = self.sets.get(ask.principal).context("a principal")?.clone();
        set.resource = match ask.resource_policy {
            Some(index) => Some(Arc::clone(self.resources.get(&index).context("a bucket policy")?)),
            None => None,
        };
        Ok(set)
    }

    /// What it keeps of each principal beside what principals share, in bytes.
    pub(crate) const BYTES_PER_PRINCIPAL: usize = size_of::<PolicySet>();
}

/// The decision.
#[inline(never)]
pub(crate) fn decide(set: &PolicySet, request: &Request) -> Outcome {
    match policy::evaluate(set, request).outcome() {
        Ours::Allowed => Outcome::Allowed,
        Ours::ExplicitDeny => Outcome::ExplicitDeny,
        Ours::ImplicitDeny => Outcome::ImplicitDeny,
    }
}

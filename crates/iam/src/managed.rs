//! Managed policies as requests name them: by ARN, AWS's or the account's own.

use std::sync::Arc;

use api::iam::faults;
use authz::Ask;
use directory::{ManagedPolicy, Named as _};
use service::{Context, Result};
use types::{Arn, Owner};
use wire::Fault;

/// Refuses an ARN that names no managed policy of AWS's or of the caller's account.
///
/// Call it before asking leave, and raise the refusal after: what is read before joins what the permit stands
/// on, so that the policy cannot be deleted in between.
pub(crate) async fn require(cx: &Context<'_>, policy: &Arn) -> Result<()> {
    if is_there(cx, policy).await? {
        return Ok(());
    }
    Err(faults::no_such_entity(format!("Policy {policy} does not exist or is not attachable.")).into())
}

/// As [`require`], for a policy that is to be a permissions boundary.
pub(crate) async fn require_boundary(cx: &Context<'_>, policy: &Arn) -> Result<()> {
    if is_there(cx, policy).await? {
        return Ok(());
    }
    Err(faults::no_such_entity(format!("Scope ARN: {policy} does not exist or is not attachable.")).into())
}

async fn is_there(cx: &Context<'_>, policy: &Arn) -> Result<bool> {
    let owner = cx.owner()?;
    check_partition(owner, policy)?;
    Ok(cx.authorizer().managed(cx.read(), owner, policy).await?.is_some())
}

/// A managed policy that a request names by its ARN.
pub(crate) struct PolicyTarget {
    /// The ARN as it was given.
    pub(crate) arn: Arn,
    found: Option<FoundPolicy>,
    owner: Option<Owner>,
}

/// A managed policy that exists.
#[derive(Clone)]
pub(crate) enum FoundPolicy {
    /// The account's own, or one of AWS's that an import brought into the account.
    Customer(Arc<ManagedPolicy>),
    /// AWS's.
    Aws(&'static catalog::ManagedPolicy),
}

impl PolicyTarget {
    /// Looks for the policy with this ARN: one of AWS's, or of the caller's account.
    pub(crate) async fn at(cx: &Context<'_>, text: &str) -> Result<Self> {
        let caller = cx.owner()?;
        let arn = Arn::parse(text).map_err(|_| not_valid(text))?;
        let suffix = arn.resource().strip_prefix("policy").filter(|suffix| suffix.starts_with('/'));
        let (Some(suffix), "iam", "") = (suffix, arn.service(), arn.region()) else {
            return Err(not_valid(text).into());
        };
        check_partition(caller, &arn)?;
        if arn.account_part() == "aws" {
            let mut found = catalog::managed_policy(suffix).map(FoundPolicy::Aws);
            if found.is_none() {
                let imported = authz::imported_aws_policy(cx.read(), caller, &arn).await?;
                found = imported.map(FoundPolicy::Customer);
            }
            return Ok(Self { arn, found, owner: None });
        }
        let account = arn.account().ok_or_else(|| not_valid(text))?;
        let owner = Owner::new(caller.partition, account);
        let mut found = None;
        if owner == caller {
            let name = suffix.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            let index = &<ManagedPolicy as directory::Named>::BY_NAME;
            let policy = cx.read().find::<ManagedPolicy>(index, &owner.to_string(), &name).await?;
            // The path is part of the name that an ARN gives.
            found = policy.filter(|policy| policy.arn() == arn).map(FoundPolicy::Customer);
        }
        Ok(Self { arn, found, owner: Some(owner) })
    }

    /// Asks leave for an action on it, with its tags. A policy of another account has no policy of its own, so
    /// nobody from outside gets leave.
    pub(crate) fn ask(&self, action: &'static str) -> Ask {
        let mut ask = Ask::new(action, &self.arn);
        if let Some(owner) = self.owner {
            ask = ask.owned_by(owner);
        }
        match &self.found {
            Some(FoundPolicy::Customer(policy)) => ask.with_resource_tags(&policy.tags),
            _ => ask,
        }
    }

    /// The policy, or `NoSuchEntity`.
    pub(crate) fn existing(self) -> Result<FoundPolicy> {
        Ok(self.found.ok_or_else(|| missing(&self.arn))?)
    }

    /// The policy to be changed, or `NoSuchEntity`. No leave is ever given to change one of AWS's.
    pub(crate) fn existing_customer(self) -> Result<Arc<ManagedPolicy>> {
        match self.found {
            Some(FoundPolicy::Customer(policy)) if !policy.is_aws => Ok(policy),
            _ => Err(missing(&self.arn).into()),
        }
    }
}

/// The name of the policy that an ARN names.
pub(crate) fn name_of(policy: &Arn) -> String {
    policy.resource().rsplit('/').next().unwrap_or_default().to_owned()
}

fn missing(arn: &Arn) -> Fault {
    faults::no_such_entity(format!("Policy {arn} was not found."))
}

fn not_valid(text: &str) -> Fault {
    faults::invalid_input(format!("ARN {text} is not valid."))
}

/// Accounts of one partition know nothing of another's.
fn check_partition(owner: Owner, arn: &Arn) -> Result<()> {
    if arn.partition_name() == owner.partition.as_str() {
        return Ok(());
    }
    Err(Fault::validation("Invalid ARN partition").into())
}

//! AssumeRoot: a short session of a member account's root user for one task (AWS: "Perform a privileged task on an
//! AWS Organizations member account").

use api::sts::types::{AssumeRootInput, AssumeRootOutput};
use authz::Ask;
use service::{Context, Result, Route, routes};
use types::{AccountId, Arn, Owner};
use wire::Fault;

use crate::Sts;

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    AssumeRoot => assume_root,
];

impl Sts {
    /// There are no organizations yet, so no account has members: every caller is answered as one whose account does
    /// not manage the target.
    pub(crate) async fn assume_root(
        &self,
        cx: &Context<'_>,
        input: AssumeRootInput,
    ) -> Result<AssumeRootOutput> {
        let caller = cx.caller()?;
        let target = target(caller.owner, &input.target_principal)?;
        let task = task_policy(caller.owner, input.task_policy_arn.arn.as_deref())?;
        if caller.is_root() {
            return Err(denied("Root user credentials cannot be used to call AssumeRoot.").into());
        }
        // Whether the caller's own policies allow it; that the target is a member is asked after.
        let ask = Ask::new("sts:AssumeRoot", &target.root_arn()).with("sts:TaskPolicyArn", task.as_str());
        cx.authorize(ask.owned_by(caller.owner)).await?;

        let message = format!(
            "Account {} cannot assume root in account {}: centralized root access needs an organization with both.",
            caller.owner.account, target.account
        );
        Err(denied(&message).into())
    }
}

/// The account of a target: an account id, or the ARN of a root user.
fn target(caller: Owner, text: &str) -> Result<Owner> {
    let invalid = || Fault::validation(format!("Invalid target principal: {text}"));
    if let Ok(account) = AccountId::parse(text) {
        return Ok(Owner::new(caller.partition, account));
    }
    let arn = Arn::parse(text).map_err(|_| invalid())?;
    match (arn.partition(), arn.account()) {
        (Some(partition), Some(account))
            if partition == caller.partition && Owner::new(partition, account).root_arn() == arn =>
        {
            Ok(Owner::new(partition, account))
        }
        _ => Err(invalid().into()),
    }
}

/// One of the policies that may scope a root session.
fn task_policy(caller: Owner, arn: Option<&str>) -> Result<Arn> {
    let prefix = format!("arn:{}:iam::aws:policy/root-task/", caller.partition);
    let is_task = |arn: &&str| arn.strip_prefix(&*prefix).is_some_and(|name| TASKS.contains(&name));
    let arn = arn.filter(is_task).and_then(|arn| Arn::parse(arn).ok());
    Ok(arn.ok_or_else(|| Fault::validation("The specified task policy ARN is not a root task policy."))?)
}

fn denied(message: &str) -> Fault {
    Fault::sender("AccessDenied", 403, message)
}

/// The tasks (AWS: "AssumeRoot").
const TASKS: [&str; 5] = [
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
    "IAMDeleteRootUserCredentials",
    "S3UnlockBucketPolicy",
    "SQSUnlockQueuePolicy",
];

//! The subject of a question: from an ARN, and for a session its token, to who it is.

use authz::{Caller, Credential, Identity};
use directory::{Named, User};
use service::Context;
use types::{AccessKeyId, AccessKeyKind, Arn, Owner};
use wire::Fault;

use super::question::{Subject, invalid};

/// A subject whose ARN has been read but which has not been looked up.
pub(super) struct Claimed<'q> {
    pub(super) arn: Arn,
    pub(super) owner: Owner,
    subject: &'q Subject,
}

/// Reads a subject's ARN.
///
/// A session's ARN alone is refused: it says nothing of the session's policies, tags or MFA. So is a role's, since a
/// role acts only in sessions.
pub(super) fn read(subject: &Subject) -> Result<Claimed<'_>, Fault> {
    let arn = Arn::parse(&subject.id).map_err(|cause| invalid(&format!("`subject.id`: {cause}")))?;
    let owner = match (arn.partition(), arn.account()) {
        (Some(partition), Some(account)) => Owner::new(partition, account),
        _ => return Err(invalid("`subject.id` names no account")),
    };
    let has_token = subject.properties.session_token.is_some();
    let (kind, _) = arn.resource_type_and_id();
    match (arn.service(), kind) {
        ("iam", "user" | "root") => {}
        ("sts", "assumed-role" | "federated-user") if has_token => {}
        ("sts", "assumed-role" | "federated-user") => {
            return Err(invalid(
                "a session's ARN says nothing of its session policies, tags or MFA: bring its `access_key_id` \
                 and `session_token` in `subject.properties`",
            ));
        }
        ("iam", "role") => {
            return Err(invalid(
                "a role acts only in sessions: name the session's ARN, and bring its `access_key_id` and \
                 `session_token` in `subject.properties`",
            ));
        }
        _ => return Err(invalid("`subject.id` is no ARN of a user, a root user or a session")),
    }
    Ok(Claimed { arn, owner, subject })
}

impl Claimed<'_> {
    /// Looks the subject up. `None` when there is no such user, or the session is not (or no longer) good.
    pub(super) async fn look_up(&self, context: &Context<'_>) -> service::Result<Option<Caller>> {
        let properties = &self.subject.properties;
        let caller = match (&properties.access_key_id, &properties.session_token) {
            (Some(id), Some(token)) => {
                let id =
                    AccessKeyId::parse(id).map_err(|_| invalid("`access_key_id` is no access key id"))?;
                let candidate =
                    context.authorizer().candidate(context.read(), &id, Some(token), context.now()).await?;
                candidate.ok().map(|candidate| candidate.caller)
            }
            (None, None) => self.long_term(context).await?,
            _ => return Err(invalid("`access_key_id` and `session_token` belong together").into()),
        };
        if let Some(caller) = &caller
            && caller.arn() != self.arn
        {
            return Err(invalid("the session token belongs to another subject").into());
        }
        Ok(caller)
    }

    async fn long_term(&self, context: &Context<'_>) -> service::Result<Option<Caller>> {
        let (kind, path_and_name) = self.arn.resource_type_and_id();
        let identity = if kind == "root" {
            Identity::Root
        } else {
            let name = path_and_name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            let found = context.read().find::<User>(&User::BY_NAME, &self.owner.to_string(), &name).await?;
            match found {
                Some(user) if Named::arn(&*user) == self.arn => Identity::User(user),
                _ => return Ok(None),
            }
        };
        // The engine asks of a long-term credential only that it is one.
        let key = AccessKeyId::from_random(AccessKeyKind::LongTerm, self.owner.account, 0);
        Ok(Some(Caller { owner: self.owner, identity, credential: Credential::LongTerm(key) }))
    }
}

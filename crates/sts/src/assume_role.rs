//! AssumeRole.

use std::sync::Arc;

use api::sts::types::{AssumeRoleInput, AssumeRoleOutput, AssumedRoleUser};
use authz::{Ask, Subject};
use directory::{Named as _, Role};
use policy::Named;
use service::{Context, Error, Result, Route, routes};
use types::{Arn, Owner, RoleSessionName, SourceIdentity};
use wire::Fault;

use crate::{Sts, credentials, duration, mfa, session_policies, session_tags};

pub(crate) const ROUTES: &[Route<Sts>] = routes![Sts;
    AssumeRole => assume_role,
];

impl Sts {
    pub(crate) async fn assume_role(
        &self,
        cx: &Context<'_>,
        input: AssumeRoleInput,
    ) -> Result<AssumeRoleOutput> {
        let (arn, owner) = role_arn(&input.role_arn)?;
        let session_name = RoleSessionName::parse(&input.role_session_name)?;
        let caller = cx.caller()?;
        let mfa = mfa::prove(cx, input.serial_number.as_deref(), input.token_code.as_deref()).await?;
        let calling = caller.session();
        let tags = session_tags::parse(input.tags.as_deref(), input.transitive_tag_keys.as_deref(), calling)?;
        let source_identity = source_identity(input.source_identity.as_deref(), calling)?;

        let role = find_role(cx, &arn).await?;
        let trust = match &role {
            Some(role) => Some(trust_policy(cx, role).await?),
            None => None,
        };
        let ask = |action: &'static str| {
            let mut ask = Ask::new(action, &arn)
                .with("sts:RoleSessionName", session_name.as_str())
                .with_request_tags(&tags.passed);
            if let Some(id) = &input.external_id {
                ask = ask.with("sts:ExternalId", id.as_str());
            }
            if let Some(source) = &source_identity {
                ask = ask.with("sts:SourceIdentity", source.as_str());
            }
            if mfa.is_some() {
                ask = ask.with("aws:MultiFactorAuthPresent", "true").with("aws:MultiFactorAuthAge", "0");
            }
            if !tags.passed_transitive.is_empty() {
                let keys = tags.passed_transitive.iter().map(types::TagKey::as_str);
                ask.keys.set_list("sts:TransitiveTagKeys", keys);
            }
            match (&role, &trust) {
                (Some(role), Some(trust)) => {
                    ask.with_resource_tags(&role.tags).guarded_by(role.owner, trust.clone())
                }
                // Nobody may assume what does not exist, and nobody learns that it does not.
                _ => ask.owned_by(owner),
            }
        };
        let mut asks = vec![ask("sts:AssumeRole")];
        if !tags.passed.is_empty() {
            asks.push(ask("sts:TagSession"));
        }
        if source_identity.is_some() {
            asks.push(ask("sts:SetSourceIdentity"));
        }
        cx.authorize_all(&asks).await?;

        if let Some(context) = input.provided_contexts.unwrap_or_default().first() {
            // To drop it would give a session that knows less than its maker asserts.
            let provider = context.provider_arn.as_deref().unwrap_or_default();
            let message = format!("The context provider {provider} is not known.");
            return Err(Fault::validation(message).into());
        }
        let role = role.ok_or_else(|| Error::internal("a role that does not exist was allowed"))?;
        let seconds = duration::of_role_session(input.duration_seconds, &role, caller)?;
        let policies =
            session_policies::parse(cx, role.owner, input.policy, input.policy_arns.as_deref()).await?;
        let packed_policy_size = policies.packed_size(&tags.passed)?;

        let subject =
            Subject::Role { id: role.id.clone(), name: role.name.clone(), session: session_name.clone() };
        let mut session = credentials::session(cx, role.owner, subject, seconds)?;
        session.policy = policies.inline;
        session.policy_arns = policies.managed;
        session.tags = tags.all;
        session.transitive = tags.transitive;
        session.source_identity = source_identity.clone();
        // The code counts for the trust policy alone: a role's session has no MFA of its own (AWS: "Secure API access
        // with MFA").
        let made = credentials::seal_to_size(cx, &session, input.minimum_session_token_size)?;
        Ok(AssumeRoleOutput {
            session_token_utilization: credentials::token_utilization(&made),
            session_token_size: credentials::token_size(&made),
            credentials: Some(made),
            assumed_role_user: Some(AssumedRoleUser {
                assumed_role_id: format!("{}:{session_name}", role.id),
                arn: session_arn(&role, &session_name).to_string(),
            }),
            packed_policy_size,
            source_identity: source_identity.map(|source| source.to_string()),
        })
    }
}

/// Reads the ARN of a role, whether there is one or not, and whose it is.
pub(crate) fn role_arn(text: &str) -> Result<(Arn, Owner), Fault> {
    let arn = Arn::parse(text).map_err(|_| Fault::validation(format!("{text} is invalid")))?;
    let is_role = arn.service() == "iam" && arn.region().is_empty() && arn.resource().starts_with("role/");
    let owner = owner_of(&arn).filter(|_| is_role);
    Ok((arn, owner.ok_or_else(|| Fault::validation("Request ARN is invalid"))?))
}

/// The role with exactly this ARN, in whichever account of this directory.
pub(crate) async fn find_role(cx: &Context<'_>, arn: &Arn) -> Result<Option<Arc<Role>>> {
    let (kind, rest) = arn.resource_type_and_id();
    let Some(owner) = owner_of(arn).filter(|_| arn.service() == "iam" && kind == "role") else {
        return Ok(None);
    };
    let name = rest.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let role = cx.read().find::<Role>(&Role::BY_NAME, &owner.to_string(), &name).await?;
    Ok(role.filter(|role| role.arn() == *arn))
}

/// The ARN of a session of a role.
pub(crate) fn session_arn(role: &Role, session: &RoleSessionName) -> Arn {
    role.owner.sts_arn_of(&["assumed-role/", role.name.as_str(), "/", session.as_str()])
}

pub(crate) fn owner_of(arn: &Arn) -> Option<Owner> {
    Some(Owner::new(arn.partition()?, arn.account()?))
}

pub(crate) async fn trust_policy(cx: &Context<'_>, role: &Role) -> Result<Named> {
    Ok(cx.authorizer().trust_policy(cx.read(), role).await?)
}

/// The source identity of the new session: what the calling session has stays for the whole chain
/// (AWS: "Monitor and control actions taken with assumed roles").
fn source_identity(asked: Option<&str>, calling: Option<&authz::Session>) -> Result<Option<SourceIdentity>> {
    let asked = asked.map(SourceIdentity::parse).transpose()?;
    let set = calling.and_then(|session| session.source_identity.clone());
    match (set, asked) {
        (Some(set), Some(asked)) if set != asked => {
            Err(Fault::sender("AccessDenied", 403, "The source identity of a session cannot be changed.")
                .into())
        }
        (Some(set), _) => Ok(Some(set)),
        (None, asked) => Ok(asked),
    }
}

//! The condition keys that the server fills: never taken from a request's parameters
//! (AWS: "AWS global condition context keys").

use std::net::IpAddr;

use jiff::Timestamp;
use policy::Context;
use types::Region;

use crate::caller::{Caller, Identity};

/// Where a request came from and how.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The client's address; none for what starts inside this process.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub is_secure: bool,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The `Referer` header.
    pub referer: Option<String>,
    /// The region of the credential scope.
    pub region: Option<Region>,
    /// When it arrived.
    pub at: Timestamp,
}

/// Adds the keys that follow from who the caller is and with what it signed.
pub(crate) fn fill_caller_keys(context: &mut Context, caller: &Caller, now: Timestamp) {
    context.set("aws:PrincipalArn", caller.principal_arn().as_str());
    context.set("aws:PrincipalAccount", caller.owner.account.as_str());
    context.set("aws:PrincipalType", caller.principal_type());
    context.set("aws:userid", caller.user_id());
    context.set("aws:PrincipalIsAWSService", "false");
    match &caller.identity {
        Identity::Root => {}
        Identity::User(user) => {
            context.set("aws:username", user.name.as_str());
            for tag in &user.tags {
                context.set(&format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
            }
        }
        // The session's tags override the user's.
        Identity::Federated { issuer, .. } => {
            for tag in issuer.iter().flat_map(|user| &user.tags) {
                context.set(&format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
            }
        }
        Identity::Role { role, .. } => {
            for tag in &role.tags {
                context.set(&format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
            }
        }
    }
    if let Some(session) = caller.session() {
        // Session tags override the role's (AWS: "Pass session tags in AWS STS").
        for tag in &session.tags {
            context.set(&format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
        }
        context.set("aws:TokenIssueTime", instant(session.issued));
        // An operation that took a code of its own, such as AssumeRole, has said so already.
        let is_present = if session.mfa.is_some() { "true" } else { "false" };
        context.set_if_absent("aws:MultiFactorAuthPresent", is_present);
        if let Some(at) = session.mfa {
            context.set_if_absent(
                "aws:MultiFactorAuthAge",
                (now.as_second() - at.as_second()).max(0).to_string(),
            );
        }
        if let Some(federation) = &session.federation {
            context.set("aws:FederatedProvider", federation.provider.as_str());
            for (key, value) in &federation.texts {
                context.set(key, value.as_str());
            }
            for (key, values) in &federation.lists {
                context.set_list(key, values.iter().map(String::as_str));
            }
        }
        if let Some(source) = &session.source_identity {
            context.set("aws:SourceIdentity", source.as_str());
        }
    }
}

/// Adds the keys that follow from where a request came from and when.
pub(crate) fn fill_request_keys(context: &mut Context, origin: &Origin) {
    context.set("aws:CurrentTime", instant(origin.at));
    context.set("aws:EpochTime", origin.at.as_second().to_string());
    context.set("aws:SecureTransport", if origin.is_secure { "true" } else { "false" });
    context.set("aws:ViaAWSService", "false");
    if let Some(ip) = origin.source_ip {
        context.set("aws:SourceIp", ip.to_string());
    }
    if let Some(agent) = &origin.user_agent {
        context.set("aws:UserAgent", agent.as_str());
    }
    if let Some(referer) = &origin.referer {
        context.set("aws:Referer", referer.as_str());
    }
    if let Some(region) = &origin.region {
        context.set("aws:RequestedRegion", region.as_str());
    }
}

fn instant(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

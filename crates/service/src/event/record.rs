//! The fields of a CloudTrail record, in CloudTrail's order. They borrow what the call holds: a record is written once
//! for each call.

use std::borrow::Cow;
use std::collections::BTreeMap;

use authz::{Caller, Credential, Identity, Origin, Session, Subject};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use types::{AccountId, Arn};
use wire::Fault;

use crate::context::{InWords, Vouched};

/// A CloudTrail record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record<'a> {
    event_version: &'static str,
    pub(super) user_identity: Option<UserIdentity<'a>>,
    event_time: Timestamp,
    event_source: Cow<'static, str>,
    event_name: &'a str,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: Source,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    pub(super) request_parameters: Option<&'a RawValue>,
    pub(super) response_elements: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Additional::is_empty")]
    pub(super) additional_event_data: Additional,
    #[serde(rename = "requestID")]
    request_id: &'a str,
    #[serde(rename = "eventID")]
    pub(super) event_id: &'a str,
    read_only: bool,
    event_type: &'static str,
    management_event: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recipient_account_id: Option<AccountId>,
    event_category: &'static str,
    /// Whether the session is a sign-in to the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_credential_from_console: Option<&'static str>,
}

impl<'a> Record<'a> {
    pub(super) fn new(
        event_id: &'a str,
        origin: &'a Origin,
        request_id: &'a str,
        service: &str,
        operation: &'a str,
    ) -> Self {
        Self {
            event_version: "1.11",
            user_identity: None,
            event_time: whole_second(origin.at),
            event_source: source_of(service),
            event_name: operation,
            aws_region: origin.region.as_ref().map_or("us-east-1", types::Region::as_str),
            source_ip_address: Source(origin.source_ip),
            user_agent: origin.user_agent.as_deref().unwrap_or_default(),
            error_code: None,
            error_message: None,
            request_parameters: None,
            response_elements: None,
            additional_event_data: Additional::default(),
            request_id,
            event_id,
            read_only: is_read_only(operation),
            event_type: "AwsApiCall",
            management_event: true,
            recipient_account_id: None,
            event_category: "Management",
            session_credential_from_console: None,
        }
    }

    pub(super) fn fail(&mut self, fault: &'a Fault) {
        self.error_code = Some(&fault.code);
        self.error_message = Some(&fault.message);
    }
}

/// What stands beside CloudTrail's fields.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Additional {
    /// The moment that the call asks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) as_of: Option<Timestamp>,
    /// What a call was allowed to do is what policies can be made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) authorized: Vec<Box<RawValue>>,
    /// What was decided for others, whom the call asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) decided: Vec<Box<RawValue>>,
}

impl Additional {
    fn is_empty(&self) -> bool {
        self.as_of.is_none() && self.authorized.is_empty() && self.decided.is_empty()
    }
}

/// A decision for somebody who does not call: who it is, in CloudTrail's words, and what it may or may not do.
pub(crate) struct Decided<'a> {
    pub(crate) subject: &'a Caller,
    pub(crate) ask: InWords<'a>,
    pub(crate) is_allowed: bool,
}

impl Serialize for Decided<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Form<'a> {
            user_identity: UserIdentity<'a>,
            #[serde(flatten)]
            ask: &'a InWords<'a>,
            allowed: bool,
        }
        let user_identity = UserIdentity::of(self.subject);
        Form { user_identity, ask: &self.ask, allowed: self.is_allowed }.serialize(serializer)
    }
}

/// The client's address; empty for what starts inside this process.
struct Source(Option<std::net::IpAddr>);

impl Serialize for Source {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(address) => serializer.collect_str(&address),
            None => serializer.serialize_str(""),
        }
    }
}

/// CloudTrail's `userIdentity` element.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserIdentity<'a> {
    r#type: &'a str,
    principal_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<Arn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_context: Option<SessionContext<'a>>,
}

impl<'a> UserIdentity<'a> {
    /// Whoever signed.
    pub(super) fn of(caller: &'a Caller) -> Self {
        let (kind, user_name, principal_id) = match &caller.identity {
            Identity::Root => ("Root", None, caller.owner.account.as_str().into()),
            Identity::User(user) => ("IAMUser", Some(user.name.as_str()), user.id.as_str().into()),
            Identity::Role { .. } => ("AssumedRole", None, caller.user_id().into()),
            Identity::Federated { .. } => ("FederatedUser", None, caller.user_id().into()),
        };
        Self {
            r#type: kind,
            principal_id,
            arn: Some(caller.arn()),
            account_id: Some(caller.owner.account.as_str()),
            access_key_id: Some(caller.access_key_id().as_str()),
            user_name,
            identity_provider: None,
            session_context: match &caller.credential {
                Credential::Temporary(session) => Some(SessionContext::of(caller, session)),
                Credential::LongTerm(_) => None,
            },
        }
    }

    /// Somebody for whom an identity provider vouches.
    pub(super) fn vouched(vouched: &'a Vouched) -> Self {
        Self {
            r#type: vouched.kind,
            principal_id: vouched.principal_id.as_str().into(),
            user_name: Some(&vouched.user_name),
            identity_provider: Some(&vouched.provider),
            ..Self::default()
        }
    }

    /// Nobody can say who; the access key that was presented.
    pub(super) fn unknown(access_key_id: &'a str) -> Self {
        Self {
            r#type: "Unknown",
            account_id: Some(""),
            access_key_id: Some(access_key_id),
            user_name: Some(""),
            ..Self::default()
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionContext<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_issuer: Option<SessionIssuer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_id_federation_data: Option<FederationData<'a>>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_identity: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionIssuer<'a> {
    r#type: &'static str,
    principal_id: &'a str,
    arn: Arn,
    account_id: &'a str,
    user_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FederationData<'a> {
    federated_provider: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    creation_date: Timestamp,
    mfa_authenticated: &'static str,
}

impl<'a> SessionContext<'a> {
    fn of(caller: &'a Caller, session: &'a Session) -> Self {
        let session_issuer = match (&session.subject, &caller.identity) {
            (Subject::Role { id, name, .. }, Identity::Role { role, .. }) => Some(SessionIssuer {
                r#type: "Role",
                principal_id: id.as_str(),
                arn: directory::Named::arn(&**role),
                account_id: caller.owner.account.as_str(),
                user_name: name.as_str(),
            }),
            _ => None,
        };
        let web_id_federation_data = session.federation.as_ref().map(|federation| FederationData {
            federated_provider: &federation.provider,
            attributes: federation.texts.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect(),
        });
        Self {
            session_issuer,
            web_id_federation_data,
            attributes: Attributes {
                creation_date: whole_second(session.issued),
                mfa_authenticated: if session.mfa.is_some() { "true" } else { "false" },
            },
            source_identity: session.source_identity.as_ref().map(types::SourceIdentity::as_str),
        }
    }
}

fn source_of(service: &str) -> Cow<'static, str> {
    match service {
        "iam" => "iam.amazonaws.com".into(),
        "sts" => "sts.amazonaws.com".into(),
        other => format!("{other}.amazonaws.com").into(),
    }
}

fn is_read_only(operation: &str) -> bool {
    ["Get", "List", "Simulate", "Assume", "Decode", "Evaluate"].iter().any(|verb| operation.starts_with(verb))
}

/// The second that a moment is in.
pub(crate) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

//! Encoded authorization messages: why a request was refused, sealed so that whoever is told of the refusal can pass it
//! on but not read it (AWS: "DecodeAuthorizationMessage").

use jiff::{SignedDuration, Timestamp};
use policy::{ActionPattern, Effect, Element, Matched, Outcome, Polarity, ResourcePattern};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::seal::Purpose;
use types::Owner;

use crate::caller::{Caller, Identity};
use crate::{Authorizer, Verdict};

impl Authorizer {
    /// The message of a refusal, to be read in the accounts of the caller and of the resource, for a day. What does
    /// not fit is left out: first the condition keys, then the statements. None where nothing was refused.
    #[must_use]
    pub fn encode_refusal(
        &self,
        caller: &Caller,
        verdict: &Verdict,
        resource_owner: Owner,
        now: Timestamp,
    ) -> Option<String> {
        if verdict.decision.is_allowed() {
            return None;
        }
        let tokens = self.keyring.tokens(PURPOSE, LONGEST);
        let mut message = Message::of(caller, verdict);
        loop {
            let text = serde_json::to_string(&message).ok()?;
            let readers = if caller.owner == resource_owner {
                vec![caller.owner]
            } else {
                vec![caller.owner, resource_owner]
            };
            let envelope =
                Envelope { at: now.as_second(), readers, message: RawValue::from_string(text).ok()? };
            let bytes = serde_json::to_vec(&envelope).ok()?;
            match tokens.seal(BOUND, &bytes) {
                Ok(sealed) => return Some(sealed),
                Err(_) if message.is_shortened() => {}
                Err(_) => return None,
            }
        }
    }

    /// The JSON in a message that may be read in an account; none where it is none of ours, of other accounts or too
    /// old.
    #[must_use]
    pub fn decode_refusal(&self, encoded: &str, reader: Owner, now: Timestamp) -> Option<String> {
        let opened = self.keyring.tokens(PURPOSE, LONGEST).open(BOUND, encoded).ok()?;
        let envelope: Envelope = serde_json::from_slice(&opened).ok()?;
        let made = Timestamp::from_second(envelope.at).ok()?;
        let is_fresh = now.duration_since(made) < LIFE;
        (is_fresh && envelope.readers.contains(&reader)).then(|| envelope.message.get().to_owned())
    }
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    at: i64,
    readers: Vec<Owner>,
    message: Box<RawValue>,
}

/// A list as AWS writes it here.
#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
}

impl<T> Items<T> {
    fn new(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect() }
    }
}

#[derive(Serialize)]
struct Value {
    value: String,
}

impl Value {
    fn all<'v>(values: impl IntoIterator<Item = &'v str>) -> Items<Self> {
        Items::new(values.into_iter().map(|value| Self { value: value.to_owned() }))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    allowed: bool,
    explicit_deny: bool,
    matched_statements: Items<StatementDetail>,
    failures: Items<Value>,
    context: Context,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatementDetail {
    statement_id: String,
    effect: &'static str,
    principals: Items<Value>,
    principal_groups: Items<Value>,
    #[serde(flatten)]
    actions: Listed,
    #[serde(flatten)]
    resources: Listed,
    conditions: Items<Condition>,
}

/// The patterns of an element under its name.
struct Listed {
    name: &'static str,
    values: Items<Value>,
}

impl Serialize for Listed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name, &self.values)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Context {
    principal: Principal,
    action: String,
    resource: String,
    conditions: Items<Condition>,
}

#[derive(Serialize)]
struct Principal {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    arn: String,
}

#[derive(Serialize)]
struct Condition {
    key: String,
    values: Items<Value>,
}

impl Message {
    fn of(caller: &Caller, verdict: &Verdict) -> Self {
        let Verdict { decision, policies, request } = verdict;
        let id = caller.user_id();
        let denying = decision.matched(policies).filter(|matched| matched.effect() == Effect::Deny);
        let mut conditions: Vec<Condition> = request
            .context
            .iter()
            .map(|(key, values)| Condition {
                key: key.as_str().to_owned(),
                values: Value::all(values.as_slice().iter().map(|value| value.as_str())),
            })
            .collect();
        conditions.sort_by(|one, other| one.key.cmp(&other.key));
        Self {
            allowed: false,
            explicit_deny: decision.outcome() == Outcome::ExplicitDeny,
            matched_statements: Items::new(denying.map(|matched| StatementDetail::of(&matched, &id))),
            failures: Items::new([]),
            context: Context {
                principal: Principal {
                    id,
                    name: match &caller.identity {
                        Identity::User(user) => Some(user.name.to_string()),
                        _ => None,
                    },
                    arn: caller.arn().to_string(),
                },
                action: request.action.as_str().to_owned(),
                resource: request.resource.as_str().to_owned(),
                conditions: Items::new(conditions),
            },
        }
    }

    /// Makes it shorter, if anything is left that can go.
    fn is_shortened(&mut self) -> bool {
        let lists = (&mut self.context.conditions.items, &mut self.matched_statements.items);
        if !lists.0.is_empty() {
            lists.0.clear();
            return true;
        }
        !std::mem::take(lists.1).is_empty()
    }
}

impl StatementDetail {
    fn of(matched: &Matched<'_>, principal: &str) -> Self {
        let statement = matched.statement;
        Self {
            statement_id: statement.sid().unwrap_or_default().to_owned(),
            effect: "DENY",
            principals: Value::all([principal]),
            principal_groups: Items::new([]),
            actions: listed(statement.actions(), "actions", "notActions", ActionPattern::as_str),
            resources: match statement.resources() {
                Some(resources) => listed(resources, "resources", "notResources", ResourcePattern::as_str),
                None => Listed { name: "resources", values: Items::new([]) },
            },
            conditions: Items::new(statement.conditions().iter().map(|clause| Condition {
                key: clause.key().as_str().to_owned(),
                values: Value::all(clause.values().iter().map(|value| value.as_str())),
            })),
        }
    }
}

fn listed<P>(
    element: &Element<P>,
    named: &'static str,
    negated: &'static str,
    text: impl Fn(&P) -> &str,
) -> Listed {
    let name = if element.polarity() == Polarity::Listed { named } else { negated };
    Listed { name, values: Value::all(element.patterns().iter().map(text)) }
}

const PURPOSE: Purpose = Purpose::new("authorization message");
/// The messages are bound to their purpose alone.
const BOUND: &[u8] = b"";
/// The longest message that DecodeAuthorizationMessage takes (AWS: `encodedMessageType`).
const LONGEST: usize = 10_240;
/// How long a message can be read.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

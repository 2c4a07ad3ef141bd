//! What is simulated: policies, a caller, actions and resources.

use api::iam::faults;
use api::iam::types::{ContextEntry, ContextKeyTypeEnum};
use authz::Granted;
use compact_str::CompactString;
use policy::{
    Action, Bundle, Context as Keys, Named, Policy, PolicySet, Principal, Request, SourceKind, implied,
};
use service::{Context, Result};
use types::{AccountId, Arn};

/// A simulation as the call describes it.
pub(super) struct Question {
    pub(super) actions: Vec<String>,
    pub(super) resources: Option<Vec<String>>,
    pub(super) resource_policy: Option<String>,
    pub(super) resource_owner: Option<String>,
    pub(super) caller: Option<String>,
    pub(super) context: Option<Vec<ContextEntry>>,
}

/// A simulation, ready to be run.
pub(super) struct Simulation {
    /// The policies.
    pub(super) set: PolicySet,
    /// For each action a request on each resource.
    pub(super) questions: Vec<Vec<Request>>,
}

impl Simulation {
    /// Puts a simulation together. `principal` is whose policies they are, where they are somebody's; the call may
    /// name another caller.
    pub(super) fn new(
        cx: &Context<'_>,
        granted: Granted,
        principal: Option<Principal>,
        question: Question,
    ) -> Result<Self> {
        let principal = caller(cx, &question, principal)?;
        let resource_account = match &question.resource_owner {
            None => None,
            Some(text) => Some(account_of(text)?),
        };
        let mut set = PolicySet::new().with_identity(granted.identity);
        set.boundary = granted.boundary.map(Bundle::new);
        if let Some(text) = &question.resource_policy {
            let parsed = Policy::parse(text).map_err(|cause| {
                faults::invalid_input(format!("Invalid Input for ResourcePolicy: {cause}"))
            })?;
            set = set.with_resource(Named::new(SourceKind::Resource, "ResourcePolicy", parsed.into()));
        }
        let mut keys = Keys::new();
        for entry in question.context.unwrap_or_default() {
            supply(&mut keys, entry);
        }
        implied::add(&mut keys, &principal, cx.now());

        let resources = resources(question.resources)?;
        let ask = |name: &String| {
            let action = action(name)?;
            let on = |resource: &String| {
                let mut request =
                    Request::new(principal.clone(), action.clone(), resource).with_context(keys.clone());
                request.resource_account = resource_account;
                request
            };
            Ok(resources.iter().map(on).collect())
        };
        let questions = question.actions.iter().map(ask).collect::<Result<_>>()?;
        Ok(Self { set, questions })
    }
}

/// Who asks: the caller that the call names, or else whose policies they are. To a resource's policy it matters, and
/// then IAM takes users only.
fn caller(cx: &Context<'_>, question: &Question, principal: Option<Principal>) -> Result<Principal> {
    let named = question.caller.as_ref().map(|caller| {
        let message =
            || format!("Invalid Entity Arn: {caller} does not clearly define entity type and name.");
        Principal::parse(caller).map_err(|_| faults::invalid_input(message()))
    });
    let principal = named.transpose()?.or(principal);
    let refused = match &principal {
        _ if question.resource_policy.is_none() => None,
        None => Some("Caller cannot be null or empty."),
        Some(Principal::User(_)) => None,
        Some(_) => Some("Caller must be an IAM user in this context."),
    };
    if let Some(why) = refused {
        return Err(faults::invalid_input(format!("Invalid caller - {why}")).into());
    }
    match principal {
        Some(principal) => Ok(principal),
        None => Ok(Principal::User(policy::User::new(cx.owner()?.iam_arn("user/simulated"))?)),
    }
}

/// The action of that name; a simulation takes no patterns.
fn action(name: &str) -> Result<Action> {
    let action = Action::parse(name).ok().filter(|_| !name.contains(['*', '?']));
    Ok(action
        .ok_or_else(|| faults::invalid_input(format!("Invalid Action: {name} is not service:Action")))?)
}

/// The resources: ARNs, or `*` for none in particular.
fn resources(given: Option<Vec<String>>) -> Result<Vec<String>> {
    let resources = given.filter(|given| !given.is_empty()).unwrap_or_else(|| vec!["*".to_owned()]);
    let is_arn = |name: &str| name.starts_with("arn:") && name.split(':').count() >= 6;
    match resources.iter().find(|name| *name != "*" && !is_arn(name)) {
        Some(name) => {
            let message = format!("ResourceNames are not in a valid ARN format: {name}.");
            Err(faults::invalid_input(message).into())
        }
        None => Ok(resources),
    }
}

/// The documents of a list of the call.
pub(super) fn inputs(texts: &[String], list: &str) -> Result<Vec<Named>> {
    texts.iter().enumerate().map(|(at, text)| super::input(text, list, at + 1)).collect()
}

/// The boundary that the call supplies.
pub(super) fn boundary(texts: Option<&[String]>) -> Result<Option<Vec<Named>>> {
    texts.map(|texts| inputs(texts, "PermissionsBoundaryPolicyInputList")).transpose()
}

/// A key with the values that the call supplies; only the list types are multivalued.
fn supply(keys: &mut Keys, entry: ContextEntry) {
    use ContextKeyTypeEnum::{BinaryList, BooleanList, DateList, IpList, NumericList, StringList};
    let Some(name) = entry.context_key_name else { return };
    let values = entry.context_key_values.unwrap_or_default();
    let is_list = matches!(
        entry.context_key_type,
        Some(StringList | NumericList | BooleanList | IpList | BinaryList | DateList)
    );
    match values.as_slice() {
        [one] if !is_list => keys.set(&name, one.as_str()),
        _ => keys.set_list(&name, values.into_iter().map(CompactString::from)),
    }
}

/// `ResourceOwner` is the ARN of an account.
fn account_of(text: &str) -> Result<AccountId> {
    let account = Arn::parse(text).ok().filter(|arn| arn.service() == "iam").and_then(|arn| arn.account());
    let message = || format!("'{text}' is not a valid as a Resource Owner.");
    Ok(account.ok_or_else(|| faults::invalid_input(message()))?)
}

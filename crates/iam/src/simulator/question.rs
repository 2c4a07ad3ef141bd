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
    /// A request for each action on each resource.
    pub(super) requests: Vec<Request>,
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
        let owner = cx.owner()?;
        let principal = match (&question.caller, principal) {
            (Some(caller), _) => Principal::parse(caller)
                .map_err(|_| faults::invalid_input(format!("Invalid Entity Arn: {caller}")))?,
            (None, Some(principal)) => principal,
            (None, None) => Principal::User(policy::User::new(owner.iam_arn("user/simulated"))?),
        };
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

        let resources = question.resources.unwrap_or_else(|| vec!["*".to_owned()]);
        let mut requests = Vec::with_capacity(question.actions.len() * resources.len());
        for name in &question.actions {
            let action = Action::parse(name).map_err(|_| {
                faults::invalid_input(format!("Invalid Action: {name} is not service:Action"))
            })?;
            for resource in &resources {
                let mut request =
                    Request::new(principal.clone(), action.clone(), resource).with_context(keys.clone());
                request.resource_account = resource_account;
                requests.push(request);
            }
        }
        Ok(Self { set, requests })
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

/// `ResourceOwner` is an account's ARN, or its bare id.
fn account_of(text: &str) -> Result<AccountId> {
    let account = AccountId::parse(text).ok().or_else(|| Arn::parse(text).ok()?.account());
    Ok(account.ok_or_else(|| faults::invalid_input(format!("Invalid ResourceOwner: {text}")))?)
}

//! What is simulated: policies, a caller, actions and resources.

use api::iam::faults;
use api::iam::types::{ContextEntry, ContextKeyTypeEnum, OrderedOrganizationPolicyType};
use authz::Granted;
use compact_str::CompactString;
use policy::{
    Action, Bundle, Context as Keys, Named, Policy, PolicySet, Principal, Request, SourceKind, implied,
};
use service::{Context, Result};
use types::{AccountId, Arn, Owner};

/// A simulation as the call describes it.
pub(super) struct Question {
    pub(super) actions: Vec<String>,
    pub(super) resources: Option<Vec<String>>,
    pub(super) resource_policy: Option<String>,
    pub(super) resource_owner: Option<String>,
    pub(super) caller: Option<String>,
    pub(super) context: Option<Vec<ContextEntry>>,
    pub(super) handling: Option<String>,
    /// Whether the policies are a group's, which is no principal.
    pub(super) of_group: bool,
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
        super::handling::check(question.handling.as_deref(), &resources)?;
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

    /// The same within an organization: its service control policies, level by level from the root.
    pub(super) fn within(mut self, levels: Option<Vec<Vec<Named>>>) -> Self {
        if let Some(levels) = levels {
            self.set = self.set.with_service_control(levels);
        }
        self
    }
}

/// Who asks: the caller that the call names, or else whose policies they are. To a resource's policy it matters, so
/// there must be one then.
fn caller(cx: &Context<'_>, question: &Question, principal: Option<Principal>) -> Result<Principal> {
    let named = question.caller.as_deref().map(entity).transpose()?;
    let is_known = named.is_some() || principal.is_some() || question.of_group;
    if question.resource_policy.is_some() && !is_known {
        return Err(faults::invalid_input("Invalid caller - Caller cannot be null or empty.").into());
    }
    match named.or(principal) {
        Some(principal) => Ok(principal),
        None => someone_of(cx.owner()?),
    }
}

/// The user or role of an ARN; of a group, somebody in it. A session is not asked about, nor is a service.
fn entity(text: &str) -> Result<Principal> {
    let invalid = || {
        let message = format!("Invalid Entity Arn: {text} does not clearly define entity type and name.");
        faults::invalid_input(message)
    };
    let arn = Arn::parse(text).map_err(|_| invalid())?;
    match (arn.service(), arn.resource_type_and_id().0) {
        ("iam", "user" | "role") => Ok(Principal::parse(text).map_err(|_| invalid())?),
        ("iam", "group") => match (arn.partition(), arn.account()) {
            (Some(partition), Some(account)) => someone_of(Owner::new(partition, account)),
            _ => Err(invalid().into()),
        },
        _ => Err(invalid().into()),
    }
}

/// A user of an account that no policy names.
fn someone_of(owner: Owner) -> Result<Principal> {
    Ok(Principal::User(policy::User::new(owner.iam_arn("user/simulated"))?))
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

/// The boundary that the call supplies: an entity has one at most.
pub(super) fn boundary(texts: Option<&[String]>) -> Result<Option<Vec<Named>>> {
    let list = "PermissionsBoundaryPolicyInputList";
    match texts.unwrap_or_default() {
        [] => Ok(None),
        [text] => Ok(Some(vec![super::input(text, list, 1)?])),
        _ => {
            Err(faults::invalid_input(format!("Invalid Input for {list}: only one policy is allowed."))
                .into())
        }
    }
}

/// The service control policies that the call supplies, level by level from the root; none where it supplies no level.
pub(super) fn levels(given: Option<Vec<OrderedOrganizationPolicyType>>) -> Result<Option<Vec<Vec<Named>>>> {
    let given = given.filter(|levels| !levels.is_empty());
    let level = |(at, level): (usize, OrderedOrganizationPolicyType)| {
        let list = format!("OrderedOrganizationPolicyInputList.{}.ServiceControlPolicyInputList", at + 1);
        let texts = level.service_control_policy_input_list.unwrap_or_default();
        let policies = texts.iter().enumerate();
        policies.map(|(at, text)| service_control(text, &format!("{list}.{}", at + 1))).collect()
    };
    given.map(|levels| levels.into_iter().enumerate().map(level).collect()).transpose()
}

fn service_control(text: &str, name: &str) -> Result<Named> {
    let parsed = policy::validate::service_control_policy(text)
        .map_err(|cause| faults::invalid_input(format!("Invalid Input for {name}: {cause}")))?;
    Ok(Named::new(SourceKind::ServiceControl, name, parsed))
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

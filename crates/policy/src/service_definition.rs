//! Own services: a definition in the shape of AWS's service reference information, read strictly.
//!
//! AWS: "Simplified AWS service information for programmatic access".

mod names;

use std::collections::HashSet;
use std::sync::Arc;

use catalog::{AccessLevel, Action, Catalog, ConditionKey, KeyType, ResourceType, Service};

use crate::json::{self, Duplicates, Member, Node, Value};
use crate::span::{Lines, Position, Span};

/// The definition of a service, with the text that it was read from.
///
/// ```
/// let definition = policy::ServiceDefinition::parse(r#"{
///     "Name": "shop",
///     "Actions": [{"Name": "GetOrder", "Resources": [{"Name": "order"}],
///         "Annotations": {"Properties": {"IsList": false, "IsWrite": false}}}],
///     "Resources": [{"Name": "order", "ARNFormats": ["arn:${Partition}:shop:${Region}:${Account}:order/${OrderId}"]}]
/// }"#)?;
/// assert_eq!(definition.service().action("GetOrder").unwrap().access_level(), catalog::AccessLevel::Read);
/// # Ok::<(), policy::InvalidDefinition>(())
/// ```
#[derive(Debug, Clone)]
pub struct ServiceDefinition {
    text: Arc<str>,
    service: Arc<Service>,
}

/// Why a text defines no service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct InvalidDefinition {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub position: Position,
}

/// The longest definition, in bytes.
pub const MAX_DEFINITION_BYTES: usize = 128 * 1024;

impl ServiceDefinition {
    /// Reads a definition. What is not known in it is refused, but for what AWS tells of operations and of support.
    ///
    /// # Errors
    ///
    /// The text is no JSON, has members that are missing, unknown or of the wrong kind, names that are malformed,
    /// not defined or defined twice, or redefines what is AWS's.
    pub fn parse(text: &str) -> Result<Self, InvalidDefinition> {
        let node = json::read_up_to(text, MAX_DEFINITION_BYTES, Duplicates::Refused).map_err(|fault| {
            InvalidDefinition {
                message: fault.problem.to_string(),
                position: json::locate(text, fault.offset),
            }
        })?;
        let service = read(&node).map_err(|Wrong { message, span }| InvalidDefinition {
            message,
            position: Lines::of(text).position(span.start),
        })?;
        Ok(Self { text: text.into(), service: Arc::new(service) })
    }

    /// The text, as it was read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }
}

/// What is wrong, and where.
struct Wrong {
    message: String,
    span: Span,
}

type Read<T> = Result<T, Wrong>;

fn wrong<T>(node: &Node, message: impl Into<String>) -> Read<T> {
    Err(Wrong { message: message.into(), span: node.span })
}

fn read(node: &Node) -> Read<Service> {
    check_members(
        node,
        "a service",
        &["Name", "Actions", "ConditionKeys", "Operations", "Resources", "Version"],
    )?;
    let prefix = name(node, "a service", names::is_service)?;
    let keys = Keys::read(node, &prefix)?;
    let mut types = Vec::new();
    let mut defined = Unique::new("resource type");
    for item in list(node, "Resources")? {
        check_members(item, "a resource type", &["Name", "ARNFormats", "ConditionKeys"])?;
        let name = name(item, "a resource type", names::is_resource_type)?;
        defined.add(item, &name)?;
        let mut formats = Vec::new();
        for format in list(item, "ARNFormats")? {
            formats.push(arn_format(format, &prefix)?);
        }
        types.push(ResourceType::own(&name, &formats, &keys.named(item, "ConditionKeys")?));
    }
    let mut actions = Vec::new();
    let mut named = Unique::new("action");
    for item in list(node, "Actions")? {
        let known = ["Name", "ActionConditionKeys", "Annotations", "Resources", "SupportedBy"];
        check_members(item, "an action", &known)?;
        let name = name(item, "an action", names::is_action)?;
        named.add(item, &name)?;
        let mut uses = Vec::new();
        let mut used = Unique::new("resource type");
        for usage in list(item, "Resources")? {
            check_members(usage, "a resource of an action", &["Name", "ConditionKeys"])?;
            let kind = self::name(usage, "a resource of an action", names::is_resource_type)?;
            used.add(usage, &kind)?;
            let Some(kind) = types.iter().find(|known| known.name().eq_ignore_ascii_case(&kind)) else {
                return wrong(
                    member(usage, "Name").unwrap_or(usage),
                    format!("there is no resource type `{kind}`"),
                );
            };
            let keys = keys.named(usage, "ConditionKeys")?;
            uses.push(if keys.is_empty() {
                kind.name().to_owned()
            } else {
                format!("{}={}", kind.name(), keys.join(" "))
            });
        }
        let keys = keys.named(item, "ActionConditionKeys")?;
        actions.push(Action::own(&name, access_level(item)?, &uses, &keys));
    }
    if actions.is_empty() {
        return wrong(
            member(node, "Actions").unwrap_or(node),
            "a service has at least one action in `Actions`",
        );
    }
    let service = Service::own(&prefix, actions, types, keys.all);
    match Catalog::with([Arc::new(service.clone())]) {
        Ok(_) => Ok(service),
        Err(taken) => wrong(member(node, "Name").unwrap_or(node), taken.to_string()),
    }
}

/// The condition keys of a service, and the global ones that it names.
struct Keys {
    all: Vec<ConditionKey>,
}

impl Keys {
    fn read(node: &Node, prefix: &str) -> Read<Self> {
        let mut keys = Self { all: Vec::new() };
        let mut defined = Unique::new("condition key");
        for item in list(node, "ConditionKeys")? {
            check_members(item, "a condition key", &["Name", "Types"])?;
            let name = name(item, "a condition key", names::is_condition_key)?;
            defined.add(item, &name)?;
            let (kind, many) = key_type(item)?;
            let is_own =
                name.split_once(':').is_some_and(|(before, rest)| before == prefix && !rest.is_empty());
            match catalog::condition_key(&name) {
                _ if is_own => keys.all.push(ConditionKey::own(&name, kind, many)),
                Some(global) if is_global(&name) => {
                    if (global.key_type(), global.is_multivalued()) != (kind, many) {
                        let array = if global.is_multivalued() { "ArrayOf" } else { "" };
                        let message =
                            format!("AWS's `{name}` is of type `{array}{}`", global.key_type().as_str());
                        return wrong(member(item, "Types").unwrap_or(item), message);
                    }
                    keys.all.push(global.clone());
                }
                _ => {
                    let message = format!(
                        "`{name}` is no condition key that a service `{prefix}` can have: it begins with \
                         `{prefix}:`, or is one of AWS's global keys"
                    );
                    return wrong(member(item, "Name").unwrap_or(item), message);
                }
            }
        }
        // A global key need not be listed to be carried.
        let mentioned = mentioned(node)?;
        for key in mentioned.iter().filter_map(|key| key.as_str()).filter(|key| is_global(key)) {
            if let Some(global) = catalog::condition_key(key)
                && !keys.all.iter().any(|known| known.name() == global.name())
            {
                keys.all.push(global.clone());
            }
        }
        Ok(keys)
    }

    /// The keys that a list names, as they are defined.
    fn named(&self, node: &Node, list_name: &str) -> Read<Vec<String>> {
        let mut named: Vec<String> = Vec::new();
        for item in list(node, list_name)? {
            let name = text(item)?;
            let Some(key) = self.all.iter().find(|key| key.name().eq_ignore_ascii_case(name)) else {
                return wrong(item, format!("there is no condition key `{name}` in `ConditionKeys`"));
            };
            named.push(key.name().to_owned());
        }
        Ok(named)
    }
}

/// The names of condition keys that actions and resource types list.
fn mentioned(node: &Node) -> Read<Vec<&Node>> {
    let mut mentioned = Vec::new();
    for kind in list(node, "Resources")? {
        mentioned.extend(list(kind, "ConditionKeys")?);
    }
    for action in list(node, "Actions")? {
        mentioned.extend(list(action, "ActionConditionKeys")?);
        for usage in list(action, "Resources")? {
            mentioned.extend(list(usage, "ConditionKeys")?);
        }
    }
    Ok(mentioned)
}

fn is_global(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

/// `Types`: one, as a key has one type of values.
fn key_type(node: &Node) -> Read<(KeyType, bool)> {
    let types = list(node, "Types")?;
    let [one] = types else {
        return wrong(member(node, "Types").unwrap_or(node), "a condition key has one type in `Types`");
    };
    let name = text(one)?;
    match KeyType::parse(name) {
        Some(known) => Ok(known),
        None => {
            let known: Vec<&str> = KeyType::ALL.into_iter().map(KeyType::as_str).collect();
            wrong(one, format!("there is no type `{name}`: write {}, or one after ArrayOf", known.join(", ")))
        }
    }
}

/// What `Annotations` say; an action of which nothing is said writes.
fn access_level(node: &Node) -> Read<AccessLevel> {
    let Some(annotations) = member(node, "Annotations") else { return Ok(AccessLevel::Write) };
    check_members(annotations, "`Annotations`", &["Properties"])?;
    let Some(properties) = member(annotations, "Properties") else { return Ok(AccessLevel::Write) };
    // The first that is true counts, as what grants permissions and what tags both write.
    let levels = [
        ("IsPermissionManagement", AccessLevel::PermissionsManagement),
        ("IsTaggingOnly", AccessLevel::Tagging),
        ("IsWrite", AccessLevel::Write),
        ("IsList", AccessLevel::List),
    ];
    check_members(properties, "`Properties`", &levels.map(|(name, _)| name))?;
    let mut level = AccessLevel::Read;
    for (name, known) in levels.into_iter().rev() {
        match member(properties, name).map(|node| (&node.value, node)) {
            None | Some((Value::Bool(false), _)) => {}
            Some((Value::Bool(true), _)) => level = known,
            Some((_, node)) => return wrong(node, format!("`{name}` is true or false, not {}", node.kind())),
        }
    }
    Ok(level)
}

fn arn_format(node: &Node, prefix: &str) -> Read<String> {
    let format = text(node)?;
    match names::arn_format(format, prefix) {
        Ok(()) => Ok(format.to_owned()),
        Err(why) => wrong(node, format!("`{format}` is no form of the ARNs of `{prefix}`: {why}")),
    }
}

/// The names of one kind, each once whatever its case.
struct Unique {
    kind: &'static str,
    names: HashSet<String>,
}

impl Unique {
    fn new(kind: &'static str) -> Self {
        Self { kind, names: HashSet::new() }
    }

    fn add(&mut self, node: &Node, name: &str) -> Read<()> {
        if self.names.insert(name.to_ascii_lowercase()) {
            return Ok(());
        }
        wrong(member(node, "Name").unwrap_or(node), format!("the {} `{name}` stands there twice", self.kind))
    }
}

fn check_members(node: &Node, what: &str, known: &[&str]) -> Read<()> {
    let Some(members) = node.as_object() else {
        return wrong(node, format!("{what} is an object, not {}", node.kind()));
    };
    let is_unknown = |member: &&Member| !known.contains(&member.key.as_str());
    match members.iter().find(is_unknown) {
        None => Ok(()),
        Some(member) => Err(Wrong {
            message: format!("{what} has no `{}`, only {}", member.key, known.join(", ")),
            span: member.key_span,
        }),
    }
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.get(name)
}

/// The items of a list; none where it is absent.
fn list<'n>(node: &'n Node, name: &str) -> Read<&'n [Node]> {
    match member(node, name) {
        None => Ok(&[]),
        Some(Node { value: Value::Array(items), .. }) => Ok(items),
        Some(other) => wrong(other, format!("`{name}` is a list, not {}", other.kind())),
    }
}

fn text(node: &Node) -> Read<&str> {
    match node.as_str() {
        Some(text) => Ok(text),
        None => wrong(node, format!("a name is a string, not {}", node.kind())),
    }
}

fn name(node: &Node, what: &str, is_good: fn(&str) -> Result<(), &'static str>) -> Read<String> {
    let Some(found) = member(node, "Name") else { return wrong(node, format!("{what} has a `Name`")) };
    let name = text(found)?;
    match is_good(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(rule) => wrong(
            found,
            format!("`{}` cannot name {what}: {rule}", name.chars().take(128).collect::<String>()),
        ),
    }
}

#[cfg(test)]
mod tests;

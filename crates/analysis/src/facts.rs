//! What the catalog knows of requests that can happen: which actions there are, on what, with which keys.

use std::sync::LazyLock;

use catalog::{Catalog, ConditionKey, Service};
use policy::Element;

use crate::boxes::Source;
use crate::pattern::{Pattern, Token};

/// What a request may be about.
#[derive(Debug)]
pub(crate) enum Target {
    /// Anything.
    Any,
    /// No resource: the request says `*`.
    Nothing,
    /// One of these ARNs.
    Arns(Vec<Pattern>),
}

/// A kind of target of an action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TargetKind<'c> {
    Nothing,
    /// A resource type: service and name.
    Type(&'c str, &'c str),
}

/// An action that there is.
#[derive(Debug)]
pub(crate) struct KnownAction<'c> {
    pub(crate) action: policy::Action,
    service: &'c Service,
    facts: &'c catalog::Action,
}

/// The catalog, with the accounts and regions that the question mentions.
#[derive(Debug)]
pub(crate) struct Facts<'c> {
    catalog: &'c Catalog,
    /// The actions of the own services.
    own: Vec<KnownAction<'c>>,
    partitions: Vec<String>,
    accounts: Vec<String>,
    regions: Vec<String>,
}

/// The actions of AWS's services.
static ACTIONS: LazyLock<Vec<KnownAction<'static>>> =
    LazyLock::new(|| catalog::services().iter().flat_map(actions_of).collect());

fn actions_of(service: &Service) -> impl Iterator<Item = KnownAction<'_>> {
    service.actions().iter().filter_map(move |facts| {
        let action = policy::Action::parse(&format!("{}:{}", service.prefix(), facts.name())).ok()?;
        Some(KnownAction { action, service, facts })
    })
}

impl<'c> Facts<'c> {
    /// With what the statements mention.
    pub(crate) fn of(catalog: &'c Catalog, sources: &[Source<'_>], account: &str, partition: &str) -> Self {
        let mut this = Self {
            catalog,
            own: catalog.own().flat_map(actions_of).collect(),
            partitions: vec![partition.to_owned()],
            accounts: vec![account.to_owned()],
            regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
        };
        let elements = sources.iter().filter_map(|source| source.statement.resources());
        for pattern in elements.flat_map(Element::patterns) {
            let parts: Vec<&str> = pattern.as_str().splitn(6, ':').collect();
            let [_, partition, _, region, account, _] = parts.as_slice() else { continue };
            for (text, into) in [
                (partition, &mut this.partitions),
                (region, &mut this.regions),
                (account, &mut this.accounts),
            ] {
                if !text.is_empty() && !text.contains(['*', '?', '$']) && !into.iter().any(|t| t == text) {
                    into.push((*text).to_owned());
                }
            }
        }
        this.accounts.retain(|text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()));
        for list in [&mut this.partitions, &mut this.accounts, &mut this.regions] {
            list.truncate(MOST_ALTERNATIVES);
        }
        this
    }

    /// Every action that there is.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &KnownAction<'c>> {
        let aws: &[KnownAction<'c>] = &ACTIONS;
        aws.iter().chain(&self.own)
    }

    /// The condition key of that name.
    pub(crate) fn condition_key(&self, name: &str) -> Option<&'c ConditionKey> {
        self.catalog.condition_key(name)
    }

    /// The ARNs that resources of a kind have.
    pub(crate) fn target(&self, kind: &TargetKind<'_>) -> Target {
        let TargetKind::Type(service, name) = kind else { return Target::Nothing };
        let kind = self.catalog.service(service).and_then(|service| service.resource_type(name));
        let formats = kind.into_iter().flat_map(catalog::ResourceType::arn_formats);
        let mut arns = Vec::new();
        for format in formats {
            for partition in &self.partitions {
                let with = format.replace("${Partition}", partition);
                for account in alternatives(&with, "${Account}", &self.accounts) {
                    let with = with.replace("${Account}", account);
                    for region in alternatives(&with, "${Region}", &self.regions) {
                        arns.push(spelled(&with.replace("${Region}", region)));
                    }
                }
            }
        }
        Target::Arns(arns)
    }
}

/// What may stand for a placeholder: one of the list, or nothing where it does not occur.
fn alternatives<'l>(text: &str, placeholder: &str, list: &'l [String]) -> Vec<&'l str> {
    if text.contains(placeholder) { list.iter().map(String::as_str).collect() } else { vec![""] }
}

/// A format as a pattern: a name stands for each placeholder.
fn spelled(format: &str) -> Pattern {
    let mut tokens = Vec::new();
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else { break };
        literal(before, &mut tokens);
        if HAVE_SLASHES.iter().any(|part| name.contains(part)) {
            tokens.extend([Token::OneInside, Token::ManyInside]);
        } else {
            tokens.extend([Token::OneName, Token::ManyName]);
        }
        rest = after;
    }
    literal(rest, &mut tokens);
    tokens.into()
}

fn literal(text: &str, tokens: &mut Vec<Token>) {
    tokens.extend(text.chars().map(|c| if c == '*' { Token::ManyInside } else { Token::Char(c) }));
}

impl<'c> KnownAction<'c> {
    /// What the action can be asked for.
    pub(crate) fn targets(&self) -> Vec<TargetKind<'c>> {
        let mut targets: Vec<TargetKind<'c>> = self
            .facts
            .resources()
            .map(|usage| TargetKind::Type(self.service.prefix(), usage.name()))
            .collect();
        if !self.facts.resources().any(|usage| usage.is_required()) {
            targets.push(TargetKind::Nothing);
        }
        targets
    }

    /// Whether a request of the action for such a target can carry a condition key.
    pub(crate) fn carries(&self, target: &TargetKind<'_>, key: &str) -> bool {
        let folded = key.to_ascii_lowercase();
        let is_tag = ["aws:requesttag/", "aws:resourcetag/"].iter().any(|prefix| folded.starts_with(prefix))
            || folded == "aws:tagkeys";
        if folded.starts_with("aws:") && !is_tag {
            return catalog::condition_key(key).is_some();
        }
        let Some(known) = self.service.condition_key(key) else { return false };
        let is_it = |name: &str| name.eq_ignore_ascii_case(known.name());
        let TargetKind::Type(_, name) = target else { return self.facts.condition_keys().any(is_it) };
        let of_use = self.facts.resources().filter(|usage| usage.name() == *name);
        let of_type = self.service.resource_type(name).into_iter();
        self.facts.condition_keys().any(is_it)
            || of_use.flat_map(|usage| usage.condition_keys()).any(is_it)
            || of_type.flat_map(|kind| kind.condition_keys()).any(is_it)
    }
}

/// Names that may have slashes in them.
const HAVE_SLASHES: [&str; 5] = ["Path", "ObjectName", "Parameter", "LogGroup", "Secret"];

/// So many accounts, regions and partitions are tried.
const MOST_ALTERNATIVES: usize = 5;

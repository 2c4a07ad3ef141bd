//! What the catalog knows of requests that can happen: which actions there are, on what, with which keys.

use std::collections::HashSet;
use std::sync::LazyLock;

use catalog::{Catalog, ConditionKey, Service};
use policy::Element;

use crate::boxes::Source;
use crate::pattern::{self, Pattern, Token};

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
    partition: String,
    accounts: Vec<String>,
    regions: Vec<String>,
    is_complete: bool,
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
            partition: partition.to_owned(),
            accounts: vec![account.to_owned()],
            regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
            is_complete: true,
        };
        let mut regions: Vec<Pattern> = Vec::new();
        let elements = sources.iter().filter_map(|source| source.statement.resources());
        for pattern in elements.flat_map(Element::patterns) {
            let parts: Vec<&str> = pattern.as_str().splitn(6, ':').collect();
            let [_, _, _, region, account, _] = parts.as_slice() else { continue };
            if region.contains(['*', '?']) {
                regions.push(spelled_glob(region));
            } else if !region.is_empty() && !region.contains('$') {
                push(&mut this.regions, (*region).to_owned());
            }
            // Some account that a pattern takes.
            let account: String = account.replace('?', "0");
            let missing = 12_usize.saturating_sub(account.len().saturating_sub(1));
            push(&mut this.accounts, account.replacen('*', &"0".repeat(missing), 1));
        }
        // One region for each way in which the patterns tell regions apart.
        let mut seen = HashSet::new();
        for region in catalog::REGIONS {
            let text: Pattern = region.chars().map(Token::Char).collect();
            let taken: Vec<bool> = regions.iter().map(|glob| pattern::covers(glob, &text)).collect();
            if taken.contains(&true) && seen.insert(taken) {
                push(&mut this.regions, (*region).to_owned());
            }
        }
        this.accounts.retain(|text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()));
        for list in [&mut this.accounts, &mut this.regions] {
            this.is_complete &= list.len() <= MOST_ALTERNATIVES;
            list.truncate(MOST_ALTERNATIVES);
        }
        this
    }

    /// Whether all accounts and regions that the question mentions are looked at.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
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
            let with = format.replace("${Partition}", &self.partition);
            for account in alternatives(&with, "${Account}", &self.accounts) {
                let with = with.replace("${Account}", account);
                for region in alternatives(&with, "${Region}", &self.regions) {
                    arns.push(spelled(&with.replace("${Region}", region)));
                }
            }
        }
        Target::Arns(arns)
    }
}

fn push(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}

/// A pattern of a policy within one segment.
fn spelled_glob(text: &str) -> Pattern {
    let tokens = text.chars().map(|c| match c {
        '*' => Token::Many,
        '?' => Token::One,
        c => Token::Char(c),
    });
    tokens.collect()
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
        if is_carried_anywhere(key) {
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

/// Whether requests of all actions carry a condition key, if there is such a one.
pub(crate) fn is_carried_anywhere(key: &str) -> bool {
    let folded = key.to_ascii_lowercase();
    let is_tag = ["aws:requesttag/", "aws:resourcetag/"].iter().any(|prefix| folded.starts_with(prefix))
        || folded == "aws:tagkeys";
    folded.starts_with("aws:") && !is_tag
}

/// Names that may have slashes in them.
const HAVE_SLASHES: [&str; 5] = ["Path", "ObjectName", "Parameter", "LogGroup", "Secret"];

/// So many accounts, regions and partitions are tried.
const MOST_ALTERNATIVES: usize = 24;

//! Random requests from the literals, boundaries and edges of two policies.

use std::net::Ipv4Addr;
use std::sync::Arc;

use catalog::KeyType;
use policy::condition::{Family, Qualifier};
use policy::{
    Action, Context, Layer, LayerResult, Named, Policy, PolicySet, Principal, Request, SourceKind, evaluate,
};

/// A generator of numbers: the same ones each time.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(start: u64) -> Self {
        Self(start | 1)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound.max(1)
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        of.get(self.below(of.len()))
    }
}

/// A policy, ready to be asked.
pub(super) struct Decider(PolicySet);

impl Decider {
    pub(super) fn new(policy: Arc<Policy>) -> Self {
        Self(PolicySet::new().with_identity(vec![Named::new(SourceKind::Input, "", policy)]))
    }

    /// Whether the policy by itself allows a request.
    pub(super) fn allows(&self, request: &Request) -> bool {
        evaluate(&self.0, request).layer(Layer::Identity) == LayerResult::Allow
    }
}

/// What two policies speak of.
pub(super) struct Pool {
    /// A statement's actions, resources and values of keys: what goes together is drawn together.
    statements: Vec<Spoken>,
    principal: Option<Principal>,
}

#[derive(Default)]
struct Spoken {
    actions: Vec<String>,
    resources: Vec<String>,
    keys: Vec<Asked>,
}

/// A key that a clause asks about.
struct Asked {
    key: String,
    family: Family,
    values: Vec<String>,
    /// Whether a set operator asks.
    many: bool,
}

impl Pool {
    pub(super) fn of(policies: [&Policy; 2]) -> Self {
        let mut statements = Vec::new();
        for statement in policies.into_iter().flat_map(Policy::statements) {
            let mut spoken = Spoken {
                actions: statement
                    .actions()
                    .patterns()
                    .iter()
                    .map(|entry| entry.as_str().to_owned())
                    .collect(),
                ..Spoken::default()
            };
            spoken.actions.push("neither:Action".into());
            let resources = statement.resources().map(|element| element.patterns()).unwrap_or_default();
            spoken.resources.extend(resources.iter().map(|entry| entry.as_str().to_owned()));
            spoken.resources.push("arn:aws:neither:::resource".into());
            for clause in statement.conditions() {
                spoken.keys.push(Asked {
                    key: clause.key().as_str().to_owned(),
                    family: clause.test().family(),
                    values: clause.values().iter().map(|value| value.as_str().to_owned()).collect(),
                    many: clause.test().qualifier() != Qualifier::Single,
                });
            }
            statements.push(spoken);
        }
        Self { statements, principal: Principal::parse("arn:aws:iam::123456789012:user/witness").ok() }
    }

    /// A request that some statement may be about.
    pub(super) fn draw(&self, dice: &mut Dice) -> Option<Request> {
        let spoken = dice.pick(&self.statements)?;
        let beside = dice.pick(&self.statements)?;
        let from = |dice: &mut Dice| if dice.below(8) == 0 { beside } else { spoken };
        let about = from(dice);
        let action = filled(dice.pick(&about.actions)?, dice);
        let action = action.split_once(':').map_or_else(
            || "any:Action".to_owned(),
            |(service, name)| format!("{service}:{}", if name.is_empty() { "x" } else { name }),
        );
        let about = from(dice);
        let resource = filled(dice.pick(&about.resources)?, dice);
        let mut request = Request::new(self.principal.clone()?, Action::parse(&action).ok()?, &resource);
        request.context = context(&spoken.keys, &beside.keys, dice);
        Some(request)
    }
}

fn context(ours: &[Asked], theirs: &[Asked], dice: &mut Dice) -> Context {
    let mut context = Context::new();
    for asked in ours.iter().chain(theirs) {
        match dice.below(8) {
            0 => {}
            1 if asked.many => {
                let all: Vec<String> =
                    asked.values.iter().map(|value| value_of(asked, value, dice)).collect();
                context.set_list(&asked.key, all);
            }
            _ => {
                let value = dice.pick(&asked.values).cloned().unwrap_or_default();
                let value = value_of(asked, &value, dice);
                if asked.many {
                    context.set_list(&asked.key, [value])
                } else {
                    context.set(&asked.key, value)
                }
            }
        }
    }
    context
}

/// A value of a key, of the type that the operator reads: a listed one, or one beside it.
fn value_of(asked: &Asked, listed: &str, dice: &mut Dice) -> String {
    match asked.family {
        Family::String | Family::Arn => filled(listed, dice),
        Family::Numeric => {
            let number = listed.parse::<i64>().unwrap_or_default();
            number.saturating_add(i64::try_from(dice.below(3)).unwrap_or_default() - 1).to_string()
        }
        Family::Bool => ["true", "false"].get(dice.below(2)).copied().unwrap_or_default().into(),
        Family::IpAddress => address(listed, dice),
        Family::Date => moment(listed, dice),
        Family::Binary => listed.into(),
        Family::Null => match catalog::condition_key(&asked.key).map(|key| key.key_type()) {
            Some(KeyType::Bool) => "true".into(),
            Some(KeyType::Numeric) => "1".into(),
            Some(KeyType::Date) => "2026-01-01T00:00:00Z".into(),
            Some(KeyType::IpAddress) => "203.0.113.7".into(),
            Some(KeyType::Arn) => "arn:aws:s3:::x".into(),
            _ => "x".into(),
        },
    }
}

/// An address of a network, or one close to its edges.
fn address(network: &str, dice: &mut Dice) -> String {
    let (start, length) = network.split_once('/').unwrap_or((network, ""));
    let step = u32::try_from(dice.below(3)).unwrap_or_default().wrapping_sub(1);
    match start.parse::<Ipv4Addr>() {
        Ok(first) => {
            let size = length.parse().ok().and_then(|length| 32_u32.checked_sub(length)).unwrap_or_default();
            let behind = 1_u32.checked_shl(size).unwrap_or_default();
            let edge =
                if dice.below(2) == 0 { first.to_bits() } else { first.to_bits().wrapping_add(behind) };
            Ipv4Addr::from_bits(edge.wrapping_add(step)).to_string()
        }
        Err(_) => start.into(),
    }
}

/// A moment, or the second before or after it.
fn moment(listed: &str, dice: &mut Dice) -> String {
    let step = i64::try_from(dice.below(3)).unwrap_or_default() - 1;
    match listed.parse::<jiff::Timestamp>() {
        Ok(moment) => moment.as_second().saturating_add(step).to_string(),
        Err(_) => listed.into(),
    }
}

/// A pattern with something in the place of each wildcard.
fn filled(pattern: &str, dice: &mut Dice) -> String {
    let mut out = String::with_capacity(pattern.len() + 4);
    for c in pattern.chars() {
        match c {
            '*' => out.push_str(
                ["", "x", "Object", "a/b", "us-east-1"].get(dice.below(5)).copied().unwrap_or_default(),
            ),
            '?' => out.push('q'),
            c => out.push(c),
        }
    }
    if dice.below(16) == 0 {
        out.push('z');
    }
    out
}

//! Cover queries: whether some request is in every statement of a product and in no blocker.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use policy::{Action, Context, Polarity, Principal, Values};

use crate::boxes::{Block, Clauses, Resources};
use crate::budget::{Exhausted, Meter};
use crate::facts::{Facts, Target};
use crate::keys::Key;
use crate::mask::Mask;
use crate::pattern::{Pattern, Token};
use crate::words;

/// What a request is made of.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) principal: Option<Principal>,
    pub(crate) keys: Vec<(String, Values)>,
}

/// What requests there are.
#[derive(Debug, Default)]
pub(crate) struct Universe<'c> {
    /// Who may ask; `None` where one principal is given and statements are known to speak to it.
    pub(crate) principals: Option<Vec<Principal>>,
    /// Whether the principals have permissions boundaries.
    pub(crate) bounded: bool,
    /// Whether what is open to every signed principal, whatever policies say, is left out.
    pub(crate) signed: bool,
    /// What there is, where requests must be such as can happen.
    pub(crate) facts: Option<Facts<'c>>,
}

/// Everything that cover queries of one question share.
pub(crate) struct Search<'p, 'm> {
    clauses: Clauses<'p>,
    /// The key of each clause, by number in `names`.
    key_of: Vec<usize>,
    known: &'m Context,
    settled: &'m HashSet<String>,
    keys: Vec<Option<Key>>,
    symbols: Vec<u16>,
    universe: &'m Universe<'p>,
    /// Whether some answer stood on a key whose cases are not all there are.
    pub(crate) incomplete: bool,
    pub(crate) meter: &'m mut Meter,
}

/// A variable of a query: its cases, and for each which blockers hold.
#[derive(Clone)]
struct Dimension {
    kind: Kind,
    /// Only those that let no other do better.
    cases: Vec<(Mask, usize)>,
    /// The blockers that say anything about it.
    constrained: Mask,
}

#[derive(Clone, Copy)]
enum Kind {
    Principal,
    Key(usize),
    Atom,
}

/// A state of the search: the blockers not yet escaped, and how it came about.
type Layer = Vec<(Mask, usize, usize)>;

impl<'p, 'm> Search<'p, 'm> {
    pub(crate) fn new(
        clauses: Clauses<'p>,
        (known, settled): (&'m Context, &'m HashSet<String>),
        symbols: &BTreeMap<String, u16>,
        universe: &'m Universe<'p>,
        meter: &'m mut Meter,
    ) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut key_of = Vec::new();
        for (clause, _) in &clauses.all {
            let next = numbers.len();
            key_of.push(*numbers.entry(clause.key().folded()).or_insert(next));
        }
        let keys = (0..numbers.len()).map(|_| None).collect();
        let symbols = symbols.values().copied().collect();
        Self { clauses, key_of, known, settled, keys, symbols, universe, incomplete: false, meter }
    }

    /// Something that every part takes and no blocker; `None` proves that there is nothing.
    pub(crate) fn escape(
        &mut self,
        parts: &[&Block<'p>],
        blockers: &[&Block<'p>],
    ) -> Result<Option<Found>, Exhausted> {
        self.meter.spend(blockers.len() + 1)?;
        for (at, part) in parts.iter().enumerate() {
            if parts.iter().skip(at + 1).any(|other| part.avoids(other)) {
                return Ok(None);
            }
        }
        let mut live: Vec<&Block<'p>> = Vec::new();
        for blocker in blockers {
            if parts.iter().any(|part| blocker.contains(part)) {
                return Ok(None);
            }
            if !parts.iter().any(|part| blocker.avoids(part)) {
                live.push(blocker);
            }
        }
        let mut others = Vec::new();
        if self.universe.principals.is_some() {
            others.push(self.principal_dimension(parts, &live)?);
        }
        for atom in parts.iter().chain(&live).flat_map(|block| &block.atoms).collect::<BTreeSet<_>>() {
            others.push(self.atom_dimension(*atom, parts, &live)?);
        }
        let keys = self.keys_of(parts, &live);
        let actions = self.actions(parts, &live)?;
        let mut dimensions = others.clone();
        for key in &keys {
            dimensions.push(self.key_dimension(*key, parts, &live, |_| true)?);
        }
        let found = self.walk(parts, &live, &actions, &mut dimensions, &Target::Any)?;
        if found.is_none() || self.universe.facts.is_none() {
            return Ok(found);
        }
        self.escape_in_fact(parts, &live, &keys, &others)
    }

    /// The same among the requests that can happen.
    fn escape_in_fact(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        keys: &[usize],
        others: &[Dimension],
    ) -> Result<Option<Found>, Exhausted> {
        let universe = self.universe;
        let Some(facts) = &universe.facts else { return Ok(None) };
        let names: Vec<String> =
            keys.iter().filter_map(|key| Some(self.keys.get(*key)?.as_ref()?.name.clone())).collect();
        // Key by key: what the dimension is where the request carries it, and where it does not.
        let mut carried = Vec::new();
        for (key, name) in keys.iter().zip(&names) {
            let is_settled = self.settled.contains(&name.to_ascii_lowercase());
            let many = facts.condition_key(name).is_some_and(|key| key.is_multivalued());
            let always = ALWAYS_CARRIED.iter().any(|key| key.eq_ignore_ascii_case(name));
            let fits = |case: &Option<Values>| match case {
                None => is_settled || !always,
                Some(Values::One(_)) => is_settled || !many,
                Some(Values::Many(_)) => is_settled || many,
            };
            let with = self.key_dimension(*key, parts, live, fits)?;
            let without = self.key_dimension(*key, parts, live, |case| is_settled || case.is_none())?;
            carried.push((with, without));
        }
        let mut tried = HashSet::new();
        for known in facts.actions() {
            let action = &known.action;
            self.meter.spend(1)?;
            if self.universe.signed && is_open_to_all(action.folded())
                || !parts.iter().all(|part| part.takes(action))
            {
                continue;
            }
            let mask = Mask::of(live.len(), |at| live.get(at).is_some_and(|block| block.takes(action)));
            for target in known.targets() {
                let carries: Vec<bool> = names.iter().map(|name| known.carries(&target, name)).collect();
                if !tried.insert((mask.clone(), target.clone(), carries.clone())) {
                    continue;
                }
                let mut dimensions = others.to_vec();
                dimensions.extend(
                    carried.iter().zip(&carries).map(
                        |((with, without), carries)| {
                            if *carries { with.clone() } else { without.clone() }
                        },
                    ),
                );
                let target = facts.target(&target);
                let actions = [(mask.clone(), action.as_str().to_owned())];
                if let Some(found) = self.walk(parts, live, &actions, &mut dimensions, &target)? {
                    return Ok(Some(found));
                }
            }
        }
        self.incomplete |= !facts.is_complete();
        Ok(None)
    }

    fn walk(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        actions: &[(Mask, String)],
        dimensions: &mut [Dimension],
        target: &Target,
    ) -> Result<Option<Found>, Exhausted> {
        if actions.is_empty() || dimensions.iter().any(|dimension| dimension.cases.is_empty()) {
            return Ok(None);
        }
        dimensions.sort_by_key(|dimension| dimension.cases.len());
        let by_resource = Mask::of(live.len(), |at| {
            live.get(at)
                .and_then(|block| block.resources.as_ref())
                .is_some_and(|resources| !is_all(resources))
        });
        let mut layers: Vec<Layer> =
            vec![actions.iter().enumerate().map(|(at, (mask, _))| (mask.clone(), 0, at)).collect()];
        for (at, dimension) in dimensions.iter().enumerate() {
            let later = |number: usize| {
                let bit = Mask::of(live.len(), |other| other == number);
                let rest = dimensions.get(at + 1..).unwrap_or_default();
                bit.is_within(&by_resource) || rest.iter().any(|later| bit.is_within(&later.constrained))
            };
            let open = Mask::of(live.len(), later);
            let mut next: HashMap<Mask, (usize, usize)> = HashMap::new();
            for (before, (mask, ..)) in layers.last().into_iter().flatten().enumerate() {
                for (case, (holds, _)) in dimension.cases.iter().enumerate() {
                    self.meter.spend(1)?;
                    let mask = mask.and(holds);
                    if mask.is_within(&open) {
                        next.entry(mask).or_insert((before, case));
                    }
                }
            }
            self.meter.hold(next.len())?;
            let next = next.into_iter().map(|(mask, (before, case))| (mask, before, case)).collect();
            layers.push(self.smallest(next, |(mask, ..)| mask)?);
        }
        let last = layers.last().cloned().unwrap_or_default();
        for (number, (mask, ..)) in last.iter().enumerate() {
            let rest: Vec<&Resources> =
                mask.numbers().filter_map(|at| live.get(at)?.resources.as_ref()).collect();
            if mask.numbers().count() > rest.len() {
                continue;
            }
            if let Some(resource) = self.resource(parts, &rest, target)? {
                return Ok(self.spell(number, &layers, actions, dimensions, resource));
            }
        }
        Ok(None)
    }

    fn spell(
        &self,
        mut number: usize,
        layers: &[Layer],
        actions: &[(Mask, String)],
        dimensions: &[Dimension],
        resource: String,
    ) -> Option<Found> {
        let mut keys = Vec::new();
        let mut principal = None;
        for (layer, dimension) in layers.iter().skip(1).zip(dimensions).rev() {
            let (_, before, case) = layer.get(number)?;
            number = *before;
            let (_, value) = dimension.cases.get(*case)?;
            match dimension.kind {
                Kind::Principal => principal = self.universe.principals.as_ref()?.get(*value).cloned(),
                Kind::Key(key) => {
                    let key = self.keys.get(key)?.as_ref()?;
                    if let Some(values) = key.cases.get(*value)?.clone() {
                        keys.push((key.name.clone(), values));
                    }
                }
                Kind::Atom => {}
            }
        }
        let (_, _, action) = layers.first()?.get(number)?;
        Some(Found { action: actions.get(*action)?.1.clone(), resource, principal, keys })
    }

    /// Keeps what no other is within.
    fn smallest<T>(&mut self, mut all: Vec<T>, mask: impl Fn(&T) -> &Mask) -> Result<Vec<T>, Exhausted> {
        all.sort_by_cached_key(|item| (mask(item).count(), mask(item).clone()));
        let mut kept: Vec<T> = Vec::new();
        for item in all {
            self.meter.spend(kept.len() / 8 + 1)?;
            if !kept.iter().any(|smaller| mask(smaller).is_within(mask(&item))) {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    /// The actions that every part takes, a smallest set of blockers for each.
    fn actions(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
    ) -> Result<Vec<(Mask, String)>, Exhausted> {
        let is_listed =
            |block: &&&Block<'p>| block.actions.polarity == Polarity::Listed && !block.actions.every;
        let base = parts.iter().filter(is_listed).min_by_key(|block| block.actions.globs.len());
        let others = || parts.iter().chain(live).flat_map(|block| block.every_actions());
        let mut texts: Vec<String> = Vec::new();
        match base {
            Some(base) => {
                texts.extend(base.actions.exact.iter().cloned());
                for (service, glob, _) in &base.actions.globs {
                    let prefix = format!("{service}:");
                    let exact: HashSet<&String> = others()
                        .flat_map(|actions| &actions.exact)
                        .filter(|action| action.starts_with(&prefix))
                        .collect();
                    let exact: Vec<Pattern> = exact.into_iter().map(|action| literal(action)).collect();
                    let globs = others().flat_map(|actions| &actions.globs);
                    let globs = globs.filter(|(theirs, other, _)| theirs == service && other != glob);
                    let patterns: HashSet<&Pattern> = globs.map(|(_, glob, _)| glob).chain(&exact).collect();
                    let patterns: Vec<&Pattern> = patterns.into_iter().collect();
                    texts.extend(words::classes(&patterns, glob, self.meter)?);
                }
            }
            None => {
                let exact: HashSet<&String> = others().flat_map(|actions| &actions.exact).collect();
                let exact: Vec<Pattern> = exact.into_iter().map(|action| literal(action)).collect();
                let globs = others().flat_map(|actions| &actions.globs).map(|(_, glob, _)| glob);
                let patterns: HashSet<&Pattern> = globs.chain(&exact).collect();
                let patterns: Vec<&Pattern> = patterns.into_iter().collect();
                let half = [Token::OneInside, Token::ManyInside];
                let universe: Pattern = [&half[..], &[Token::Char(':')], &half[..]].concat().into();
                texts.extend(words::classes(&patterns, &universe, self.meter)?);
            }
        }
        texts.sort_unstable();
        let mut cases = HashMap::new();
        for text in texts {
            // Open to every signed principal, whatever policies say.
            if self.universe.signed && is_open_to_all(&text) {
                continue;
            }
            let Ok(action) = Action::parse(&text) else { continue };
            self.meter.spend(live.len() + 1)?;
            if parts.iter().all(|part| part.takes(&action)) {
                let mask = Mask::of(live.len(), |at| live.get(at).is_some_and(|block| block.takes(&action)));
                cases.entry(mask).or_insert(text);
            }
        }
        self.smallest(cases.into_iter().collect(), |(mask, _)| mask)
    }

    fn keys_of(&self, parts: &[&Block<'p>], live: &[&Block<'p>]) -> Vec<usize> {
        let clauses = parts.iter().chain(live).flat_map(|block| &block.clauses);
        let mut keys: Vec<usize> = clauses.filter_map(|clause| self.key_of.get(*clause).copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn key_dimension(
        &mut self,
        key: usize,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        fits: impl Fn(&Option<Values>) -> bool,
    ) -> Result<Dimension, Exhausted> {
        if self.keys.get(key).is_none_or(Option::is_none) {
            let of_key = self.clauses.all.iter().enumerate().zip(&self.key_of);
            let about: Vec<_> = of_key
                .filter(|(_, of)| **of == key)
                .map(|((number, (clause, version)), _)| (number, *clause, *version))
                .collect();
            let settled =
                about.first().is_some_and(|(_, clause, _)| self.settled.contains(clause.key().folded()));
            let read = Key::new(&about, self.known, settled, self.meter)?;
            if let Some(slot) = self.keys.get_mut(key) {
                *slot = Some(read);
            }
        }
        let Some(Some(read)) = self.keys.get(key) else { return Err(Exhausted::Method) };
        self.incomplete |= !read.exhaustive;
        let mine = |block: &Block<'p>| -> Vec<usize> {
            block.clauses.iter().copied().filter(|clause| self.key_of.get(*clause) == Some(&key)).collect()
        };
        let of_parts: Vec<usize> = parts.iter().flat_map(|part| mine(part)).collect();
        let of_live: Vec<Vec<usize>> = live.iter().map(|block| mine(block)).collect();
        let constrained =
            Mask::of(live.len(), |at| of_live.get(at).is_some_and(|clauses| !clauses.is_empty()));
        let mut cases: HashMap<Mask, usize> = HashMap::new();
        for (case, values) in read.cases.iter().enumerate() {
            self.meter.spend(live.len() / 8 + 1)?;
            if fits(values) && of_parts.iter().all(|clause| read.holds_in(*clause, case)) {
                let mask = Mask::of(live.len(), |at| {
                    of_live
                        .get(at)
                        .is_some_and(|clauses| clauses.iter().all(|clause| read.holds_in(*clause, case)))
                });
                cases.entry(mask).or_insert(case);
            }
        }
        let cases = self.smallest(cases.into_iter().collect(), |(mask, _)| mask)?;
        Ok(Dimension { kind: Kind::Key(key), cases, constrained })
    }

    fn atom_dimension(
        &mut self,
        atom: usize,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
    ) -> Result<Dimension, Exhausted> {
        let constrained =
            Mask::of(live.len(), |at| live.get(at).is_some_and(|block| block.atoms.contains(&atom)));
        let holds = (Mask::of(live.len(), |_| true), 1);
        let fails =
            (Mask::of(live.len(), |at| live.get(at).is_some_and(|block| !block.atoms.contains(&atom))), 0);
        let is_needed = parts.iter().any(|part| part.atoms.contains(&atom));
        let cases = if is_needed { vec![holds] } else { vec![fails] };
        Ok(Dimension { kind: Kind::Atom, cases, constrained })
    }

    fn principal_dimension(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
    ) -> Result<Dimension, Exhausted> {
        let bounded = self.universe.bounded;
        let speaks = |block: &Block<'p>, principal: &Principal| {
            let reaches = |element: &policy::Element<policy::PrincipalPattern>| {
                element.reach(principal, block.effect, bounded).is_some()
            };
            block.principals.is_none_or(reaches)
        };
        let mut cases: HashMap<Mask, usize> = HashMap::new();
        for (number, principal) in self.universe.principals.iter().flatten().enumerate() {
            self.meter.spend(live.len() + 1)?;
            if parts.iter().all(|part| speaks(part, principal)) {
                let mask =
                    Mask::of(live.len(), |at| live.get(at).is_some_and(|block| speaks(block, principal)));
                cases.entry(mask).or_insert(number);
            }
        }
        let cases = self.smallest(cases.into_iter().collect(), |(mask, _)| mask)?;
        let constrained = Mask::of(live.len(), |at| {
            live.get(at).and_then(|block| block.principals).is_some_and(|element| {
                element.polarity() == Polarity::AllBut || !element.patterns().iter().any(|p| p.is_everyone())
            })
        });
        Ok(Dimension { kind: Kind::Principal, cases, constrained })
    }

    /// A resource that every part takes and none of the rest.
    fn resource(
        &mut self,
        parts: &[&Block<'p>],
        rest: &[&Resources],
        target: &Target,
    ) -> Result<Option<String>, Exhausted> {
        let of_parts: Vec<&Resources> = parts.iter().filter_map(|part| part.resources.as_ref()).collect();
        // A request without a resource is matched by a lone star only.
        let takes_nothing =
            |resources: &&Resources| resources.every == (resources.polarity == Polarity::Listed);
        let can_be_nothing = of_parts.iter().all(&takes_nothing) && !rest.iter().any(takes_nothing);
        match target {
            Target::Any | Target::Nothing if can_be_nothing => return Ok(Some("*".to_owned())),
            Target::Nothing => return Ok(None),
            Target::Any | Target::Arns(_) => {}
        }
        let listed: Vec<&Resources> = of_parts
            .iter()
            .copied()
            .filter(|resources| resources.polarity == Polarity::Listed && !resources.every)
            .collect();
        // What stands for a variable in one entry may be plain text in another.
        let widened: Vec<Vec<Pattern>> = listed
            .iter()
            .map(|resources| {
                let is_alone = listed.len() == 1 && !matches!(target, Target::Arns(_));
                resources.globs.iter().map(|glob| if is_alone { glob.clone() } else { widen(glob) }).collect()
            })
            .collect();
        let any: Pattern = Box::new([Token::One, Token::Many]);
        let symbols: Vec<Pattern> = self
            .symbols
            .iter()
            .map(|symbol| -> Pattern { Box::new([Token::Many, Token::Variable(*symbol), Token::Many]) })
            .collect();
        let mut wanted: Vec<Vec<&Pattern>> = widened.iter().map(|globs| globs.iter().collect()).collect();
        let mut unwanted: Vec<&Pattern> = Vec::new();
        for resources in of_parts.iter().filter(|resources| resources.polarity == Polarity::AllBut) {
            if resources.every {
                return Ok(None);
            }
            unwanted.extend(&resources.globs);
        }
        for resources in rest {
            match resources.polarity {
                Polarity::Listed if resources.every => return Ok(None),
                Polarity::Listed => unwanted.extend(&resources.globs),
                Polarity::AllBut if resources.every => {}
                Polarity::AllBut => wanted.push(resources.globs.iter().chain(&symbols).collect()),
            }
        }
        let arn = crate::pattern::any_arn();
        if let Target::Arns(formats) = target {
            wanted.push(formats.iter().collect());
        }
        if wanted.is_empty() {
            // An ARN rather than any text, where there is one.
            if let Some(text) = words::find(&[vec![&arn]], &unwanted, self.meter)? {
                return Ok(Some(text));
            }
            wanted.push(vec![&any]);
        }
        words::find(&wanted, &unwanted, self.meter)
    }
}

fn is_all(resources: &Resources) -> bool {
    resources.polarity == Polarity::Listed && resources.every
}

fn literal(text: &str) -> Pattern {
    text.chars().map(Token::Char).collect()
}

fn widen(glob: &Pattern) -> Pattern {
    let widened = glob.iter().map(|token| if let Token::Variable(_) = token { Token::Many } else { *token });
    widened.collect()
}

/// Keys without which no request comes (AWS: "AWS global condition context keys", availability).
const ALWAYS_CARRIED: [&str; 6] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:ViaAWSService",
    "aws:userid",
];

/// Whether an action is open to every signed principal, whatever policies say.
fn is_open_to_all(action: &str) -> bool {
    matches!(action, "sts:getcalleridentity" | "sts:getsessiontoken")
}

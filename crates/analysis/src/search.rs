//! Cover queries: whether some request is in every statement of a product and in no blocker.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use policy::{Action, Context, Polarity, Principal, Values};

use crate::boxes::{Actions, Block, Clauses, Resources};
use crate::budget::{Exhausted, Meter};
use crate::facts::{Facts, Target};
use crate::keys::Key;
use crate::mask::Mask;
use crate::pattern::{Pattern, Settled, Token};
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
    /// The clauses of each key.
    about: Vec<Vec<usize>>,
    known: &'m Context,
    settled: Settled<'m>,
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
        (known, settled): (&'m Context, Settled<'m>),
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
        let mut about = vec![Vec::new(); numbers.len()];
        for (clause, key) in key_of.iter().enumerate() {
            if let Some(about) = about.get_mut(*key) {
                about.push(clause);
            }
        }
        let symbols = symbols.values().copied().collect();
        Self { clauses, key_of, about, known, settled, keys, symbols, universe, incomplete: false, meter }
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
        let mut lost = BTreeMap::new();
        if self.universe.facts.is_none() {
            self.leave_unasked(parts, &mut live, &mut lost)?;
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
            return Ok(found.map(|found| self.with(found, &lost)));
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
            let is_settled = self.settled.keys.contains(&name.to_ascii_lowercase());
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
        // Behind each dimension: the blockers that something later may still rule out.
        let mut opens = vec![by_resource];
        for dimension in dimensions.iter().skip(1).rev() {
            self.meter.spend(live.len() / 64 + 1)?;
            opens.extend(opens.last().map(|open| open.or(&dimension.constrained)));
        }
        for (dimension, open) in dimensions.iter().zip(opens.iter().rev()) {
            let mut next: HashMap<Mask, (usize, usize)> = HashMap::new();
            for (before, (mask, ..)) in layers.last().into_iter().flatten().enumerate() {
                for (case, (holds, _)) in dimension.cases.iter().enumerate() {
                    self.meter.spend(1)?;
                    let mask = mask.and(holds);
                    if mask.is_within(open) {
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
        let mut texts: Vec<String> = Vec::new();
        match base {
            Some(base) => {
                texts.extend(base.actions.exact.iter().cloned());
                for (service, glob, _) in &base.actions.globs {
                    texts.extend(self.action_classes(parts, live, Some(service), glob)?);
                }
            }
            None => {
                let half = [Token::OneInside, Token::ManyInside];
                let universe: Pattern = [&half[..], &[Token::Char(':')], &half[..]].concat().into();
                texts.extend(self.action_classes(parts, live, None, &universe)?);
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

    /// Actions within a pattern, those that few blockers take. Only entries of the service tell them apart.
    fn action_classes(
        &mut self,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        service: Option<&String>,
        universe: &Pattern,
    ) -> Result<Vec<String>, Exhausted> {
        let prefix = service.map(|service| format!("{service}:")).unwrap_or_default();
        let literals = |actions: &Actions<'p>| -> Vec<Pattern> {
            let of_service = actions.exact.iter().filter(|action| action.starts_with(&prefix));
            of_service.map(|action| literal(action)).collect()
        };
        let of = |blocks: &[&Block<'p>], wanted: Polarity, found: &mut [Vec<Vec<Pattern>>; 2]| {
            for actions in blocks.iter().flat_map(|block| block.every_actions()) {
                let mut group = literals(actions);
                let globs =
                    actions.globs.iter().filter(|(theirs, ..)| service.is_none_or(|ours| ours == theirs));
                group.extend(globs.map(|(_, glob, _)| glob.clone()));
                group.sort_unstable();
                let [gains, losses] = found;
                let into = if actions.polarity == wanted { gains } else { losses };
                // A group that takes everything here tells nothing apart.
                if !group.is_empty() && !group.contains(universe) && !into.contains(&group) {
                    into.push(group);
                }
            }
        };
        let mut found: [Vec<Vec<Pattern>>; 2] = [Vec::new(), Vec::new()];
        of(parts, Polarity::Listed, &mut found);
        of(live, Polarity::AllBut, &mut found);
        self.meter.spend(found.iter().flatten().map(Vec::len).sum())?;
        let [gains, losses] = &found;
        let [gains, losses] = [gains, losses].map(|groups| -> Vec<words::Group<'_>> {
            groups.iter().map(|group| group.iter().collect()).collect()
        });
        words::best(&gains, &losses, universe, self.meter)
    }

    fn keys_of(&self, parts: &[&Block<'p>], live: &[&Block<'p>]) -> Vec<usize> {
        let clauses = parts.iter().chain(live).flat_map(|block| &block.clauses);
        let mut keys: Vec<usize> = clauses.filter_map(|clause| self.key_of.get(*clause).copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Goes over the clauses about a key, once.
    fn read(&mut self, key: usize) -> Result<(), Exhausted> {
        let Some(slot @ None) = self.keys.get_mut(key) else { return Ok(()) };
        let numbers = self.about.get(key).into_iter().flatten();
        let about: Vec<_> = numbers
            .filter_map(|number| {
                self.clauses.all.get(*number).map(|(clause, version)| (*number, *clause, *version))
            })
            .collect();
        let name = about.first().map_or("", |(_, clause, _)| clause.key().folded());
        let is_settled = self.settled.keys.contains(name);
        let present = self.settled.present.get(name).map(Vec::as_slice);
        *slot = Some(Key::new(&about, self.known, is_settled, present, self.meter)?);
        Ok(())
    }

    /// Leaves out the blockers that ask about a key of which no part says anything, where it can be such that none
    /// of its clauses holds, and notes that case.
    fn leave_unasked(
        &mut self,
        parts: &[&Block<'p>],
        live: &mut Vec<&Block<'p>>,
        lost: &mut BTreeMap<usize, usize>,
    ) -> Result<(), Exhausted> {
        let asked: HashSet<usize> = self.keys_of(parts, &[]).into_iter().collect();
        let mut kept = Vec::with_capacity(live.len());
        for block in live.drain(..) {
            let mut case = None;
            for clause in &block.clauses {
                let Some(key) = self.key_of.get(*clause).copied().filter(|key| !asked.contains(key)) else {
                    continue;
                };
                self.read(key)?;
                case = self.keys.get(key).and_then(|read| Some((key, read.as_ref()?.lost?)));
                if case.is_some() {
                    break;
                }
            }
            match case {
                Some((key, case)) => drop(lost.insert(key, case)),
                None => kept.push(block),
            }
        }
        *live = kept;
        Ok(())
    }

    /// What was found, with keys that hold what none of their clauses takes.
    fn with(&self, mut found: Found, lost: &BTreeMap<usize, usize>) -> Found {
        let held = lost.iter().filter_map(|(key, case)| {
            let key = self.keys.get(*key)?.as_ref()?;
            Some((key.name.clone(), key.cases.get(*case)?.clone()?))
        });
        found.keys.extend(held);
        found
    }

    fn key_dimension(
        &mut self,
        key: usize,
        parts: &[&Block<'p>],
        live: &[&Block<'p>],
        fits: impl Fn(&Option<Values>) -> bool,
    ) -> Result<Dimension, Exhausted> {
        self.read(key)?;
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

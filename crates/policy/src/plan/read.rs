//! How a plan is read.
//!
//! Nothing but [`draft`](super::draft) writes plans, so none ends too early; one that did would say less.

use super::{Place, Side};
use crate::Action;
use crate::condition::GuardKind;
use crate::decision::Layer;
use crate::matching::Whom;
use crate::numbers::MAX_GLOBAL_KEYS;

/// A plan that is gone over from the front: a layer, its denies, its levels, the next layer.
pub(crate) struct Walk<'p>(Reader<'p>);

/// What allows on one level.
pub(crate) enum Level<'p> {
    /// A statement that allows everything.
    All(Place),
    Some(Rules<'p>),
}

/// Rules, one after the other.
#[derive(Default)]
pub(crate) struct Rules<'p>(Reader<'p>);

/// A statement that speaks of the action.
#[derive(Clone, Copy)]
pub(crate) struct Rule<'p> {
    marks: u8,
    place: Place,
    needs: &'p [u8],
    patterns: &'p [u8],
}

/// Guards of a rule's conditions, all of which must hold.
pub(crate) struct Guards<'p>(Reader<'p>);

/// What a key must hold.
pub(crate) struct Guard<'p> {
    pub(crate) key: Wanted<'p>,
    pub(crate) kind: GuardKind,
    pub(crate) holds_if_absent: bool,
    pub(crate) texts: Pieces<'p>,
}

/// A key that a guard is about.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'p> {
    /// The global key with this number.
    Global(u16),
    /// Another one: its hash, its mark and its name in lower case.
    Other { hash: u64, mark: u64, name: &'p [u8] },
}

/// Principals that a rule lists, one of which must be the request's.
pub(crate) struct Principals<'p>(Reader<'p>);

/// Patterns of a rule's resources, one of which must match.
pub(crate) struct Patterns<'p>(Reader<'p>);

/// A pattern of resources.
pub(crate) enum Pattern<'p> {
    Exact(&'p [u8]),
    Prefix(&'p [u8]),
    Split {
        first: &'p [u8],
        last: &'p [u8],
        between: Pieces<'p>,
    },
    /// One that only its statement can tell, where a text begins with this.
    Odd {
        index: u32,
        prefix: &'p [u8],
    },
}

/// Texts of a guard, or what stands between the stars of a pattern.
pub(crate) struct Pieces<'p>(Reader<'p>);

/// Marks of a rule: what has to be looked at.
pub(super) const EVERYTHING: u8 = 1;
pub(super) const EXCEPTS_RESOURCES: u8 = 2;
pub(super) const EXCEPTS_PRINCIPALS: u8 = 4;
pub(super) const HAS_CONDITIONS: u8 = 8;
pub(super) const WIDE: u8 = 16;
pub(super) const LISTS_PRINCIPALS: u8 = 32;

/// The byte of a key that is not global.
pub(super) const OTHER_KEY: u8 = u8::MAX;
const _: () = assert!(MAX_GLOBAL_KEYS <= OTHER_KEY as usize, "a global key's number is another byte");

/// The bit of a guard's kind that says that it holds where its key is absent.
pub(super) const IF_ABSENT: u8 = 0x10;

/// Kinds of guards, each in the place of its number.
pub(super) const GUARD_KINDS: [GuardKind; 5] =
    [GuardKind::OneOf, GuardKind::NoneOf, GuardKind::Truth, GuardKind::EndsWith, GuardKind::Present];

/// Kinds of levels.
pub(super) const SOME: u8 = 0;
pub(super) const ALL: u8 = 1;
pub(super) const END: u8 = 2;

/// Kinds of patterns.
pub(super) const EXACT: u8 = 1;
pub(super) const PREFIX: u8 = 2;
pub(super) const SPLIT: u8 = 3;
pub(super) const ODD: u8 = 4;

/// Kinds of principals.
pub(super) const ACCOUNT: u8 = 1;
pub(super) const ROOT: u8 = 2;
pub(super) const ROLE: u8 = 3;
pub(super) const EXACTLY: u8 = 4;
pub(super) const SERVICE: u8 = 5;
pub(super) const PROVIDER: u8 = 6;

/// The plan behind its name, if that is this one.
#[inline]
pub(super) fn of<'p>(plan: &'p [u8], side: Side, action: &Action) -> Option<Walk<'p>> {
    let mut plan = Reader(plan);
    let (of, name) = plan.short()?;
    (of == side.number() && action.is_named(name)).then_some(Walk(plan))
}

impl<'p> Walk<'p> {
    /// A plan, whatever its name.
    #[inline]
    pub(super) fn over(plan: &'p [u8]) -> Self {
        let mut plan = Reader(plan);
        let _ = plan.short();
        Self(plan)
    }

    /// The next layer and what denies there.
    #[inline]
    pub(crate) fn layer(&mut self) -> Option<(Layer, Rules<'p>)> {
        let (layer, denies) = self.0.long()?;
        Some((*Layer::ALL.get(usize::from(layer))?, Rules(Reader(denies))))
    }

    /// The next level of the layer, from the root; none behind the last. All have to be asked for before the next
    /// layer is.
    #[inline]
    pub(crate) fn level(&mut self) -> Option<Level<'p>> {
        let (kind, said) = self.0.long()?;
        match kind {
            SOME => Some(Level::Some(Rules(Reader(said)))),
            ALL => Reader(said).wide_place().map(Level::All),
            _ => None,
        }
    }
}

impl<'p> Iterator for Rules<'p> {
    type Item = Rule<'p>;

    #[inline]
    fn next(&mut self) -> Option<Rule<'p>> {
        let &[marks, level, policy, statement, n0, n1, p0, p1] = self.0.head()?;
        if marks & WIDE != 0 {
            return self.next_wide(marks);
        }
        let needs = self.0.take(short([n0, n1]))?;
        let patterns = self.0.take(short([p0, p1]))?;
        let place = Place { level: level.into(), policy: policy.into(), statement: statement.into() };
        Some(Rule { marks, place, needs, patterns })
    }
}

impl<'p> Rules<'p> {
    /// A rule whose numbers need four bytes: they stand behind its head.
    #[cold]
    fn next_wide(&mut self, marks: u8) -> Option<Rule<'p>> {
        let place = self.0.wide_place()?;
        let (needs, patterns) = (self.0.head()?, self.0.head()?);
        let (needs, patterns) = (self.0.take(long(*needs))?, self.0.take(long(*patterns))?);
        Some(Rule { marks, place, needs, patterns })
    }
}

impl<'p> Rule<'p> {
    /// Whether it takes every resource, unless it excepts some.
    #[inline]
    pub(crate) fn takes_everything(self) -> bool {
        self.marks & EVERYTHING != 0
    }

    /// Whether its statement has to be looked at, beside what stands here.
    #[inline]
    pub(crate) fn asks_for_more(self) -> bool {
        self.marks & (EXCEPTS_RESOURCES | EXCEPTS_PRINCIPALS | HAS_CONDITIONS) != 0
    }

    #[inline]
    pub(crate) fn has_conditions(self) -> bool {
        self.marks & HAS_CONDITIONS != 0
    }

    #[inline]
    pub(crate) fn excepts_resources(self) -> bool {
        self.marks & EXCEPTS_RESOURCES != 0
    }

    #[inline]
    pub(crate) fn excepts_principals(self) -> bool {
        self.marks & EXCEPTS_PRINCIPALS != 0
    }

    #[inline]
    pub(crate) fn place(self) -> Place {
        self.place
    }

    /// Whom it lists, if it does, and what its conditions need at least.
    #[inline]
    pub(crate) fn needs(self) -> (Option<Principals<'p>>, Guards<'p>) {
        let mut needs = Reader(self.needs);
        let principals = (self.marks & LISTS_PRINCIPALS != 0).then(|| {
            let listed = needs.head().and_then(|length| needs.take(long(*length)));
            Principals(Reader(listed.unwrap_or_default()))
        });
        (principals, Guards(needs))
    }

    /// The patterns of its resources.
    #[inline]
    pub(crate) fn patterns(self) -> Patterns<'p> {
        Patterns(Reader(self.patterns))
    }
}

impl<'p> Iterator for Guards<'p> {
    type Item = Guard<'p>;

    #[inline]
    fn next(&mut self) -> Option<Guard<'p>> {
        let key = match self.0.head()? {
            [OTHER_KEY] => self.other_key()?,
            [number] => Wanted::Global(u16::from(*number)),
        };
        let (kind, texts) = self.0.short()?;
        Some(Guard {
            kind: *GUARD_KINDS.get(usize::from(kind & !IF_ABSENT))?,
            holds_if_absent: kind & IF_ABSENT != 0,
            key,
            texts: Pieces(Reader(texts)),
        })
    }
}

impl<'p> Guards<'p> {
    #[inline]
    fn other_key(&mut self) -> Option<Wanted<'p>> {
        let (hash, mark) = (self.0.head()?, self.0.head()?);
        let length = self.0.head()?;
        let name = self.0.take(short(*length))?;
        Some(Wanted::Other { hash: u64::from_le_bytes(*hash), mark: u64::from_le_bytes(*mark), name })
    }
}

impl<'p> Iterator for Principals<'p> {
    type Item = Whom<'p>;

    #[inline]
    fn next(&mut self) -> Option<Whom<'p>> {
        let (kind, text) = self.0.short()?;
        let mut pieces = Pieces(Reader(text));
        Some(match kind {
            ACCOUNT => Whom::Account { partition: None, account: text },
            ROOT => Whom::Account { partition: Some(pieces.next()?), account: pieces.next()? },
            ROLE => Whom::Role { partition: pieces.next()?, account: pieces.next()?, name: pieces.next()? },
            EXACTLY => Whom::Exactly(text),
            SERVICE => Whom::Service(text),
            _ => Whom::Provider(text),
        })
    }
}

impl<'p> Iterator for Patterns<'p> {
    type Item = Pattern<'p>;

    #[inline]
    fn next(&mut self) -> Option<Pattern<'p>> {
        let (kind, text) = self.0.short()?;
        Some(match kind {
            EXACT => Pattern::Exact(text),
            PREFIX => Pattern::Prefix(text),
            SPLIT => {
                let mut pieces = Pieces(Reader(text));
                Pattern::Split { first: pieces.next()?, last: pieces.next()?, between: pieces }
            }
            _ => Pattern::Odd { index: u32::from_le_bytes(*self.0.head()?), prefix: text },
        })
    }
}

impl<'p> Iterator for Pieces<'p> {
    type Item = &'p [u8];

    #[inline]
    fn next(&mut self) -> Option<&'p [u8]> {
        let length = self.0.head()?;
        self.0.take(short(*length))
    }
}

/// What of a plan is still to be read.
#[derive(Clone, Copy, Default)]
struct Reader<'p>(&'p [u8]);

impl<'p> Reader<'p> {
    /// The next few bytes.
    #[inline]
    fn head<const LENGTH: usize>(&mut self) -> Option<&'p [u8; LENGTH]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(head)
    }

    #[inline]
    fn take(&mut self, length: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A byte and what has its length in two bytes before it.
    #[inline]
    fn short(&mut self) -> Option<(u8, &'p [u8])> {
        let &[kind, l0, l1] = self.head()?;
        Some((kind, self.take(short([l0, l1]))?))
    }

    /// A byte and what has its length in four bytes before it.
    #[inline]
    fn long(&mut self) -> Option<(u8, &'p [u8])> {
        let &[kind, l0, l1, l2, l3] = self.head()?;
        Some((kind, self.take(long([l0, l1, l2, l3]))?))
    }

    #[inline]
    fn wide_place(&mut self) -> Option<Place> {
        let mut number = || self.head().copied().map(u32::from_le_bytes);
        Some(Place { level: number()?, policy: number()?, statement: number()? })
    }
}

/// A length of two bytes.
#[inline]
fn short(length: [u8; 2]) -> usize {
    usize::from(u16::from_le_bytes(length))
}

/// A length of four bytes.
#[inline]
fn long(length: [u8; 4]) -> usize {
    usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX)
}

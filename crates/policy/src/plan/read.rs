//! How a plan is read.
//!
//! Nothing but [`draft`](super::draft) writes plans, so none ends too early; one that did would say less.

use super::{Place, Side};
use crate::Action;
use crate::condition::GuardKind;
use crate::decision::Layer;

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
    rest: Reader<'p>,
}

/// Guards of a rule's conditions, all of which must hold.
pub(crate) struct Guards<'p>(Reader<'p>);

/// What a global key must hold.
pub(crate) struct Guard<'p> {
    pub(crate) key: u16,
    pub(crate) kind: GuardKind,
    pub(crate) holds_if_absent: bool,
    pub(crate) texts: Pieces<'p>,
}

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
pub(super) const NAMES_PRINCIPALS: u8 = 4;
pub(super) const HAS_CONDITIONS: u8 = 8;
pub(super) const HAS_GUARDS: u8 = 16;
pub(super) const WIDE_PLACE: u8 = 32;

/// The bit of a guard's kind that says that it holds where its key is absent.
pub(super) const IF_ABSENT: u8 = 0x10;

/// Kinds of guards, each in the place of its number.
pub(super) const GUARD_KINDS: [GuardKind; 4] =
    [GuardKind::OneOf, GuardKind::NoneOf, GuardKind::Truth, GuardKind::EndsWith];

/// Kinds of levels.
pub(super) const SOME: u8 = 0;
pub(super) const ALL: u8 = 1;
pub(super) const END: u8 = 2;

/// The bit of a number's byte that says that another follows.
pub(super) const MORE: u8 = 0x80;

/// Kinds of patterns.
pub(super) const EXACT: u8 = 1;
pub(super) const PREFIX: u8 = 2;
pub(super) const SPLIT: u8 = 3;
pub(super) const ODD: u8 = 4;

#[inline]
pub(super) fn is_of(plan: &[u8], side: Side, action: &Action) -> bool {
    let mut plan = Reader(plan);
    plan.byte() == Some(side.number()) && plan.run().is_some_and(|name| action.is_named(name))
}

impl<'p> Walk<'p> {
    #[inline]
    pub(super) fn over(plan: &'p [u8]) -> Self {
        let mut rest = Reader(plan);
        let _ = (rest.byte(), rest.run());
        Self(rest)
    }

    /// The next layer and what denies there.
    #[inline]
    pub(crate) fn layer(&mut self) -> Option<(Layer, Rules<'p>)> {
        let layer = *Layer::ALL.get(usize::from(self.0.byte()?))?;
        Some((layer, Rules(Reader(self.0.run()?))))
    }

    /// The next level of the layer, from the root; none behind the last. All have to be asked for before the next
    /// layer is.
    #[inline]
    pub(crate) fn level(&mut self) -> Option<Level<'p>> {
        match self.0.byte()? {
            SOME => self.0.run().map(|rules| Level::Some(Rules(Reader(rules)))),
            ALL => self.0.place(true).map(Level::All),
            _ => None,
        }
    }
}

impl<'p> Iterator for Rules<'p> {
    type Item = Rule<'p>;

    #[inline]
    fn next(&mut self) -> Option<Rule<'p>> {
        let marks = self.0.byte()?;
        let rest = Reader(self.0.run()?);
        Some(Rule { marks, rest })
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
        self.marks & (EXCEPTS_RESOURCES | NAMES_PRINCIPALS | HAS_CONDITIONS) != 0
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
    pub(crate) fn names_principals(self) -> bool {
        self.marks & NAMES_PRINCIPALS != 0
    }

    #[inline]
    pub(crate) fn place(self) -> Option<Place> {
        let mut rest = self.rest;
        rest.place(self.is_wide())
    }

    /// What its conditions need at least, and the patterns of its resources.
    #[inline]
    pub(crate) fn guards(self) -> (Guards<'p>, Patterns<'p>) {
        let mut rest = self.rest;
        let _ = rest.take(if self.is_wide() { WIDE } else { NARROW });
        let guards = if self.marks & HAS_GUARDS != 0 { rest.run().unwrap_or_default() } else { &[] };
        (Guards(Reader(guards)), Patterns(rest))
    }

    #[inline]
    fn is_wide(self) -> bool {
        self.marks & WIDE_PLACE != 0
    }
}

impl<'p> Iterator for Guards<'p> {
    type Item = Guard<'p>;

    #[inline]
    fn next(&mut self) -> Option<Guard<'p>> {
        let kind = self.0.byte()?;
        Some(Guard {
            kind: *GUARD_KINDS.get(usize::from(kind & !IF_ABSENT))?,
            holds_if_absent: kind & IF_ABSENT != 0,
            key: u16::from(self.0.byte()?),
            texts: Pieces(Reader(self.0.run()?)),
        })
    }
}

impl<'p> Iterator for Patterns<'p> {
    type Item = Pattern<'p>;

    #[inline]
    fn next(&mut self) -> Option<Pattern<'p>> {
        let rest = &mut self.0;
        Some(match rest.byte()? {
            EXACT => Pattern::Exact(rest.run()?),
            PREFIX => Pattern::Prefix(rest.run()?),
            SPLIT => {
                Pattern::Split { first: rest.run()?, last: rest.run()?, between: Pieces(Reader(rest.run()?)) }
            }
            _ => Pattern::Odd { index: rest.number()?, prefix: rest.run()? },
        })
    }
}

impl<'p> Iterator for Pieces<'p> {
    type Item = &'p [u8];

    #[inline]
    fn next(&mut self) -> Option<&'p [u8]> {
        self.0.run()
    }
}

/// What of a plan is still to be read.
#[derive(Clone, Copy, Default)]
struct Reader<'p>(&'p [u8]);

impl<'p> Reader<'p> {
    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    #[inline]
    fn number(&mut self) -> Option<u32> {
        match self.byte()? {
            low @ ..MORE => Some(u32::from(low)),
            low => self.long_number(u32::from(low - MORE)),
        }
    }

    #[cold]
    fn long_number(&mut self, low: u32) -> Option<u32> {
        let mut number = low;
        for shift in [7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u32::from(byte & !MORE) << shift;
            if byte < MORE {
                break;
            }
        }
        Some(number)
    }

    #[inline]
    fn take(&mut self, length: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// What has its length before it.
    #[inline]
    fn run(&mut self) -> Option<&'p [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }

    #[inline]
    fn place(&mut self, is_wide: bool) -> Option<Place> {
        if is_wide {
            return self.wide_place();
        }
        let [level, policy, statement] = *self.0.split_off(..NARROW)?.first_chunk()?;
        Some(Place { level: level.into(), policy: policy.into(), statement: statement.into() })
    }

    #[cold]
    fn wide_place(&mut self) -> Option<Place> {
        let mut number = || {
            let bytes = self.0.split_off(..4)?.first_chunk()?;
            Some(u32::from_le_bytes(*bytes))
        };
        Some(Place { level: number()?, policy: number()?, statement: number()? })
    }
}

/// The bytes of a place.
pub(super) const NARROW: usize = 3;
const WIDE: usize = 12;

#[cfg(test)]
pub(super) fn read_place(bytes: &[u8]) -> Option<Place> {
    Reader(bytes).place(bytes.len() > NARROW)
}

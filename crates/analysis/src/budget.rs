//! How much work a comparison may cost.

/// A bound on the work of one comparison. It counts steps, not time, so that the same question has the same answer
/// on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Steps of the search: a position of a pattern looked at, or two sets of statements compared.
    pub steps: u64,
    /// How many states one search may hold at a time.
    pub states: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: 30_000_000, states: 20_000 }
    }
}

/// What ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// [`Budget::steps`].
    Steps,
    /// [`Budget::states`].
    States,
    /// Nothing did: the method does not decide this question (policy variables against other texts, a key that is
    /// read as values of different types).
    Method,
}

/// A budget while it is spent.
#[derive(Debug)]
pub(crate) struct Meter {
    left: u64,
    states: usize,
}

impl Meter {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { left: budget.steps, states: budget.states }
    }

    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(steps).ok_or(Exhausted::Steps)?;
        Ok(())
    }

    pub(crate) fn hold(&self, states: usize) -> Result<(), Exhausted> {
        if states > self.states { Err(Exhausted::States) } else { Ok(()) }
    }
}

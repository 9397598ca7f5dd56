use super::budget::RetryBudget;
use crate::retry::Retries;

/// Whether and when a call is tried again, and the bound on that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    retries: Retries,
    budget: RetryBudget,
}

impl Retry {
    pub(super) const DEFAULT: Self = Self {
        retries: Retries::DEFAULT,
        budget: RetryBudget::DEFAULT,
    };

    /// Tries again as `retries` says, within the default budget.
    pub const fn new(retries: Retries) -> Self {
        let budget = RetryBudget::DEFAULT;
        Self { retries, budget }
    }

    /// With another budget.
    #[must_use]
    pub const fn with_budget(self, budget: RetryBudget) -> Self {
        Self { budget, ..self }
    }

    /// Attempts, backoff, hints.
    pub const fn retries(&self) -> &Retries {
        &self.retries
    }

    /// The bound on retries of all calls together.
    pub const fn budget(&self) -> &RetryBudget {
        &self.budget
    }
}

impl From<Retries> for Retry {
    fn from(retries: Retries) -> Self {
        Self::new(retries)
    }
}

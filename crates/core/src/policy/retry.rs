use http::HeaderName;

use super::budget::RetryBudget;
use super::idempotency::IdempotencyKey;
use crate::retry::Retries;

/// Whether and when a call is tried again, and the bound on that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    retries: Retries,
    budget: RetryBudget,
    idempotency_key: IdempotencyKey,
    attempt_header: Option<HeaderName>,
}

impl Retry {
    pub(super) const DEFAULT: Self = Self::new(Retries::DEFAULT);

    /// Tries again as `retries` says, within the default budget.
    pub const fn new(retries: Retries) -> Self {
        Self {
            retries,
            budget: RetryBudget::DEFAULT,
            idempotency_key: IdempotencyKey::Profile,
            attempt_header: None,
        }
    }

    /// With another budget.
    #[must_use]
    pub fn with_budget(self, budget: RetryBudget) -> Self {
        Self { budget, ..self }
    }

    /// With another way with the keys by which servers know a call again.
    #[must_use]
    pub fn with_idempotency_key(self, idempotency_key: IdempotencyKey) -> Self {
        Self {
            idempotency_key,
            ..self
        }
    }

    /// With a header that tells the server which attempt this is, or without.
    #[must_use]
    pub fn with_attempt_header(self, attempt_header: impl Into<Option<HeaderName>>) -> Self {
        let attempt_header = attempt_header.into();
        Self {
            attempt_header,
            ..self
        }
    }

    /// Attempts, backoff, hints.
    pub const fn retries(&self) -> &Retries {
        &self.retries
    }

    /// The bound on retries of all calls together.
    pub const fn budget(&self) -> &RetryBudget {
        &self.budget
    }

    /// Whether a call is given a key by which the server knows it again.
    pub const fn idempotency_key(&self) -> &IdempotencyKey {
        &self.idempotency_key
    }

    /// The header that tells the server which attempt this is.
    pub const fn attempt_header(&self) -> Option<&HeaderName> {
        self.attempt_header.as_ref()
    }
}

impl From<Retries> for Retry {
    fn from(retries: Retries) -> Self {
        Self::new(retries)
    }
}

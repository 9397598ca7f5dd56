//! What a call has taken from the budget.

use std::sync::Arc;

use buttress_core::Timestamp;

use super::layer::Shared;

/// What a call has taken from the budget. It is given back when this is dropped.
pub(super) struct Spending<R> {
    shared: Arc<Shared<R>>,
    retry: Retrying,
}

#[derive(PartialEq, Eq)]
enum Retrying {
    No,
    /// A retry has its place in the budget, and waits.
    Granted,
    Sent,
}

impl<R> Spending<R> {
    pub(super) fn begin(shared: Arc<Shared<R>>, now: Timestamp) -> Self {
        shared.budget.call_began(now);
        let retry = Retrying::No;
        Self { shared, retry }
    }

    pub(super) fn shared(&self) -> &Shared<R> {
        &self.shared
    }

    pub(super) fn retry_granted(&mut self) {
        self.retry = Retrying::Granted;
    }

    pub(super) fn retry_sent(&mut self) {
        self.retry = Retrying::Sent;
    }

    pub(super) fn retry_ended(&mut self) {
        match std::mem::replace(&mut self.retry, Retrying::No) {
            Retrying::No => {}
            Retrying::Granted => self.shared.budget.retry_given_back(self.shared.clock.now()),
            Retrying::Sent => self.shared.budget.retry_ended(),
        }
    }
}

impl<R> Drop for Spending<R> {
    fn drop(&mut self) {
        self.retry_ended();
        self.shared.budget.call_ended();
    }
}

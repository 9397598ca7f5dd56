//! Where the numbers come from. Handles of layers are sources, and so are functions.

use std::sync::Arc;

use buttress_core::budget::Budget;
use buttress_core::{Key, Timestamp, breaker, pause, quota};

/// A clock.
pub trait Now: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync + 'static> Now for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// The circuits of a breaker layer.
pub trait Circuits: Send + Sync + 'static {
    /// All of them, as they are now.
    fn circuits(&self) -> Vec<(Key, breaker::Snapshot)>;
}

impl<F> Circuits for F
where
    F: Fn() -> Vec<(Key, breaker::Snapshot)> + Send + Sync + 'static,
{
    fn circuits(&self) -> Vec<(Key, breaker::Snapshot)> {
        self()
    }
}

/// The pauses of a cooldown layer.
pub trait Pauses: Send + Sync + 'static {
    /// Those that are not over.
    fn pauses(&self) -> Vec<(Key, pause::Snapshot)>;
}

impl<F> Pauses for F
where
    F: Fn() -> Vec<(Key, pause::Snapshot)> + Send + Sync + 'static,
{
    fn pauses(&self) -> Vec<(Key, pause::Snapshot)> {
        self()
    }
}

/// The quotas of a rate-limit layer.
pub trait Quotas: Send + Sync + 'static {
    /// How all keys stand.
    fn quotas(&self) -> Vec<(Key, quota::Snapshot)>;
}

impl<F> Quotas for F
where
    F: Fn() -> Vec<(Key, quota::Snapshot)> + Send + Sync + 'static,
{
    fn quotas(&self) -> Vec<(Key, quota::Snapshot)> {
        self()
    }
}

/// A whole stack, whose parts may come and go with its policy.
pub trait Parts: Circuits + Pauses + Quotas + Clone {
    /// The retry budget, if there is one now.
    fn budget(&self) -> Option<Arc<Budget>>;
}

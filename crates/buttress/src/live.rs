//! The live page: what the layers do now, on a router to mount.
//!
//! The handles of the layers are its sources, and [`Clock`] is its clock.
//!
//! ```
//! use buttress::Clock;
//! use buttress::breaker::{Circuit, CircuitBreakerLayer};
//! use buttress::cooldown::CooldownLayer;
//! use buttress::live::{Board, Upstream};
//!
//! let openai = Upstream::new("openai", Clock::default());
//! let breaker = CircuitBreakerLayer::new(Circuit::default()).with_observer(openai.observer());
//! let cooldown = CooldownLayer::new().with_observer(openai.observer());
//!
//! let openai = openai.with_breaker(breaker.handle()).with_cooldown(cooldown.handle());
//! let router = Board::new([openai]).router();
//! # let _ = router;
//! ```

use buttress_core::{Key, Timestamp, breaker, pause, quota};
pub use buttress_live::*;

use crate::rate_limit::RateLimits;
use crate::{Clock, cooldown};

impl Now for Clock {
    fn now(&self) -> Timestamp {
        Self::now(*self)
    }
}

impl<K: Send + Sync + 'static> Circuits for crate::breaker::Handle<K> {
    fn circuits(&self) -> Vec<(Key, breaker::Snapshot)> {
        self.snapshots()
    }
}

impl<K: Send + Sync + 'static> Pauses for cooldown::Handle<K> {
    fn pauses(&self) -> Vec<(Key, pause::Snapshot)> {
        self.all()
    }
}

impl<K, T, L> Quotas for RateLimits<K, T, L>
where
    K: Send + Sync + 'static,
    T: Send + Sync + 'static,
    L: Send + Sync + 'static,
{
    fn quotas(&self) -> Vec<(Key, quota::Snapshot)> {
        self.snapshots()
    }
}

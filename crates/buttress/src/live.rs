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
//!
//! A `stack::Stack` is a source of all: `Upstream::with_stack(stack)`. It is looked at as it is when somebody
//! reads the page, whatever policy holds then.

use buttress_core::{Key, Timestamp, breaker, pause, quota};
pub use buttress_live::*;

use crate::{Clock, cooldown, rate_limit};

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
        self.snapshots()
    }
}

impl<K, T, L> Quotas for rate_limit::Handle<K, T, L>
where
    K: Send + Sync + 'static,
    T: Send + Sync + 'static,
    L: Send + Sync + 'static,
{
    fn quotas(&self) -> Vec<(Key, quota::Snapshot)> {
        self.snapshots()
    }
}

#[cfg(feature = "stack")]
mod stack {
    use std::sync::Arc;

    use buttress_core::budget::Budget;
    use buttress_core::{Key, breaker, pause, quota};
    use buttress_live::{Circuits, Parts, Pauses, Quotas};

    use crate::stack::Stack;

    impl Circuits for Stack {
        fn circuits(&self) -> Vec<(Key, breaker::Snapshot)> {
            self.breaker().map_or_else(Vec::new, |it| it.snapshots())
        }
    }

    impl Pauses for Stack {
        fn pauses(&self) -> Vec<(Key, pause::Snapshot)> {
            self.cooldown().map_or_else(Vec::new, |it| it.snapshots())
        }
    }

    impl Quotas for Stack {
        fn quotas(&self) -> Vec<(Key, quota::Snapshot)> {
            self.rate_limit().map_or_else(Vec::new, |it| it.snapshots())
        }
    }

    impl Parts for Stack {
        fn budget(&self) -> Option<Arc<Budget>> {
            Self::budget(self)
        }
    }
}

//! As many retries at a time as a share of the calls at that time.

use super::MILLION;
use crate::sync::{AtomicU32, Ordering};

#[derive(Debug)]
pub(super) struct Active {
    calls: AtomicU32,
    retries: AtomicU32,
    share: u32,
    at_least: u32,
}

impl Active {
    pub(super) fn new(share: u32, at_least: u32) -> Self {
        Self {
            calls: AtomicU32::new(0),
            retries: AtomicU32::new(0),
            share,
            at_least,
        }
    }

    pub(super) fn call_began(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn call_ended(&self) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn try_retry(&self) -> bool {
        let most = self.most();
        let mut seen = self.retries.load(Ordering::Relaxed);
        while seen < most {
            match self.retries.compare_exchange_weak(
                seen,
                seen + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(newer) => seen = newer,
            }
        }
        false
    }

    pub(super) fn retry_ended(&self) {
        self.retries.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn balance(&self) -> u32 {
        self.most()
            .saturating_sub(self.retries.load(Ordering::Relaxed))
    }

    /// `max(at_least, share × calls)`, the share rounded down.
    fn most(&self) -> u32 {
        let calls = self.calls.load(Ordering::Relaxed);
        let share = u64::from(calls) * u64::from(self.share) / u64::from(MILLION);
        u32::try_from(share).unwrap_or(u32::MAX).max(self.at_least)
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    fn with_calls(calls: u32) -> Active {
        let active = Active::new(200_000, 3);
        (0..calls).for_each(|_| active.call_began());
        active
    }

    #[test]
    fn a_fifth_of_the_calls_may_be_retries_and_three_always() {
        assert_eq!(
            (
                with_calls(0).balance(),
                with_calls(19).balance(),
                with_calls(50).balance()
            ),
            (3, 3, 10)
        );
    }

    #[test]
    fn what_ended_makes_room() {
        let active = with_calls(0);
        assert!((0..3).all(|_| active.try_retry()));
        assert!(!active.try_retry());
        active.retry_ended();
        assert!(active.try_retry());
    }
}

#[cfg(all(test, buttress_loom))]
mod loom_tests {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn two_threads_never_share_the_last_place() {
        loom::model(|| {
            let active = Arc::new(Active::new(0, 1));
            let other = Arc::clone(&active);
            let thread = thread::spawn(move || other.try_retry());
            let granted = [active.try_retry(), thread.join().unwrap()];
            assert_eq!(granted.iter().filter(|granted| **granted).count(), 1);
        });
    }
}

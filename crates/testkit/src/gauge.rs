//! Counts what is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::seen::Gauge;

#[derive(Debug, Default)]
pub(crate) struct Live {
    now: AtomicU64,
    highest: AtomicU64,
}

/// Counts as one until dropped.
#[derive(Debug)]
pub(crate) struct Guard(Arc<Live>);

impl Live {
    pub(crate) fn enter(self: &Arc<Self>) -> Guard {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.highest.fetch_max(now, Ordering::Relaxed);
        Guard(Arc::clone(self))
    }

    pub(crate) fn read(&self) -> Gauge {
        Gauge {
            now: self.now.load(Ordering::Relaxed),
            highest: self.highest.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_number_stays_when_all_have_left() {
        let live = Arc::new(Live::default());
        let first = live.enter();
        drop(live.enter());
        drop(first);
        let expected = Gauge { now: 0, highest: 2 };
        assert_eq!(live.read(), expected);
    }
}

//! A fixed window, as GitHub counts.

/// Admits `limit` units per window. A window opens with the first unit taken after the last one ended.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    limit: u64,
    period: u64,
    used: u64,
    ends: u64,
}

impl Window {
    pub(crate) fn new(limit: u64, period: u64) -> Self {
        Self {
            limit,
            period,
            used: 0,
            ends: 0,
        }
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    pub(crate) fn used(&self, now: u64) -> u64 {
        if self.is_open(now) { self.used } else { 0 }
    }

    pub(crate) fn remaining(&self, now: u64) -> u64 {
        self.limit - self.used(now).min(self.limit)
    }

    pub(crate) fn fits(&self, cost: u64, now: u64) -> bool {
        cost <= self.remaining(now)
    }

    /// When the window ends; when it would end if it opened now, while none is open.
    pub(crate) fn ends(&self, now: u64) -> u64 {
        if self.is_open(now) {
            self.ends
        } else {
            now.saturating_add(self.period)
        }
    }

    /// Counts `cost`: ask [`fits`](Self::fits) first. A cost of 0 opens no window.
    pub(crate) fn take(&mut self, cost: u64, now: u64) {
        if cost == 0 {
            return;
        }
        // Both are asked before either is written: a new end would bring the old count back to life.
        let (used, ends) = (self.used(now), self.ends(now));
        self.used = used.saturating_add(cost);
        self.ends = ends;
    }

    // The end itself belongs to the next window: whoever comes at the reset is admitted.
    fn is_open(&self, now: u64) -> bool {
        now < self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_admits_its_limit_and_no_more() {
        let mut window = Window::new(10, 100);
        window.take(5, 0);
        assert!(window.fits(5, 1));
        window.take(5, 1);
        assert!(!window.fits(1, 99));
        assert_eq!((window.used(99), window.remaining(99)), (10, 0));
    }

    #[test]
    fn it_opens_with_the_first_unit_and_not_before() {
        let mut window = Window::new(10, 100);
        assert_eq!(window.ends(40), 140);
        window.take(1, 50);
        assert_eq!(window.ends(149), 150);
    }

    #[test]
    fn whoever_comes_at_the_reset_is_admitted() {
        let mut window = Window::new(1, 100);
        window.take(1, 0);
        assert!(!window.fits(1, 99));
        assert!(window.fits(1, 100));
        window.take(1, 100);
        assert_eq!((window.used(100), window.ends(100)), (1, 200));
    }

    #[test]
    fn what_is_free_opens_no_window() {
        let mut window = Window::new(1, 100);
        window.take(0, 7);
        assert_eq!(window.ends(50), 150);
    }
}

use std::sync::Arc;

use buttress_core::budget::Budget;
use buttress_core::{Event, Observer};

use crate::time::Clock;

/// Tells how things stand now. Handles do: before each scrape, so that what changes by itself is fresh.
///
/// ```
/// use std::sync::Arc;
///
/// use buttress::observe::{Event, Observer, Report};
/// use buttress::rate_limit::{Quota, RateLimitLayer};
///
/// struct Print;
///
/// impl Observer for Print {
///     fn observe(&self, event: &Event<'_>) {
///         if let Event::QuotaLevel { level } = event {
///             println!("{} of {} left", level.remaining, level.quota.units());
///         }
///     }
/// }
///
/// # fn main() -> Result<(), buttress::core::Invalid> {
/// let limits = RateLimitLayer::new([Quota::per_minute(500)?]).handle();
/// limits.report(&Print);
/// # Ok(())
/// # }
/// ```
pub trait Report {
    /// Tells `observer` how things stand now. What is kept by key is told as one: the worst of it.
    fn report(&self, observer: &dyn Observer);
}

/// Tells how many retries it would grant.
impl Report for Budget {
    fn report(&self, observer: &dyn Observer) {
        let balance = self.balance(Clock::default().now());
        observer.observe(&Event::BudgetLevel { balance });
    }
}

impl<R: Report + ?Sized> Report for Arc<R> {
    fn report(&self, observer: &dyn Observer) {
        (**self).report(observer);
    }
}

impl<A: Report, B: Report> Report for (A, B) {
    fn report(&self, observer: &dyn Observer) {
        self.0.report(observer);
        self.1.report(observer);
    }
}

impl<R: Report> Report for Option<R> {
    fn report(&self, observer: &dyn Observer) {
        if let Some(report) = self {
            report.report(observer);
        }
    }
}

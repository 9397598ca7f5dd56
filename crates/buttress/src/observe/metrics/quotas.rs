use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use buttress_core::quota::{Counts, Level};
use metrics::{Gauge, SharedString};

use super::labels::Labels;
use crate::observe::metric::{Metric, OTHER};

/// More than any provider has for one key; what comes after them is one series.
const MOST: usize = 16;

/// What is left of each quota, by what it counts and its period. Told by a look at all of them, and so not on the path of a call.
#[derive(Default)]
pub(super) struct Quotas {
    known: Mutex<Vec<Known>>,
}

struct Known {
    counts: Counts,
    period: Duration,
    limit: Gauge,
    remaining: Gauge,
}

impl Quotas {
    pub(super) fn stand(&self, level: &Level, labels: &Labels) {
        let (limit, remaining) = self.gauges(level, labels);
        #[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
        let float = |units: u64| units as f64;
        limit.set(float(level.quota.units()));
        remaining.set(float(level.remaining));
    }

    fn gauges(&self, level: &Level, labels: &Labels) -> (Gauge, Gauge) {
        let (counts, period) = (level.quota.counts(), level.quota.period());
        if let Some(known) = self.find(counts, period) {
            return known;
        }
        // The recorder is somebody else's code, and so not called under the lock. Of two that come here at once, both
        // get the same gauges.
        let is_full = self.lock().len() >= MOST;
        let name = if is_full {
            OTHER.into()
        } else {
            name(counts, period)
        };
        let gauge = |metric| labels.gauge(metric, Some(name.clone()));
        let (limit, remaining) = (gauge(Metric::QuotaLimit), gauge(Metric::QuotaRemaining));
        if !is_full {
            self.lock().push(Known {
                counts,
                period,
                limit: limit.clone(),
                remaining: remaining.clone(),
            });
        }
        (limit, remaining)
    }

    fn find(&self, counts: Counts, period: Duration) -> Option<(Gauge, Gauge)> {
        let known = self.lock();
        let found = known
            .iter()
            .find(|known| (known.counts, known.period) == (counts, period))?;
        Some((found.limit.clone(), found.remaining.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `requests_per_minute`, `cost_per_day`, `cost_per_10s`.
fn name(counts: Counts, period: Duration) -> SharedString {
    let counts = match counts {
        Counts::Requests => "requests",
        Counts::Cost => "cost",
    };
    let period = match period.as_secs_f64() {
        1.0 => "second",
        60.0 => "minute",
        3_600.0 => "hour",
        86_400.0 => "day",
        seconds => return format!("{counts}_per_{seconds}s").into(),
    };
    format!("{counts}_per_{period}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_named_by_what_it_counts_and_its_period() {
        let name = |counts, seconds| name(counts, Duration::from_secs_f64(seconds)).to_string();
        assert_eq!(name(Counts::Requests, 60.0), "requests_per_minute");
        assert_eq!(name(Counts::Cost, 86_400.0), "cost_per_day");
        assert_eq!(name(Counts::Cost, 10.0), "cost_per_10s");
        assert_eq!(name(Counts::Requests, 0.25), "requests_per_0.25s");
    }
}

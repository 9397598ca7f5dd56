use std::time::Duration;

use crate::invalid::Invalid;
use crate::time::saturating_nanos;

/// So many units per period.
///
/// ```
/// use buttress_core::quota::Quota;
///
/// let requests = Quota::per_minute(500)?.counting_requests();
/// let tokens = Quota::per_minute(200_000)?;
/// # let _ = (requests, tokens);
/// # Ok::<_, buttress_core::Invalid>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    units: u64,
    burst: u64,
    period: u64,
    shape: Shape,
    counts: Counts,
}

/// How a quota's account is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// A token bucket, by the generic cell rate algorithm: units come back one by one. What most servers do.
    #[default]
    Bucket,
    /// Every call is remembered for a period: exact.
    Log,
    /// Two windows are counted, and the earlier one is taken to have been even.
    Counter,
    /// One window is counted. It begins with the first call after the last one ended.
    Fixed,
}

/// What a quota counts of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Counts {
    /// Its cost: tokens, points; one where nobody says.
    #[default]
    Cost,
    /// One, whatever it costs.
    Requests,
}

const SECOND: Duration = Duration::from_secs(1);

/// Longer than any provider's window of requests or tokens. What is counted by the month is money, not a rate.
pub(super) const LONGEST: Duration = Duration::from_secs(31 * 24 * 3_600);

/// A burst takes at most this long to come back. Far below the end of time, so that a sum of a few never wraps.
const DEEPEST: u64 = u64::MAX / 8;

impl Quota {
    /// `units` per `period`, as a token bucket that holds as many.
    ///
    /// # Errors
    ///
    /// If either is zero, the period is longer than 31 days, or there is more than one unit per nanosecond.
    pub fn new(units: u64, period: Duration) -> Result<Self, Invalid> {
        if units == 0 {
            return Err(Invalid::new("quota", units, "at least one unit"));
        }
        if period.is_zero() || period > LONGEST {
            return Err(Invalid::new(
                "quota period",
                period,
                "above zero, to 31 days",
            ));
        }
        let period = saturating_nanos(period);
        if units > period {
            return Err(Invalid::new(
                "quota",
                units,
                "at most one unit per nanosecond",
            ));
        }
        Ok(Self {
            units,
            burst: units,
            period,
            shape: Shape::Bucket,
            counts: Counts::Cost,
        })
    }

    /// `units` per second.
    ///
    /// # Errors
    ///
    /// As [`Quota::new`].
    pub fn per_second(units: u64) -> Result<Self, Invalid> {
        Self::new(units, SECOND)
    }

    /// `units` per minute.
    ///
    /// # Errors
    ///
    /// As [`Quota::new`].
    pub fn per_minute(units: u64) -> Result<Self, Invalid> {
        Self::new(units, 60 * SECOND)
    }

    /// `units` per hour.
    ///
    /// # Errors
    ///
    /// As [`Quota::new`].
    pub fn per_hour(units: u64) -> Result<Self, Invalid> {
        Self::new(units, 3_600 * SECOND)
    }

    /// `units` per 24 hours.
    ///
    /// # Errors
    ///
    /// As [`Quota::new`].
    pub fn per_day(units: u64) -> Result<Self, Invalid> {
        Self::new(units, 24 * 3_600 * SECOND)
    }

    /// With another burst: what a bucket holds, and so what may go at one instant. The other shapes have none.
    ///
    /// # Errors
    ///
    /// If it is zero, or would take longer than some 70 years to come back.
    pub fn with_burst(self, burst: u64) -> Result<Self, Invalid> {
        if burst == 0 {
            return Err(Invalid::new("burst", burst, "at least one unit"));
        }
        match self.interval().checked_mul(burst) {
            Some(depth) if depth <= DEEPEST => Ok(Self { burst, ..self }),
            _ => Err(Invalid::new(
                "burst",
                burst,
                "what comes back within 70 years",
            )),
        }
    }

    /// With other units, a burst that was a whole period's being one still; `None` if there is no such quota.
    pub(super) fn with_units(&self, units: u64) -> Option<Self> {
        let burst = match self.burst == self.units {
            true => units,
            false => self.burst.min(units),
        };
        let quota = Self::new(units, self.period()).ok()?;
        let quota = quota.with_burst(burst).ok()?;
        Some(Self {
            shape: self.shape,
            counts: self.counts,
            ..quota
        })
    }

    /// Kept in another way.
    #[must_use]
    pub const fn with_shape(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// Counts each request as one, whatever it costs: an attempt is one.
    #[must_use]
    pub const fn counting_requests(self) -> Self {
        Self {
            counts: Counts::Requests,
            ..self
        }
    }

    /// Counts what each request costs.
    #[must_use]
    pub const fn counting_costs(self) -> Self {
        Self {
            counts: Counts::Cost,
            ..self
        }
    }

    /// The units of a period.
    pub const fn units(&self) -> u64 {
        self.units
    }

    /// The burst of a bucket.
    pub const fn burst(&self) -> u64 {
        self.burst
    }

    /// What may go at one instant: the burst of a bucket, the units of any other shape. A call that costs more never
    /// fits.
    pub const fn largest(&self) -> u64 {
        match self.shape {
            Shape::Bucket => self.burst,
            Shape::Log | Shape::Counter | Shape::Fixed => self.units,
        }
    }

    /// The period.
    pub const fn period(&self) -> Duration {
        Duration::from_nanos(self.period)
    }

    /// How its account is kept.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// What it counts.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) const fn period_nanos(&self) -> u64 {
        self.period
    }

    /// The time in which one unit comes back, rounded up.
    pub(super) const fn interval(&self) -> u64 {
        self.period.div_ceil(self.units)
    }

    /// What a call of this cost counts here.
    pub(super) const fn of(&self, cost: u64) -> u64 {
        match self.counts {
            Counts::Cost => cost,
            Counts::Requests => 1,
        }
    }
}

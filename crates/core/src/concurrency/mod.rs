//! How many attempts may be in flight at a time, found out from how they end.
//!
//! A server that has more to do than it can answers later, then fails. How much it can is known to nobody, and changes.
//! So a limit is felt for: it grows while attempts end well, and shrinks when they do not.
//!
//! Two rules keep that honest, whatever the algorithm:
//!
//! * **It grows only while it is the bound.** With less than half of it in use, an attempt that ended well says nothing
//!   of what more of them would do. A limit that grows at night is no limit in the morning.
//! * **One decrease for one congestion.** When a server chokes, everything in flight fails together. That is one event:
//!   what was sent before the last decrease does not decrease again, or else fifty failures at once take 20 to 1.
//!
//! Limits are kept in millionths of an attempt, so that all arithmetic is on integers.

mod aimd;
mod gradient;
mod vegas;

use std::num::NonZeroU32;
use std::time::Duration;

pub use self::aimd::Aimd;
pub use self::gradient::Gradient;
pub use self::vegas::{Decrease, Threshold, Vegas};
use crate::time::Timestamp;

/// One whole attempt.
const ONE: u64 = 1_000_000;

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How long it took.
    pub elapsed: Duration,
    /// How many were in flight when it began, itself among them.
    pub in_flight: u32,
    /// Whether the server had too much to do: it said so, or did not answer in time.
    pub is_congested: bool,
}

/// What finds the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// One more at a time, a tenth less at a time; looks at failures.
    Aimd(Aimd),
    /// Looks at how much longer than the shortest time attempts take.
    Vegas(Vegas),
    /// Looks at how much longer than usual attempts take.
    Gradient(Gradient),
    /// Looks at nothing: always the same.
    Fixed(NonZeroU32),
}

impl Algorithm {
    /// Takes what one attempt shows.
    pub fn sample(&mut self, sample: &Sample) {
        match self {
            Self::Aimd(aimd) => aimd.sample(sample),
            Self::Vegas(vegas) => vegas.sample(sample),
            Self::Gradient(gradient) => gradient.sample(sample),
            Self::Fixed(_) => {}
        }
    }

    /// How many attempts may be in flight.
    pub const fn limit(&self) -> u32 {
        match self {
            Self::Aimd(aimd) => aimd.limit(),
            Self::Vegas(vegas) => vegas.limit(),
            Self::Gradient(gradient) => gradient.limit(),
            Self::Fixed(limit) => limit.get(),
        }
    }
}

/// To go on by another policy.
impl Algorithm {
    /// This one, begun with `limit` as far as its bounds allow. A fixed limit is what it is.
    #[must_use]
    pub fn begun_with(self, limit: u32) -> Self {
        match self {
            Self::Aimd(aimd) => {
                let (low, high) = aimd.bounds();
                Self::Aimd(aimd.with_initial(limit.clamp(low, high)))
            }
            Self::Gradient(gradient) => {
                let (low, high) = gradient.bounds();
                Self::Gradient(gradient.with_initial(limit.clamp(low, high)))
            }
            Self::Vegas(vegas) => {
                let high = vegas.max();
                Self::Vegas(vegas.with_initial(limit.min(high)))
            }
            Self::Fixed(limit) => Self::Fixed(limit),
        }
    }

    /// Whether it finds its limit, or is told it.
    pub const fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }
}

impl Default for Algorithm {
    /// [`Aimd`]: it looks at what the server says, and needs no steady times; those of a language model are not.
    fn default() -> Self {
        Self::Aimd(Aimd::default())
    }
}

/// A limit on attempts in flight that follows the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdaptiveLimit {
    algorithm: Algorithm,
    decreased: Option<Timestamp>,
}

impl AdaptiveLimit {
    /// Found by `algorithm`.
    pub const fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            decreased: None,
        }
    }

    /// How many attempts may be in flight: one at least, or nothing would ever be learnt.
    pub fn limit(&self) -> u32 {
        self.algorithm.limit().max(1)
    }

    /// An attempt that began at `began` ended at `now`.
    pub fn ended(&mut self, sample: &Sample, began: Timestamp, now: Timestamp) {
        if sample.is_congested {
            if self.decreased.is_some_and(|decreased| began <= decreased) {
                return;
            }
            self.decreased = Some(now);
        }
        self.algorithm.sample(sample);
    }
}

/// Whether the limit, in millionths, keeps attempts back.
const fn is_bound(in_flight: u32, limit: u64) -> bool {
    in_flight as u64 * 2 * ONE >= limit
}

/// A limit in millionths as a whole number, rounded down.
const fn whole(limit: u64) -> u32 {
    let whole = limit / ONE;
    if whole > u32::MAX as u64 {
        u32::MAX
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "compared just above")]
        let whole = whole as u32;
        whole
    }
}

/// `amount × numerator / denominator`, rounded down, saturating.
fn scaled(amount: u64, numerator: u64, denominator: u64) -> u64 {
    let product = u128::from(amount) * u128::from(numerator) / u128::from(denominator.max(1));
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// `share` millionths of the way from `old` to `new`.
fn smoothed(old: u64, new: u64, share: u64) -> u64 {
    scaled(old, ONE - share, ONE).saturating_add(scaled(new, share, ONE))
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;

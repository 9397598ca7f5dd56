use super::amount::{Quota, Shape};
use super::bucket::Bucket;
use super::ceiling::{share, signed};
use super::counter::Counter;
use super::fixed::Fixed;
use super::log::Log;
use crate::time::{Timestamp, saturating_nanos};

/// The account of one quota: what was taken, and when more may be.
///
/// Times are arguments, and may stand still. What is taken is taken in the order of time; a time before the last is
/// counted as the last.
pub trait Meter {
    /// The largest cost that ever fits.
    fn largest(&self) -> u64;

    /// The first time from `from` on at which `cost` fits. From then on it fits, until something is taken.
    ///
    /// A `cost` above [`largest`](Meter::largest) is for the caller to refuse.
    fn next(&self, cost: u64, from: Timestamp) -> Timestamp;

    /// Takes `cost` at `at`, whether it fits or not: what does not fit becomes debt, which later calls wait for.
    fn take(&mut self, cost: u64, at: Timestamp);

    /// Gives back `cost` of what was taken at `at`, as far as it is safe: what remains fits, as if the rest had never been
    /// taken.
    fn give_back(&mut self, cost: u64, at: Timestamp, now: Timestamp);

    /// How much is taken at `now`; more than [`largest`](Meter::largest) if there is debt.
    fn used(&self, now: Timestamp) -> u64;

    /// What could be taken at `now`.
    fn remaining(&self, now: Timestamp) -> u64 {
        self.largest().saturating_sub(self.used(now))
    }

    /// Takes so much that no more than `remaining` remains at `now`: somebody else spends from the same quota.
    fn lower(&mut self, remaining: u64, now: Timestamp) {
        let taken_elsewhere = self.remaining(now).saturating_sub(remaining);
        self.take(taken_elsewhere, now);
    }
}

/// A meter of any shape. An `enum`, so that a set of them is one allocation and no call is dynamic.
#[derive(Clone, Debug)]
pub(super) enum AnyMeter {
    Bucket(Bucket),
    Log(Log),
    Counter(Counter),
    Fixed(Fixed),
}

impl AnyMeter {
    pub(super) fn new(quota: &Quota) -> Self {
        match quota.shape() {
            Shape::Bucket => Self::Bucket(Bucket::new(quota)),
            Shape::Log => Self::Log(Log::new(quota)),
            Shape::Counter => Self::Counter(Counter::new(quota)),
            Shape::Fixed => Self::Fixed(Fixed::new(quota)),
        }
    }

    /// How long the next call is to keep away from one that costs so much, if what is left is to last.
    pub(super) fn gap(&self, quota: &Quota, cost: u64, at: Timestamp) -> u64 {
        match self {
            // Units come back one by one, or as they went: the even pace is the quota's own.
            Self::Bucket(_) | Self::Log(_) | Self::Counter(_) => {
                quota.interval().saturating_mul(cost)
            }
            Self::Fixed(fixed) => {
                let rest = fixed.ends(at).since(at);
                share(
                    saturating_nanos(rest),
                    signed(cost),
                    signed(fixed.remaining(at)),
                )
            }
        }
    }

    /// When all of it is there again, if nothing more is taken.
    pub(super) fn whole(&self, now: Timestamp) -> Timestamp {
        let whole = match self {
            Self::Bucket(bucket) => Timestamp::from_nanos(bucket.full_at()),
            Self::Log(log) => log.ends(),
            Self::Counter(counter) => counter.ends(),
            Self::Fixed(fixed) if fixed.used(now) > 0 => fixed.ends(now),
            Self::Fixed(_) => now,
        };
        whole.max(now)
    }
}

/// Calls a method of whichever meter it is.
macro_rules! each {
    ($self:ident, $meter:ident => $call:expr) => {
        match $self {
            Self::Bucket($meter) => $call,
            Self::Log($meter) => $call,
            Self::Counter($meter) => $call,
            Self::Fixed($meter) => $call,
        }
    };
}

impl Meter for AnyMeter {
    fn largest(&self) -> u64 {
        each!(self, meter => meter.largest())
    }

    fn next(&self, cost: u64, from: Timestamp) -> Timestamp {
        each!(self, meter => meter.next(cost, from))
    }

    fn take(&mut self, cost: u64, at: Timestamp) {
        each!(self, meter => meter.take(cost, at));
    }

    fn give_back(&mut self, cost: u64, at: Timestamp, now: Timestamp) {
        each!(self, meter => meter.give_back(cost, at, now));
    }

    fn used(&self, now: Timestamp) -> u64 {
        each!(self, meter => meter.used(now))
    }
}

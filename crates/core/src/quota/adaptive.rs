//! Limits that nobody publishes, found by trying.
//!
//! Until a server says "too fast" for the first time, nothing is limited. From then on calls take tokens that come at a
//! rate: it falls when the server says "too fast" again, and rises while it does not. How it rises is an [`Increase`]: along
//! a cubic curve, as in the AWS SDKs (slowly near the rate that was too fast, quickly far from it), or by so much a
//! second.
//!
//! A refusal takes nothing, so that callers who are refused do not make each other wait longer.
//!
//! The arithmetic is on floating-point numbers, as it is in the specification that it is to agree with. A rate is an
//! estimate, and nothing here adds up over time: what is granted is still bounded by the bucket.

use std::time::Duration;

use crate::time::Timestamp;

/// How much of the rate is left when the server says "too fast".
const BETA: f64 = 0.7;
/// How steep the cubic curve is.
const SCALE: f64 = 0.4;
/// How much the newest measurement counts.
const SMOOTH: f64 = 0.8;
/// The lowest rate: a call in two seconds still finds out when the server is well again.
const SLOWEST: f64 = 0.5;
/// A bucket holds one call at least, or none would ever go.
const SMALLEST: f64 = 1.0;
/// Calls are counted by half seconds.
const SLICE: u64 = 500_000_000;

/// How a rate rises while the server does not say "too fast".
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Increase {
    /// Along the cubic curve of the AWS SDKs.
    #[default]
    Cubic,
    /// By so many requests per second, each second.
    Additive(f64),
}

/// A rate that falls by a share and rises with time.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    rise: Increase,
    beta: f64,
    most: f64,
    fell_at: Timestamp,
    plateau: f64,
}

impl Curve {
    /// A curve that fell from `most` at `fell_at`.
    pub fn new(rise: Increase, most: f64, fell_at: Timestamp) -> Self {
        let curve = Self {
            rise,
            beta: BETA,
            most,
            fell_at,
            plateau: 0.0,
        };
        curve.with_beta(BETA)
    }

    /// With another share that is left when the rate falls. 0.7 by default.
    #[must_use]
    pub fn with_beta(self, beta: f64) -> Self {
        let plateau = (self.most * (1.0 - beta) / SCALE).cbrt();
        Self {
            beta,
            plateau,
            ..self
        }
    }

    /// The rate that was too fast.
    pub const fn most(&self) -> f64 {
        self.most
    }

    /// How many seconds after its fall a cubic curve is back at the rate that was too fast.
    pub const fn plateau(&self) -> f64 {
        self.plateau
    }

    /// The rate at `now`, if all is well.
    pub fn rate(&self, now: Timestamp) -> f64 {
        let seconds = now.since(self.fell_at).as_secs_f64();
        match self.rise {
            Increase::Cubic => SCALE * (seconds - self.plateau).powi(3) + self.most,
            Increase::Additive(step) => self.most * self.beta + step * seconds,
        }
    }

    /// `rate` was too fast. Gives the rate from which it rises again.
    pub fn fall(&mut self, rate: f64, now: Timestamp) -> f64 {
        self.most = rate;
        self.fell_at = now;
        *self = self.with_beta(self.beta);
        rate * self.beta
    }
}

/// How many requests per second are made, smoothed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    slice: u64,
    count: f64,
    rate: f64,
}

impl Measured {
    /// Counts a call, and gives the rate.
    pub fn count(&mut self, now: Timestamp) -> f64 {
        let slice = now.as_nanos() / SLICE;
        self.count += 1.0;
        if slice > self.slice {
            let elapsed = Duration::from_nanos((slice - self.slice).saturating_mul(SLICE));
            let rate = self.count / elapsed.as_secs_f64();
            self.rate = rate * SMOOTH + self.rate * (1.0 - SMOOTH);
            self.count = 0.0;
            self.slice = slice;
        }
        self.rate
    }
}

/// Tokens that come at a rate that changes.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    rate: f64,
    slowest: f64,
    most: f64,
    held: f64,
    at: Timestamp,
}

impl Tokens {
    /// None at `now`, and `rate` a second from then on, `slowest` at least.
    pub fn new(rate: f64, slowest: f64, now: Timestamp) -> Self {
        let rate = rate.max(slowest);
        Self {
            rate,
            slowest,
            most: rate.max(SMALLEST),
            held: 0.0,
            at: now,
        }
    }

    /// With so many held already.
    #[must_use]
    pub fn with_held(self, held: f64) -> Self {
        Self {
            held: held.clamp(0.0, self.most),
            ..self
        }
    }

    /// Takes `cost`, or says how long to wait and takes nothing.
    ///
    /// # Errors
    ///
    /// The wait, which is never zero: a shortfall of less than a nanosecond is granted.
    pub fn take(&mut self, cost: f64, now: Timestamp) -> Result<(), Duration> {
        self.refill(now);
        let missing = (cost - self.held) / self.rate;
        let wait = Duration::try_from_secs_f64(missing.max(0.0)).unwrap_or(Duration::MAX);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.held = (self.held - cost).max(0.0);
        Ok(())
    }

    /// Goes on at another rate.
    pub fn change(&mut self, rate: f64, now: Timestamp) {
        self.refill(now);
        *self = Self {
            held: self.held,
            ..Self::new(rate, self.slowest, self.at)
        }
        .clamped();
    }

    fn clamped(self) -> Self {
        self.with_held(self.held)
    }

    fn refill(&mut self, now: Timestamp) {
        let came = now.since(self.at).as_secs_f64() * self.rate;
        self.held = (self.held + came).min(self.most);
        self.at = self.at.max(now);
    }

    /// Tokens per second.
    pub const fn rate(&self) -> f64 {
        self.rate
    }

    /// How many it holds at the most.
    pub const fn most(&self) -> f64 {
        self.most
    }

    /// How many it held when last asked.
    pub const fn held(&self) -> f64 {
        self.held
    }
}

/// A limit that is found by trying.
#[derive(Clone, Copy, Debug)]
pub struct Adaptive {
    curve: Curve,
    measured: Measured,
    measured_rate: f64,
    tokens: Tokens,
    is_enabled: bool,
}

impl Adaptive {
    /// Nothing is limited yet.
    pub fn new(rise: Increase, now: Timestamp) -> Self {
        Self {
            curve: Curve::new(rise, 0.0, now),
            measured: Measured {
                slice: now.as_nanos() / SLICE,
                ..Measured::default()
            },
            measured_rate: 0.0,
            tokens: Tokens::new(SLOWEST, SLOWEST, now),
            is_enabled: false,
        }
    }

    /// Whether a call may go now.
    ///
    /// # Errors
    ///
    /// How long to wait. Nothing is taken then.
    pub fn take(&mut self, cost: u32, now: Timestamp) -> Result<(), Duration> {
        if !self.is_enabled {
            return Ok(());
        }
        // What costs more than the bucket ever holds goes when it is full.
        self.tokens
            .take(f64::from(cost).min(self.tokens.most()), now)
    }

    /// An answer came, which was "too fast" or not.
    pub fn answered(&mut self, too_fast: bool, now: Timestamp) {
        self.measured_rate = self.measured.count(now);
        let rate = if too_fast {
            let used = match self.is_enabled {
                true => self.measured_rate.min(self.tokens.rate()),
                false => self.measured_rate,
            };
            self.is_enabled = true;
            self.curve.fall(used, now)
        } else {
            self.curve.rate(now)
        };
        self.tokens.change(bounded(rate, self.measured_rate), now);
    }

    /// Whether the server has said "too fast" before.
    pub const fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// The requests per second that are let through.
    pub const fn rate(&self) -> f64 {
        self.tokens.rate()
    }

    /// The requests per second that are made.
    pub const fn measured(&self) -> f64 {
        self.measured_rate
    }
}

/// No more than twice what is really sent: a rate that is not used says nothing of what the server would take.
pub fn bounded(rate: f64, measured: f64) -> f64 {
    rate.min(2.0 * measured)
}

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn nothing_is_limited_until_the_server_says_so() {
        let mut adaptive = Adaptive::new(Increase::default(), at(0));
        assert!((0..1_000).all(|_| adaptive.take(1, at(0)).is_ok()));
        adaptive.answered(true, at(0));
        assert!(adaptive.is_enabled() && adaptive.take(1, at(0)).is_err());
    }

    #[test]
    fn a_refusal_takes_nothing_and_is_never_a_wait_of_zero() {
        let mut adaptive = Adaptive::new(Increase::default(), at(0));
        adaptive.answered(true, at(0));
        let waits: Vec<_> = (0..10)
            .map(|_| adaptive.take(1, at(100)).unwrap_err())
            .collect();
        assert!(
            waits
                .iter()
                .all(|wait| *wait == Duration::from_millis(1_900))
        );
        assert!(adaptive.take(1, at(2_000)).is_ok());
    }

    #[test]
    fn an_additive_rate_falls_by_a_share_and_rises_by_a_step() {
        let mut curve = Curve::new(Increase::Additive(2.0), 0.0, at(0)).with_beta(0.5);
        assert_eq!(curve.fall(10.0, at(0)), 5.0);
        assert_eq!(curve.rate(at(3_000)), 11.0);
    }

    #[test]
    fn a_clock_that_stands_or_turns_back_makes_no_tokens() {
        let mut tokens = Tokens::new(1.0, SLOWEST, at(5_000)).with_held(1.0);
        assert!(tokens.take(1.0, at(5_000)).is_ok());
        assert!(tokens.take(1.0, at(5_000)).is_err());
        assert!(tokens.take(1.0, at(0)).is_err());
        assert!(tokens.take(1.0, at(6_000)).is_ok());
    }

    #[test]
    fn what_costs_more_than_the_bucket_holds_goes_when_it_is_full() {
        let mut adaptive = Adaptive::new(Increase::default(), at(0));
        adaptive.answered(true, at(0));
        assert!(adaptive.take(10, at(1_999)).is_err());
        assert!(adaptive.take(10, at(2_000)).is_ok());
    }
}

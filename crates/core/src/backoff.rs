//! How long to wait before the next attempt when the server did not say.
//!
//! A backoff that only grows keeps callers in step: all that failed together come back together, and fail together
//! again. Randomness takes them apart. With a hundred clients that write to one row, full jitter needs 43 % of the
//! calls and 8 % of the time of the same backoff without it (`aws-arch-backoff-simulator`; replayed in our tests).
//!
//! All arithmetic is on whole nanoseconds. The cap holds twice: the growing step is cut before anything is drawn from
//! it, or else every draw far beyond the cap would end at the cap, and the callers be in step again; and what was
//! drawn is cut last, so that no wait is ever longer. Decorrelated jitter is the exception, as its authors at AWS wrote
//! it: it is cut after the draw alone, and callers that fail for long are in step at the cap.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::invalid::Invalid;
use crate::random::Random;
use crate::time::saturating_nanos;

/// How randomness enters a step `v`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Jitter {
    /// `v` itself: for tests, and for a single client.
    None,
    /// `U(0, v)`.
    Full,
    /// `v/2 + U(0, v/2)`.
    Equal,
    /// `U(base, 3 × previous)`, where `previous` is the wait before, and the base at first.
    Decorrelated,
    /// `v ± p %`.
    Proportional(Percent),
    /// `v − U(0, p %)`: the OpenAI and Anthropic SDKs, with 25 %.
    Below(Percent),
}

/// A whole percentage from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// `percent` of a hundred.
    ///
    /// # Errors
    ///
    /// If it is more than 100.
    pub fn new(percent: u8) -> Result<Self, Invalid> {
        if percent > 100 {
            return Err(Invalid::new("percent", percent, "at most 100"));
        }
        Ok(Self(percent))
    }

    /// The number of hundredths.
    pub const fn get(self) -> u8 {
        self.0
    }

    fn of(self, nanos: u64) -> u64 {
        let share = u128::from(nanos) * u128::from(self.0) / 100;
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

/// The wait before attempt `n + 1`: `base × factorⁿ⁻¹`, with jitter, and never longer than the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    base: u64,
    cap: u64,
    growth: Growth,
    jitter: Jitter,
}

impl Default for Backoff {
    /// Full jitter on 500 ms that doubles, at most 60 s.
    ///
    /// 500 ms is where the OpenAI and Anthropic SDKs begin; 60 s is the usual period of a limit, so that waiting longer
    /// than that for a server that said nothing gains nothing.
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How steps grow with the attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growth {
    /// `factorⁿ⁻¹`
    Power(NonZeroU32),
    /// `n²`
    Square,
}

const DOUBLING: Growth = Growth::Power(NonZeroU32::MIN.saturating_add(1));

impl Backoff {
    pub(crate) const DEFAULT: Self = Self {
        base: 500_000_000,
        cap: 60_000_000_000,
        growth: DOUBLING,
        jitter: Jitter::Full,
    };

    /// From `base` up to `cap`, doubling, with full jitter.
    ///
    /// # Errors
    ///
    /// If the base is longer than the cap, or the cap longer than 584 years.
    pub fn new(base: Duration, cap: Duration) -> Result<Self, Invalid> {
        if base > cap {
            return Err(Invalid::new("backoff base", base, "at most the cap"));
        }
        if cap.as_nanos() > u128::from(u64::MAX) {
            return Err(Invalid::new("backoff cap", cap, "at most 584 years"));
        }
        Ok(Self {
            base: saturating_nanos(base),
            cap: saturating_nanos(cap),
            ..Self::default()
        })
    }

    /// The backoff of the vendors' SDKs: `min(0.5 s × 2ⁿ⁻¹, 8 s)`, less up to 25 %.
    pub const fn vendor_sdk() -> Self {
        let jitter = Jitter::Below(Percent(25));
        Self {
            base: 500_000_000,
            cap: 8_000_000_000,
            growth: DOUBLING,
            jitter,
        }
    }

    /// Doubling from `base` up to `cap` seconds, without jitter: what is shared needs none.
    pub(crate) const fn doubling(base: u64, cap: u64) -> Self {
        Self {
            base: base * 1_000_000_000,
            cap: cap * 1_000_000_000,
            growth: DOUBLING,
            jitter: Jitter::None,
        }
    }

    /// The backoff of Octokit's plugin-retry: `n²` seconds, to the second.
    pub const fn octokit() -> Self {
        Self {
            base: 1_000_000_000,
            cap: 60_000_000_000,
            growth: Growth::Square,
            jitter: Jitter::None,
        }
    }

    /// With another growth: 1 for a constant wait.
    #[must_use]
    pub const fn with_factor(self, factor: NonZeroU32) -> Self {
        let growth = Growth::Power(factor);
        Self { growth, ..self }
    }

    /// With another jitter.
    #[must_use]
    pub const fn with_jitter(self, jitter: Jitter) -> Self {
        Self { jitter, ..self }
    }

    /// The first step.
    pub const fn base(&self) -> Duration {
        Duration::from_nanos(self.base)
    }

    /// How much longer each step is than the last; `None` for [Octokit's](Self::octokit) squares.
    pub const fn factor(&self) -> Option<NonZeroU32> {
        match self.growth {
            Growth::Power(factor) => Some(factor),
            Growth::Square => None,
        }
    }

    /// How randomness enters.
    pub const fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The longest wait there can be.
    pub const fn cap(&self) -> Duration {
        Duration::from_nanos(self.cap)
    }

    /// The wait after `made` attempts (at least one), when the wait before was `previous` (zero at first).
    pub fn wait(&self, made: u32, previous: Duration, random: &mut impl Random) -> Duration {
        let step = self.step(made);
        let nanos = match self.jitter {
            Jitter::None => step,
            Jitter::Full => random.below(step),
            Jitter::Equal => step - step / 2 + random.below(step / 2 + 1),
            Jitter::Decorrelated => self.decorrelated(saturating_nanos(previous), random),
            Jitter::Proportional(part) => {
                let high = step.saturating_add(part.of(step)).min(self.cap);
                random.between(step - part.of(step), high)
            }
            Jitter::Below(part) => random.between(step - part.of(step), step),
        };
        Duration::from_nanos(nanos.min(self.cap))
    }

    fn step(&self, made: u32) -> u64 {
        let growth = match self.growth {
            Growth::Power(factor) => u64::from(factor.get()).saturating_pow(made.saturating_sub(1)),
            Growth::Square => u64::from(made).saturating_pow(2),
        };
        self.base.saturating_mul(growth).min(self.cap)
    }

    fn decorrelated(&self, previous: u64, random: &mut impl Random) -> u64 {
        let high = previous.max(self.base).saturating_mul(3);
        random.between(self.base, high)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn backoff(jitter: Jitter) -> Backoff {
        Backoff::new(SECOND, 60 * SECOND)
            .unwrap()
            .with_jitter(jitter)
    }

    fn spread(backoff: &Backoff, made: u32) -> (Duration, Duration) {
        let mut random = fastrand::Rng::with_seed(7);
        let waits: Vec<_> = (0..1_000)
            .map(|_| backoff.wait(made, Duration::ZERO, &mut random))
            .collect();
        (*waits.iter().min().unwrap(), *waits.iter().max().unwrap())
    }

    #[test]
    fn without_jitter_it_doubles_up_to_the_cap() {
        let steps = (1..=8).map(|made| spread(&backoff(Jitter::None), made).0.as_secs());
        assert!(steps.eq([1, 2, 4, 8, 16, 32, 60, 60]));
    }

    #[test]
    fn a_base_of_a_whole_second_is_spread_within_the_second() {
        let (low, high) = spread(&backoff(Jitter::Full), 1);
        assert!(
            low < SECOND / 100 && high > SECOND * 99 / 100 && high < SECOND,
            "{low:?} {high:?}"
        );
    }

    #[test]
    fn at_the_cap_the_waits_are_still_spread() {
        let (low, high) = spread(&backoff(Jitter::Full), 30);
        assert!(low < SECOND && high > 59 * SECOND && high <= 60 * SECOND);
    }

    #[test]
    fn each_strategy_keeps_to_its_range() {
        let percent = |n| Percent::new(n).unwrap();
        for (jitter, low, high) in [
            (Jitter::Equal, 500, 1_000),
            (Jitter::Decorrelated, 1_000, 3_000),
            (Jitter::Proportional(percent(20)), 800, 1_200),
            (Jitter::Below(percent(25)), 750, 1_000),
        ] {
            let (least, most) = spread(&backoff(jitter), 1);
            let (low, high) = (Duration::from_millis(low), Duration::from_millis(high));
            let slack = (high - low) / 50;
            assert!(low <= least && least < low + slack, "{jitter:?} {least:?}");
            assert!(high - slack < most && most <= high, "{jitter:?} {most:?}");
        }
    }

    #[test]
    fn a_base_over_the_cap_is_refused_in_words() {
        let refused = Backoff::new(2 * SECOND, SECOND).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "backoff base: 2s is not possible, expected at most the cap"
        );
        assert!(Percent::new(101).is_err());
    }

    fn jitters() -> impl Strategy<Value = Jitter> {
        prop_oneof![
            Just(Jitter::None),
            Just(Jitter::Full),
            Just(Jitter::Equal),
            Just(Jitter::Decorrelated),
            (0_u8..=100).prop_map(|p| Jitter::Proportional(Percent(p))),
            (0_u8..=100).prop_map(|p| Jitter::Below(Percent(p))),
        ]
    }

    fn boundaries() -> impl Strategy<Value = u64> {
        prop_oneof![
            Just(0),
            Just(1),
            Just(1_000_000_000),
            Just(u64::MAX - 1),
            Just(u64::MAX),
            any::<u64>()
        ]
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_cap(
            jitter in jitters(), base in boundaries(), cap in boundaries(), previous in boundaries(),
            made in prop_oneof![Just(0_u32), Just(1), Just(64), Just(u32::MAX), any::<u32>()],
            factor in 1_u32.., seed: u64,
        ) {
            let (base, cap) = (base.min(cap), base.max(cap));
            let growth = Growth::Power(NonZeroU32::new(factor).unwrap());
            let backoff = Backoff { base, cap, growth, jitter };
            let wait = backoff.wait(made, Duration::from_nanos(previous), &mut fastrand::Rng::with_seed(seed));
            prop_assert!(wait <= backoff.cap());
        }
    }
}

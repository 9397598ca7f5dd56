//! When a circuit opens, for how long, and what closes it again: one validated value.

use std::num::NonZeroU32;
use std::time::Duration;

use super::bounds::{Rate, Span, Window};
use super::probes::MOST_PROBES;
use super::state::State;
use crate::invalid::Invalid;

/// What one outcome says of the server behind the circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is well.
    Success,
    /// It is not.
    Failure,
    /// It limits: a failure in a rate and of a probe, and none in a row of failures, as it did answer.
    Limited,
    /// Nothing.
    Nothing,
}

/// Where a circuit goes that was half-open for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stalled {
    /// It opens: probes that do not end are no good sign.
    Open,
    /// It closes.
    Close,
}

/// When a circuit opens, for how long, and what closes it again.
///
/// A circuit that is closed opens when the failure rate of its window, or the rate of its slow calls, *reaches* its
/// bound, once there are enough calls to judge; or when so many calls have failed in a row. It then lets nothing pass
/// for a while, and after that, with the next call, a few probes. Their results decide, by the same bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circuit {
    pub(super) window: Window,
    pub(super) failures: Option<Rate>,
    pub(super) slow: Option<(Rate, Duration)>,
    pub(super) consecutive: Option<NonZeroU32>,
    pub(super) minimum: u32,
    pub(super) probes: u32,
    pub(super) half_open_limit: Duration,
    pub(super) stalled: Stalled,
    pub(super) open: Duration,
    pub(super) growth_percent: u32,
    pub(super) longest_open: Duration,
    pub(super) rate_limited: Verdict,
    pub(super) dropped: Verdict,
    pub(super) opens_on_hint: bool,
    pub(super) initial: State,
}

impl Default for Circuit {
    /// Opens for 30 s when half of at least 20 calls of the last 30 s failed, and for twice as long each time its
    /// probes fail, up to 5 minutes. Three probes, for a minute at most.
    ///
    /// Half is what resilience4j and Hystrix open at, and 20 calls are Hystrix's minimum; 30 s is the window of .NET's
    /// standard handler, and 5 minutes is where Finagle's backoff ends. One probe decides by one accident; of three, it
    /// takes two. How long a call may take is known to nobody but the caller: slow calls are not counted unless a bound
    /// is given.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Circuit {
    pub(crate) const DEFAULT: Self = Self {
        window: Window(Span::Time {
            bucket: 3_000_000_000,
            count: 10,
        }),
        failures: Some(Rate::HALF),
        slow: None,
        consecutive: None,
        minimum: 20,
        probes: 3,
        half_open_limit: Duration::from_secs(60),
        stalled: Stalled::Open,
        open: Duration::from_secs(30),
        growth_percent: 200,
        longest_open: Duration::from_secs(300),
        rate_limited: Verdict::Nothing,
        dropped: Verdict::Nothing,
        opens_on_hint: false,
        initial: State::Closed,
    };

    /// Opens after `failures` failed calls in a row, whatever their rate. One probe closes it again.
    ///
    /// The rest is as by default.
    pub fn only_consecutive(failures: NonZeroU32) -> Self {
        Self {
            failures: None,
            consecutive: Some(failures),
            probes: 1,
            ..Self::default()
        }
    }

    /// With another window. A minimum of calls that a window of calls cannot hold is lowered to what it can, as
    /// resilience4j does.
    #[must_use]
    pub const fn with_window(self, window: Window) -> Self {
        let minimum = match window.capacity() {
            Some(most) if most < self.minimum => most,
            _ => self.minimum,
        };
        Self {
            window,
            minimum,
            ..self
        }
    }

    /// With another failure rate at which it opens.
    #[must_use]
    pub const fn with_failure_rate(self, rate: Rate) -> Self {
        Self {
            failures: Some(rate),
            ..self
        }
    }

    /// Without a failure rate: what opens it are slow calls or failures in a row, where it looks at those.
    #[must_use]
    pub const fn without_failure_rate(self) -> Self {
        Self {
            failures: None,
            ..self
        }
    }

    /// With a share of calls that took longer than `than`, at which it opens too.
    #[must_use]
    pub const fn with_slow_call_rate(self, rate: Rate, than: Duration) -> Self {
        Self {
            slow: Some((rate, than)),
            ..self
        }
    }

    /// With a number of failures in a row at which it opens too, without regard to the minimum of calls.
    #[must_use]
    pub const fn with_consecutive(self, failures: NonZeroU32) -> Self {
        Self {
            consecutive: Some(failures),
            ..self
        }
    }

    /// With another number of calls that there must be in the window before a rate is looked at.
    ///
    /// # Errors
    ///
    /// If it is zero, or more than the window holds, so that the circuit would never open.
    pub fn with_minimum_calls(self, minimum: u32) -> Result<Self, Invalid> {
        let most = self.window.capacity().unwrap_or(u32::MAX);
        if !(1..=most).contains(&minimum) {
            let expected = "1 to what the window holds";
            return Err(Invalid::new("breaker minimum calls", minimum, expected));
        }
        Ok(Self { minimum, ..self })
    }

    /// With another number of calls that pass while it is half-open. As many results, or the minimum of calls if that is
    /// less, decide.
    ///
    /// # Errors
    ///
    /// If it is zero, so that the circuit would never close, or more than 1 000.
    pub fn with_probes(self, probes: u32) -> Result<Self, Invalid> {
        if !(1..=MOST_PROBES).contains(&probes) {
            return Err(Invalid::new("breaker probes", probes, "1 to 1 000"));
        }
        Ok(Self { probes, ..self })
    }

    /// With another bound on how long it may be half-open, and what follows then. [`Duration::MAX`] is no bound: a
    /// probe that never ends then keeps the circuit half-open.
    ///
    /// # Errors
    ///
    /// If it is zero: there would be no time for a probe.
    pub fn with_half_open_for(self, limit: Duration, stalled: Stalled) -> Result<Self, Invalid> {
        if limit.is_zero() {
            return Err(Invalid::new("breaker half-open limit", limit, "some time"));
        }
        Ok(Self {
            half_open_limit: limit,
            stalled,
            ..self
        })
    }

    /// With another time for which it is open, the same each time.
    ///
    /// # Errors
    ///
    /// If it is zero: it would never be open.
    pub fn with_open_for(self, open: Duration) -> Result<Self, Invalid> {
        self.with_open_growth(open, 100, open)
    }

    /// With another time for which it is open: `open_for` at first, and `percent` hundredths of the last time whenever its
    /// probes fail, up to `max_open_for`. When they succeed, it begins at `open_for` again.
    ///
    /// # Errors
    ///
    /// If `open_for` is zero or longer than `max_open_for`, or `percent` is not from 100 to 1 000.
    pub fn with_open_growth(
        self,
        open_for: Duration,
        percent: u32,
        max_open_for: Duration,
    ) -> Result<Self, Invalid> {
        if open_for.is_zero() || open_for > max_open_for {
            let expected = "more than nothing, and at most the longest";
            return Err(Invalid::new("breaker open time", open_for, expected));
        }
        if !(100..=1_000).contains(&percent) {
            return Err(Invalid::new("breaker growth", percent, "100 % to 1 000 %"));
        }
        Ok(Self {
            open: open_for,
            growth_percent: percent,
            longest_open: max_open_for,
            ..self
        })
    }

    /// With another reading of `rate_limited` outcomes. By default they say nothing: a server that limits is well.
    #[must_use]
    pub const fn with_rate_limited(self, verdict: Verdict) -> Self {
        Self {
            rate_limited: verdict,
            ..self
        }
    }

    /// With another reading of a call that was sent and whose answer nobody waited for. By default it says nothing: a
    /// caller has its own reasons. [`Verdict::Failure`] suits a timeout that stands outside.
    #[must_use]
    pub const fn with_dropped(self, verdict: Verdict) -> Self {
        Self {
            dropped: verdict,
            ..self
        }
    }

    /// Whether it opens at once, for as long as the server says, when a failure comes with a hint. By default such a hint
    /// only lengthens the time for which the circuit opens anyway.
    #[must_use]
    pub const fn with_opens_on_hint(self, opens_on_hint: bool) -> Self {
        Self {
            opens_on_hint,
            ..self
        }
    }

    /// Begins in [`State::MetricsOnly`]: to see what it would do.
    #[must_use]
    pub const fn with_metrics_only(self) -> Self {
        Self {
            initial: State::MetricsOnly,
            ..self
        }
    }

    /// Begins in [`State::Disabled`].
    #[must_use]
    pub const fn with_disabled(self) -> Self {
        Self {
            initial: State::Disabled,
            ..self
        }
    }
}

/// What it is made of.
impl Circuit {
    /// The results that it is judged by while it is closed.
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The failure rate at which it opens, if it looks at one.
    pub const fn failure_rate(&self) -> Option<Rate> {
        self.failures
    }

    /// The share of slow calls at which it opens, and what is slow, if it looks at that.
    pub const fn slow_call_rate(&self) -> Option<(Rate, Duration)> {
        self.slow
    }

    /// The number of failures in a row at which it opens, if it looks at that.
    pub const fn consecutive(&self) -> Option<NonZeroU32> {
        self.consecutive
    }

    /// How many calls there must be in the window before a rate is looked at: never more than the window holds.
    pub fn minimum_calls(&self) -> u32 {
        self.minimum.min(self.window.capacity().unwrap_or(u32::MAX))
    }

    /// How many calls pass while it is half-open.
    pub const fn probes(&self) -> u32 {
        self.probes
    }

    /// For how long it may be half-open, and what follows then.
    pub const fn half_open_for(&self) -> (Duration, Stalled) {
        (self.half_open_limit, self.stalled)
    }

    /// For how long it is open at first.
    pub const fn open_for(&self) -> Duration {
        self.open
    }

    /// How many hundredths of the last time it is open when its probes fail.
    pub const fn open_growth(&self) -> u32 {
        self.growth_percent
    }

    /// For how long it is open at most.
    pub const fn max_open_for(&self) -> Duration {
        self.longest_open
    }

    /// What a `rate_limited` outcome says.
    pub const fn rate_limited(&self) -> Verdict {
        self.rate_limited
    }

    /// Whether a failure with a hint opens it at once.
    pub const fn opens_on_hint(&self) -> bool {
        self.opens_on_hint
    }

    /// The state it begins in.
    pub const fn initial(&self) -> State {
        self.initial
    }
}

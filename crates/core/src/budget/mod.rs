//! The bound on retries as a share of calls.
//!
//! `max_attempts` bounds one call. It does not bound the sum: when a server that 1 000 callers use goes down, five
//! attempts each are five times the load, at the very moment when the server can bear least. A budget is shared by all
//! calls of one layer and looks at the sum. While few calls fail, it never refuses. When all fail, retries add 20 % to
//! the load, not 400 %, and the rest of the failures are returned at once.
//!
//! Two ways of counting are known, and both are here:
//!
//! * **a share of calls over time** (Finagle): each call deposits, each retry withdraws, and deposits are forgotten
//!   after a while. It follows the traffic and needs no notice of when a call ends. This is the default;
//! * **a share of calls in flight** (Envoy): as many retries at a time as a percentage of the calls at that time. It
//!   follows the load that the server feels, slow calls included.
//!
//! A refusal takes nothing.

mod active;
mod deposits;

use std::time::Duration;

use self::active::Active;
use self::deposits::Deposits;
use crate::invalid::Invalid;
use crate::time::Timestamp;

/// A share, exact to a millionth: 0.2 is 20 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

const MILLION: u32 = 1_000_000;
const LARGEST_SHARE: u32 = 1_000;

impl Share {
    pub(crate) const FIFTH: Self = Self(MILLION / 5);

    /// `millionths` of the whole: 200 000 is 20 %.
    ///
    /// # Errors
    ///
    /// If it is more than a thousand times the whole, which is where Finagle draws the line too.
    pub fn from_millionths(millionths: u32) -> Result<Self, Invalid> {
        if millionths > LARGEST_SHARE * MILLION {
            return Err(Invalid::new(
                "retry share",
                millionths,
                "at most 1000 times the calls",
            ));
        }
        Ok(Self(millionths))
    }

    /// `percent` hundredths of the whole.
    ///
    /// # Errors
    ///
    /// If it is more than a thousand times the whole.
    pub fn from_percent(percent: u32) -> Result<Self, Invalid> {
        Self::from_millionths(percent.saturating_mul(MILLION / 100))
    }

    /// Millionths of the whole.
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

/// A bound on retries, shared by all calls of one layer.
#[derive(Debug)]
pub struct Budget(Kind);

#[derive(Debug)]
enum Kind {
    Deposits(Deposits),
    Active(Active),
    Unlimited,
}

impl Default for Budget {
    /// 20 % of the calls of the last 10 s, and 10 a second on top, so that a program with little traffic may retry too.
    ///
    /// Finagle's figures, and tower's.
    fn default() -> Self {
        Self(Kind::Deposits(Deposits::new(
            Duration::from_secs(10),
            10,
            MILLION / 5,
        )))
    }
}

fn check_memory(memory: Duration) -> Result<(), Invalid> {
    if !(Duration::from_secs(1)..=Duration::from_secs(60)).contains(&memory) {
        return Err(Invalid::new("retry budget memory", memory, "1 s to 60 s"));
    }
    Ok(())
}

impl Budget {
    /// A share of the calls of the last `memory`, and `per_second` retries on top.
    ///
    /// # Errors
    ///
    /// If `memory` is not between 1 s and 60 s: shorter, and calls are forgotten before they fail; longer, and an
    /// outage is met with the savings of a quiet hour.
    pub fn of_calls(share: Share, per_second: u32, memory: Duration) -> Result<Self, Invalid> {
        check_memory(memory)?;
        Ok(Self(Kind::Deposits(Deposits::new(
            memory, per_second, share.0,
        ))))
    }

    /// A share of the calls in flight, and never fewer than `at_least` retries at a time.
    pub fn of_active(share: Share, at_least: u32) -> Self {
        Self(Kind::Active(Active::new(share.0, at_least)))
    }

    /// No bound. For programs that bound their calls themselves.
    pub const fn unlimited() -> Self {
        Self(Kind::Unlimited)
    }

    /// Whether there is no bound.
    pub const fn is_unlimited(&self) -> bool {
        matches!(self.0, Kind::Unlimited)
    }

    /// Goes on with other figures, if it is a [share of calls](Self::of_calls): what was spent stays spent. `false` if it
    /// is not, and then nothing is changed.
    ///
    /// # Errors
    ///
    /// As [`Budget::of_calls`].
    pub fn change(
        &self,
        share: Share,
        per_second: u32,
        memory: Duration,
        now: Timestamp,
    ) -> Result<bool, Invalid> {
        check_memory(memory)?;
        let Kind::Deposits(deposits) = &self.0 else {
            return Ok(false);
        };
        deposits.change(memory, per_second, share.0, now);
        Ok(true)
    }

    /// A call began.
    pub fn call_began(&self, now: Timestamp) {
        match &self.0 {
            Kind::Deposits(deposits) => deposits.deposit(now),
            Kind::Active(active) => active.call_began(),
            Kind::Unlimited => {}
        }
    }

    /// A call ended, or was dropped.
    pub fn call_ended(&self) {
        if let Kind::Active(active) = &self.0 {
            active.call_ended();
        }
    }

    /// Asks for a retry. If it is granted, either [`Budget::retry_ended`] or [`Budget::retry_given_back`] is owed.
    pub fn try_retry(&self, now: Timestamp) -> bool {
        match &self.0 {
            Kind::Deposits(deposits) => deposits.try_withdraw(now),
            Kind::Active(active) => active.try_retry(),
            Kind::Unlimited => true,
        }
    }

    /// A granted retry was not sent: its place is given back.
    pub fn retry_given_back(&self, now: Timestamp) {
        match &self.0 {
            Kind::Deposits(deposits) => deposits.give_back(now),
            Kind::Active(active) => active.retry_ended(),
            Kind::Unlimited => {}
        }
    }

    /// A granted retry was sent, and has ended or was dropped.
    pub fn retry_ended(&self) {
        if let Kind::Active(active) = &self.0 {
            active.retry_ended();
        }
    }

    /// How many retries would be granted now, one after the other; `u32::MAX` if there is no bound.
    pub fn balance(&self, now: Timestamp) -> u32 {
        match &self.0 {
            Kind::Deposits(deposits) => deposits.balance(now),
            Kind::Active(active) => active.balance(),
            Kind::Unlimited => u32::MAX,
        }
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn shares_and_memories_that_cannot_be_are_refused() {
        assert!(Share::from_millionths(LARGEST_SHARE * MILLION + 1).is_err());
        assert!(Share::from_percent(u32::MAX).is_err());
        let share = Share::from_percent(20).unwrap();
        for millis in [0, 999, 60_001] {
            assert!(
                Budget::of_calls(share, 10, Duration::from_millis(millis)).is_err(),
                "{millis}"
            );
        }
    }

    #[test]
    fn no_bound_never_refuses() {
        let budget = Budget::unlimited();
        assert!((0..1_000).all(|_| budget.try_retry(Timestamp::default())));
        assert_eq!(budget.balance(Timestamp::default()), u32::MAX);
    }
}

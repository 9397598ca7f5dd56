//! The clocks and the timer. The only file that reads the time.
//!
//! Timers are tokio's, so that a test that pauses tokio's time pauses all of ours.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use buttress_core::{Timestamp, UnixTime};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

/// The clocks that a layer reads: tokio's monotonic one, and a wall clock that can be replaced.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: fn() -> UnixTime,
}

impl Default for Clock {
    /// The system's wall clock.
    fn default() -> Self {
        Self { wall: system_wall }
    }
}

impl Clock {
    /// With another wall clock. It is read for dates in answers that have no `Date` header of their own.
    pub const fn with_wall(wall: fn() -> UnixTime) -> Self {
        Self { wall }
    }

    /// The monotonic time. All clocks of one process share their origin.
    pub fn now(self) -> Timestamp {
        let elapsed = instant().saturating_duration_since(origin());
        Timestamp::default() + elapsed
    }

    /// Begins a service's `call`, or goes on with that of a layer outside: layers that decide on a call one inside the
    /// other, with nothing awaited between them, decide on it at the same moment, and the clock is read once.
    ///
    /// The reading is the outermost's. It is good for decisions, which it makes neither earlier nor more lenient, and for the
    /// beginning of an attempt: nobody has waited since. [`end_turn`] ends it where code runs that is not ours.
    #[inline]
    pub(crate) fn turn(self) -> Turn {
        let (now, is_outermost) = match TURN.get() {
            Timestamp::MAX => (self.now(), true),
            now => (now, false),
        };
        TURN.set(now);
        Turn { now, is_outermost }
    }

    /// The time of the turn, or, outside of one, the time. What begins no turn has nothing to drop after the call of the
    /// inner service, whose future is then made where it is to be and not moved there.
    #[inline]
    pub(crate) fn in_turn(self) -> Timestamp {
        match TURN.get() {
            Timestamp::MAX => self.now(),
            now => now,
        }
    }

    /// The wall clock's time.
    pub fn wall(self) -> UnixTime {
        (self.wall)()
    }

    /// How long it is until `time`; nothing if it has passed.
    pub fn until(self, time: Timestamp) -> Duration {
        time.since(self.now())
    }

    /// What the wall clock will show at `time`, or has shown: for a job queue that is to try again
    /// [not before](crate::not_before) then.
    pub fn wall_at(self, time: Timestamp) -> UnixTime {
        let now = self.now();
        let nanos = i128::from(time.as_nanos()) - i128::from(now.as_nanos());
        UnixTime::from_nanos(self.wall().as_nanos().saturating_add(nanos))
    }
}

thread_local! {
    /// When the turn on this thread began; [`Timestamp::MAX`] outside of one.
    static TURN: Cell<Timestamp> = const { Cell::new(Timestamp::MAX) };
}

/// A call that is being made. A guard and not a scope around a closure, so that the request is not moved into one.
#[must_use = "it lasts as long as this"]
#[derive(Debug)]
pub(crate) struct Turn {
    now: Timestamp,
    is_outermost: bool,
}

impl Turn {
    /// When it began.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }
}

impl Drop for Turn {
    #[inline]
    fn drop(&mut self) {
        if self.is_outermost {
            TURN.set(Timestamp::MAX);
        }
    }
}

/// Ends the turn before the client is called: it may take its time, and what it calls then reads the clock itself.
#[inline]
pub(crate) fn end_turn() {
    TURN.set(Timestamp::MAX);
}

/// Completes `wait` from now, and never earlier. Boxed, as it is only made on a path that is slow anyway.
pub(crate) fn sleep(wait: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(wait))
}

pin_project! {
    /// A timer that is made when it is first waited for: an answer that comes at once does not pay for it.
    #[derive(Debug)]
    pub(crate) struct Timer {
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Timer {
    pub(crate) const fn new() -> Self {
        Self { sleep: None }
    }

    /// Ready at `at`, which is the same at each poll. The task is woken then; at [`Timestamp::MAX`] nobody is.
    ///
    /// The clock is looked at before the timer: tokio's timer yields where a task has used up its turn, and an inner
    /// future that uses it up at every poll would never be timed.
    pub(crate) fn poll_at(
        self: Pin<&mut Self>,
        at: Timestamp,
        now: Timestamp,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if now >= at {
            return Poll::Ready(());
        }
        if at == Timestamp::MAX {
            return Poll::Pending;
        }
        let mut sleep = self.project().sleep;
        if sleep.is_none() {
            sleep.set(Some(tokio::time::sleep(at.since(now))));
        }
        match sleep.as_pin_mut() {
            Some(sleep) => sleep.poll(cx),
            None => Poll::Pending,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn system_wall() -> UnixTime {
    SystemTime::now().into()
}

/// An hour before the first look at the clock, so that a paused clock that started a moment earlier, in another
/// runtime of the same process, does not stand before it.
fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(|| {
        let now = real_instant();
        now.checked_sub(Duration::from_secs(3_600)).unwrap_or(now)
    })
}

/// Not tokio's: a runtime that is paused, and ahead of all others, must not set the origin.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn real_instant() -> Instant {
    Instant::from_std(std::time::Instant::now())
}

#[cfg(test)]
impl Clock {
    /// Lets some time pass, if not much.
    pub(crate) fn pass(self) {
        let now = self.now();
        while self.now() == now {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_sleep_ends_when_it_should_by_the_same_clock() {
        let clock = Clock::default();
        let began = clock.now();
        sleep(Duration::from_secs(5)).await;
        assert_eq!(clock.now().since(began), Duration::from_secs(5));
    }

    #[test]
    fn a_turn_has_one_time_and_the_next_another() {
        let clock = Clock::default();
        let outer = clock.turn();
        let began = outer.now();
        clock.pass();
        assert_eq!(clock.turn().now(), began);
        assert_eq!(clock.turn().now(), began);
        drop(outer);
        assert!(clock.turn().now() > began);
    }

    #[test]
    fn what_only_asks_for_the_turn_begins_none() {
        let clock = Clock::default();
        let before = clock.in_turn();
        clock.pass();
        let turn = clock.turn();
        assert!(turn.now() > before);
        clock.pass();
        assert_eq!(clock.in_turn(), turn.now());
    }

    #[test]
    fn after_the_end_of_a_turn_the_clock_is_read_again() {
        let clock = Clock::default();
        let outer = clock.turn();
        clock.pass();
        end_turn();
        let inner = clock.turn();
        assert!(inner.now() > outer.now());
        drop(inner);
        assert!(clock.in_turn() > outer.now());
    }

    #[test]
    fn a_panic_ends_the_turn() {
        let panicked = std::panic::catch_unwind(|| {
            let _turn = Clock::default().turn();
            panic!("inside")
        });
        assert!(panicked.is_err());
        assert_eq!(TURN.get(), Timestamp::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_to_come_has_a_wall_clock_time() {
        let clock = Clock::with_wall(|| UnixTime::from_secs(100));
        let later = clock.now() + Duration::from_secs(7);
        assert_eq!(clock.wall_at(later), UnixTime::from_secs(107));
        assert_eq!(clock.wall_at(clock.now()), UnixTime::from_secs(100));
    }

    #[test]
    fn the_wall_clock_can_be_replaced() {
        let clock = Clock::with_wall(|| UnixTime::from_secs(7));
        assert_eq!(clock.wall(), UnixTime::from_secs(7));
    }
}

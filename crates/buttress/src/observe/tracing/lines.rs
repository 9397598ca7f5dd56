use std::fmt;
use std::time::Duration;

use buttress_core::breaker::{self, Change, State};
use buttress_core::event::{Routine, Story};
use buttress_core::history::{Cause, End};
use buttress_core::{Class, Event, Observer};
use tracing::{Level, debug, event_enabled, info, warn};

use crate::observe::current;
use crate::observe::metric::DROPPED;

/// An [`Observer`] that writes to whatever `tracing` subscriber there is.
///
/// Each call that begins ends in one line, the last of its lines: at debug if it met no trouble, or if nothing could have
/// saved it; at info if it was saved, with its whole story; at warn if it was lost; at info if it was dropped before it had
/// an answer. What happens on the way is told at debug, and what changes for all callers at info, or at warn where it
/// stops them. A retry layer inside another, which is a mistake in the stack, is told at warn.
///
/// Without a [call layer](crate::observe::call) the retry layer's end stands for the call's, as far as it knows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing;

impl Observer for Tracing {
    fn listens_to(&self, routine: Routine) -> bool {
        match routine {
            Routine::CallEnded => is_heard(),
            _ => false,
        }
    }

    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::CallEnded {
                class,
                elapsed,
                story,
                ..
            } => call_ended(class, elapsed, story),
            Event::Classified { outcome } if !outcome.is_ok() => {
                let elapsed_ms = millis(outcome.elapsed());
                let (class, rule) = (outcome.class().name(), outcome.rule());
                debug!(class, rule, elapsed_ms, "attempt failed");
            }
            Event::StreamFailed { outcome } => {
                let (class, rule) = (outcome.class().name(), outcome.rule());
                debug!(class, rule, "stream failed");
            }
            Event::RetryScheduled {
                attempt,
                outcome,
                wait,
                cause,
            } => {
                let (class, wait_ms) = (outcome.class().name(), millis(wait));
                debug!(
                    attempt,
                    class,
                    wait_ms,
                    cause = cause.name(),
                    "trying again"
                );
            }
            Event::RetryEnded {
                attempts,
                class,
                end,
                waited,
            } if !current::is_kept() => retry_ended(attempts, class, end, waited),
            Event::Waited {
                cause,
                wait,
                given_up,
                ..
            } => waited(cause, wait, given_up),
            Event::Rejected { rejected } => debug!(why = rejected.why.name(), "call refused"),
            Event::DeadlinePassed { after } => {
                debug!(after_ms = millis(after), "deadline passed");
            }
            Event::NestedRetry { attempts } => {
                warn!(
                    attempts,
                    "a retry layer inside another: attempts would multiply"
                );
            }
            _ => of_all_callers(event),
        }
    }
}

/// Whether a line of any of our levels would be written. What a subscriber says to that is kept by `tracing` itself.
fn is_heard() -> bool {
    event_enabled!(Level::WARN)
        || event_enabled!(Level::INFO)
        || event_enabled!(Level::DEBUG)
        // With its feature `log`, which we cannot see, `tracing` hands lines to a logger where there is no subscriber.
        || log::max_level() >= log::LevelFilter::Warn
}

/// The whole story in one line. `waits` holds only what was waited for.
fn call_ended(class: Option<Class>, elapsed: Duration, story: &Story) {
    /// The level and the words differ, and have to be known to the macro.
    macro_rules! tell {
        ($level:ident, $words:literal) => {
            $level!(
                class = class.map_or(DROPPED, Class::name),
                attempts = story.attempts(),
                classes = told(Classes(story), story.classes().len() > 1),
                waited_ms = millis(story.waited()),
                waits = told(Waits(story), !story.waited().is_zero()),
                end = story.end().map(End::name),
                why = story.rejected().map(buttress_core::Why::name),
                elapsed_ms = millis(elapsed),
                $words
            )
        };
    }
    match class {
        None => tell!(info, "call dropped"),
        Some(Class::Ok) if story.is_plain() => tell!(debug, "call done"),
        Some(Class::Ok) => tell!(info, "call saved"),
        Some(class) if story.is_plain() && is_callers(class) => tell!(debug, "call failed"),
        Some(_) => tell!(warn, "call lost"),
    }
}

/// The server is well, and the request was not: nothing could have saved it.
const fn is_callers(class: Class) -> bool {
    matches!(class, Class::Auth | Class::ClientError | Class::Conflict)
}

/// As far as retry knows the call.
fn retry_ended(attempts: u32, class: Class, end: End, waited: Duration) {
    let (class, waited_ms) = (class.name(), millis(waited));
    match end {
        End::Succeeded => info!(attempts, waited_ms, "call saved"),
        End::NotRetryable => debug!(attempts, class, waited_ms, "call failed"),
        end => warn!(attempts, class, end = end.name(), waited_ms, "call lost"),
    }
}

fn waited(cause: Cause, wait: Duration, given_up: bool) {
    let (cause, wait_ms) = (cause.name(), millis(wait));
    if given_up {
        debug!(cause, wait_ms, "waited in vain");
    } else {
        debug!(cause, wait_ms, "waited");
    }
}

/// What changes for all callers of a key.
fn of_all_callers(event: &Event<'_>) {
    match *event {
        Event::BreakerChanged { change, .. } => breaker_changed(change),
        Event::BreakerWouldOpen { exceeded, .. } => {
            let cause = breaker::Cause::Exceeded(exceeded).name();
            info!(cause, "circuit would open");
        }
        Event::PauseBegan { why, remaining, .. } => {
            info!(
                why = why.name(),
                remaining_ms = millis(remaining),
                "pause began"
            );
        }
        Event::PauseEnded { .. } => info!("pause ended"),
        Event::ServiceBroken { .. } => warn!("service broken"),
        Event::ServiceRebuilt { error: None } => info!("service rebuilt"),
        Event::ServiceRebuilt { .. } => warn!("service not rebuilt"),
        _ => {}
    }
}

fn breaker_changed(change: &Change) {
    let (from, to) = (change.from.name(), change.to.name());
    let cause = change.cause.name();
    match change.to {
        State::Open | State::ForcedOpen => warn!(from, to, cause, "circuit opened"),
        _ => info!(from, to, cause, "circuit changed"),
    }
}

/// What the attempts meant, in their order: `rate_limited, unavailable, ok`.
struct Classes<'a>(&'a Story);

impl fmt::Display for Classes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.classes().iter();
        listed(f, names.map(|class| class.map_or(DROPPED, Class::name)))
    }
}

/// What was waited for, and how long: `hint 5000 ms, rate_limit 20 ms`.
struct Waits<'a>(&'a Story);

impl fmt::Display for Waits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = Cause::ALL.map(|cause| Wait(cause, self.0.waited_for(cause)));
        listed(f, waits.iter().filter(|Wait(_, wait)| !wait.is_zero()))
    }
}

struct Wait(Cause, Duration);

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ms", self.0.name(), millis(self.1))
    }
}

fn listed<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

/// A field that says nothing is left out.
fn told<T: fmt::Display>(item: T, is_told: bool) -> Option<tracing::field::DisplayValue<T>> {
    is_told.then(|| tracing::field::display(item))
}

/// Whole milliseconds, as a number that every subscriber can write.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

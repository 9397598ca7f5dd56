//! Events as `tracing` events. Nothing of a request reaches them: no URL, no header, no key, no client's words.

use buttress_core::breaker::{self, Change, State};
use buttress_core::history::{Cause, End};
use buttress_core::{Class, Event, Observer};
use std::time::Duration;
use tracing::{debug, info, warn};

/// An [`Observer`] that writes to whatever `tracing` subscriber there is.
///
/// An attempt and a wait are told at debug; a call that was saved by another attempt at info, one that was lost at warn,
/// one that nothing could have saved at debug; what changes for all callers at info, or at warn where it stops them; a
/// retry layer inside another, which is a mistake in the stack, at warn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing;

impl Observer for Tracing {
    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::Classified { outcome } if !outcome.is_ok() => {
                let elapsed_ms = outcome.elapsed().as_millis();
                let (class, rule) = (outcome.class().name(), outcome.rule());
                debug!(class, rule, elapsed_ms, "attempt failed");
            }
            Event::RetryScheduled {
                attempt,
                outcome,
                wait,
                cause,
            } => {
                let (class, wait_ms) = (outcome.class().name(), wait.as_millis());
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
            } => call_ended(attempts, class, end, waited),
            Event::NestedRetry { attempts } => {
                warn!(
                    attempts,
                    "a retry layer inside another: attempts would multiply"
                );
            }
            Event::Rejected { rejected } => debug!(why = rejected.why.name(), "call refused"),
            Event::DeadlinePassed { after } => {
                warn!(after_ms = after.as_millis(), "deadline passed");
            }
            Event::Waited { cause, wait, .. } => waited(cause, wait),
            _ => of_all_callers(event),
        }
    }
}

fn call_ended(attempts: u32, class: Class, end: End, waited: Duration) {
    let (class, waited_ms) = (class.name(), waited.as_millis());
    match end {
        End::Succeeded => info!(attempts, waited_ms, "call saved"),
        End::NotRetryable => debug!(attempts, class, waited_ms, "call failed"),
        end => warn!(attempts, class, end = end.name(), waited_ms, "call lost"),
    }
}

fn waited(cause: Cause, wait: Duration) {
    debug!(cause = cause.name(), wait_ms = wait.as_millis(), "waited");
}

/// What changes for all callers of a key.
fn of_all_callers(event: &Event<'_>) {
    match *event {
        Event::BreakerChanged { change, .. } => breaker_changed(change),
        Event::BreakerWouldOpen { exceeded, .. } => {
            let cause = breaker::Cause::Exceeded(exceeded).name();
            info!(cause, "circuit would open");
        }
        Event::PauseBegan { why, .. } => info!(why = why.name(), "pause began"),
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

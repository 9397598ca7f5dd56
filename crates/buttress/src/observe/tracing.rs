//! Events as `tracing` events. Nothing of a request reaches them: no URL, no header, no key.

use buttress_core::breaker::{Cause, Change, State};
use buttress_core::history::End;
use buttress_core::{Event, Observer};
use tracing::{debug, info, warn};

/// An [`Observer`] that writes to whatever `tracing` subscriber there is.
///
/// An attempt is told at debug; a call that was saved by another attempt at info; one that was lost at warn; a retry
/// layer inside another, which is a mistake in the stack, at warn. A circuit that opens is told at warn, its other changes
/// at info, and the calls that it refuses at debug.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing;

impl Observer for Tracing {
    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::Classified { outcome } if !outcome.is_ok() => {
                let elapsed_ms = outcome.elapsed().as_millis();
                debug!(
                    class = outcome.class().name(),
                    rule = outcome.rule(),
                    elapsed_ms,
                    "attempt failed"
                );
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
            Event::CallEnded {
                attempts,
                end: End::Succeeded,
                waited,
                ..
            } => {
                info!(attempts, waited_ms = waited.as_millis(), "call saved");
            }
            Event::CallEnded {
                attempts,
                class,
                end,
                waited,
            } => {
                let waited_ms = waited.as_millis();
                warn!(
                    attempts,
                    class = class.name(),
                    end = end.name(),
                    waited_ms,
                    "call lost"
                );
            }
            Event::NestedRetry { attempts } => {
                warn!(
                    attempts,
                    "a retry layer inside another: their attempts would multiply"
                );
            }
            // Not the error's own words: a client's may hold a URL.
            Event::ServiceBroken { .. } => warn!("service broken"),
            Event::ServiceRebuilt { error: None } => info!("service rebuilt"),
            Event::ServiceRebuilt { .. } => warn!("service not rebuilt"),
            Event::DeadlinePassed { after } => {
                warn!(after_ms = after.as_millis(), "deadline passed");
            }
            Event::Rejected { rejected } => debug!(why = rejected.why.name(), "call refused"),
            Event::BreakerChanged { change, .. } => breaker_changed(change),
            Event::BreakerWouldOpen { exceeded, .. } => {
                info!(
                    cause = Cause::Exceeded(exceeded).name(),
                    "circuit would open"
                );
            }
            _ => {}
        }
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

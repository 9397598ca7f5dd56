//! Events as `tracing` events. Nothing of a request reaches them: no URL, no header, no key.

use buttress_core::history::End;
use buttress_core::{Event, Observer};
use tracing::{debug, info, warn};

/// An [`Observer`] that writes to whatever `tracing` subscriber there is.
///
/// An attempt is told at debug; a call that was saved by another attempt at info; one that was lost at warn; a retry
/// layer inside another, which is a mistake in the stack, at warn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracing;

impl Observer for Tracing {
    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::Classified { outcome } => {
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
            Event::Waited { cause, wait } => {
                debug!(cause = cause.name(), wait_ms = wait.as_millis(), "waited");
            }
            Event::Refused { rejected } => debug!(why = rejected.why.name(), "refused"),
            Event::PauseBegan { why, .. } => info!(why = why.name(), "pause began"),
            Event::PauseEnded => info!("pause ended"),
            _ => {}
        }
    }
}

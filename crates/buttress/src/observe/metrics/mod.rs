//! Events as metrics, through the `metrics` facade: whatever recorder the program has installed gets them.

mod circuits;
mod handles;
mod http;
mod labels;
mod quotas;
#[cfg(test)]
mod tests;
mod upstreams;

use std::fmt;
use std::sync::{Arc, OnceLock};

use buttress_core::event::Routine;
use buttress_core::{Class, Event, Observer};

pub use self::upstreams::Upstreams;

use self::handles::Handles;
use self::labels::Labels;

/// An [`Observer`] that exports what is measured of one upstream. [`Metric`](super::Metric) says what that is.
///
/// Handles are resolved once, by the first event, and kept: install the program's recorder before the first call. Copies
/// share them.
///
/// ```
/// use buttress::observe::Metrics;
///
/// let metrics = Metrics::new("openai").with_profile("openai").with_http_names("api.openai.com");
/// # let _ = metrics;
/// ```
#[derive(Clone)]
pub struct Metrics {
    shared: Arc<Shared>,
}

struct Shared {
    labels: Labels,
    handles: OnceLock<Handles>,
}

impl Metrics {
    /// Of what you call `upstream`. A name that the program makes up, and not one that comes with a request: for those
    /// there is [`Upstreams`].
    pub fn new(upstream: &str) -> Self {
        Self::labelled(Labels::new(upstream))
    }

    /// With the name of the provider.
    #[must_use]
    pub fn with_profile(self, profile: &str) -> Self {
        let labels = self.shared.labels.clone();
        Self::labelled(labels.with_profile(profile))
    }

    /// With what has a name in OpenTelemetry's conventions under that name too: `http.client.request.duration`, of each
    /// attempt. `server` is the `server.address` that all of them are labelled with.
    #[must_use]
    pub fn with_http_names(self, server: &str) -> Self {
        let labels = self.shared.labels.clone();
        Self::labelled(labels.with_server(server))
    }

    /// Nothing has been resolved yet: nothing is left behind under the labels of before.
    fn labelled(labels: Labels) -> Self {
        let shared = Shared {
            labels,
            handles: OnceLock::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    fn handles(&self) -> &Handles {
        let shared = &*self.shared;
        shared.handles.get_or_init(|| Handles::new(&shared.labels))
    }
}

impl Observer for Metrics {
    fn listens_to(&self, routine: Routine) -> bool {
        routine != Routine::CallBegan
    }

    fn observe(&self, event: &Event<'_>) {
        let handles = self.handles();
        match *event {
            Event::CallEnded { class, elapsed, .. } => {
                handles.calls[place(class)].increment(1);
                handles.call_duration.record(elapsed);
            }
            Event::AttemptEnded { .. } => handles.attempt_ended(event),
            Event::Classified { outcome } => {
                handles
                    .malformed
                    .increment(outcome.malformed_hints().into());
            }
            Event::StreamFailed { outcome } => {
                handles.stream_failures[outcome.class().index()].increment(1);
            }
            Event::RetryScheduled { cause, .. } => handles.retries[cause.index()].increment(1),
            Event::WaitBegan { cause, .. } => handles.waiters[cause.index()].increment(1.0),
            Event::Waited { cause, wait, .. } => {
                handles.waiters[cause.index()].decrement(1.0);
                handles.waits[cause.index()].record(wait);
            }
            Event::Rejected { rejected } => handles.rejections[rejected.why.index()].increment(1),
            _ => handles.level(event),
        }
    }
}

/// The place after the last class is for what was dropped.
fn place(class: Option<Class>) -> usize {
    class.map_or(Class::ALL.len(), Class::index)
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("labels", &self.shared.labels)
            .finish_non_exhaustive()
    }
}

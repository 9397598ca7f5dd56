use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::classify::Rules;
use buttress_core::{Event, Observer, Outcome};
use tower_layer::Layer;

use super::service::Classify;
use crate::observe::Watcher;
use crate::time::Clock;

/// Judges each attempt's answer. See the [module](crate::classify).
#[derive(Clone)]
pub struct ClassifyLayer {
    shared: Arc<Shared>,
}

#[derive(Clone)]
pub(super) struct Shared {
    pub(super) rules: Rules,
    /// Whether any rule has a look at answers that began as a success.
    pub(super) watches: bool,
    pub(super) clock: Clock,
    pub(super) body_timeout: Duration,
    watcher: Watcher,
}

/// An error body follows its head at once; what has not come after a second may never come.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

impl ClassifyLayer {
    /// Judges by `rules`.
    pub fn new(rules: Rules) -> Self {
        let shared = Shared {
            watches: rules.read_events() || rules.read_trailers(),
            rules,
            clock: Clock::default(),
            body_timeout: BODY_TIMEOUT,
            watcher: Watcher::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// With another bound on the time that is spent reading a body.
    #[must_use]
    pub fn with_body_timeout(mut self, body_timeout: Duration) -> Self {
        Arc::make_mut(&mut self.shared).body_timeout = body_timeout;
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        Arc::make_mut(&mut self.shared).clock = clock;
        self
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        Arc::make_mut(&mut self.shared).watcher = Watcher::new(observer);
        self
    }
}

impl Shared {
    pub(super) fn observe(&self, outcome: &Outcome) {
        self.watcher.observe(&Event::Classified { outcome });
    }

    pub(super) fn observe_stream(&self, outcome: &Outcome) {
        self.watcher.observe(&Event::StreamFailed { outcome });
    }
}

impl<S> Layer<S> for ClassifyLayer {
    type Service = Classify<S>;

    fn layer(&self, inner: S) -> Classify<S> {
        Classify::new(inner, Arc::clone(&self.shared))
    }
}

impl fmt::Debug for ClassifyLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(f)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Classify")
            .field("rules", &self.rules)
            .field("body_timeout", &self.body_timeout)
            .finish_non_exhaustive()
    }
}

//! Who is told what happened.

use std::sync::Arc;

pub use buttress_core::event::{About, Event, Observer, Story};

mod current;
mod metric;
mod wait;

pub(crate) use self::current::slot_given;
pub use self::metric::{DROPPED, Kind, Metric, OTHER, Unit};
pub(crate) use self::wait::Wait;

#[cfg(feature = "tracing")]
mod tracing;
#[cfg(feature = "tracing")]
pub use self::tracing::Tracing;

/// Somebody who wants to know, or nobody: then a copy of this costs nothing.
#[derive(Clone, Default)]
pub(crate) struct Watcher(Option<Arc<dyn Observer>>);

impl Watcher {
    pub(crate) fn new(observer: Arc<dyn Observer>) -> Self {
        Self(Some(observer))
    }

    /// Tells it, and writes it into the story of the call that is being polled, if somebody keeps one.
    pub(crate) fn observe(&self, event: &Event<'_>) {
        current::note(event);
        if let Some(observer) = &self.0 {
            observer.observe(event);
        }
    }
}

//! Who is told what happened.

use std::sync::Arc;

pub use buttress_core::event::{Event, Observer};

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

    pub(crate) fn observe(&self, event: &Event<'_>) {
        if let Some(observer) = &self.0 {
            observer.observe(event);
        }
    }
}

use std::sync::Arc;

use buttress_core::event::{Event, Observer, Routine};

use super::current;

/// Somebody who wants to know, or nobody: then a copy of this costs nothing.
#[derive(Clone, Default)]
pub(crate) struct Watcher(Option<Arc<dyn Observer>>);

impl Watcher {
    pub(crate) fn new(observer: Arc<dyn Observer>) -> Self {
        Self(Some(observer))
    }

    pub(crate) fn listens_to(&self, routine: Routine) -> bool {
        let observer = self.0.as_ref();
        observer.is_some_and(|observer| observer.listens_to(routine))
    }

    /// Tells it, and writes it into the story of the call that is being polled, if somebody keeps one.
    pub(crate) fn observe(&self, event: &Event<'_>) {
        current::note(event);
        if let Some(observer) = &self.0 {
            observer.observe(event);
        }
    }
}

//! Responses whose failure may come after their head.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use buttress_core::Outcome;

/// A response that began as a success and may fail after its head: a stream of events, or an answer of gRPC.
///
/// In the extensions of such a response, where a classifier looks at its events or its trailers. Whoever counts outcomes
/// leaves word here, and hears of a failure when what reports it passes.
#[derive(Clone, Default)]
pub struct Stream {
    followers: Arc<Mutex<Vec<Follower>>>,
}

type Follower = Box<dyn FnOnce(&Outcome) + Send>;

impl Stream {
    /// Calls `follower` if the stream fails. It is forgotten when the stream has ended.
    pub fn follow(&self, follower: impl FnOnce(&Outcome) + Send + 'static) {
        self.lock().push(Box::new(follower));
    }

    /// It failed.
    pub(crate) fn fail(&self, outcome: &Outcome) {
        // Out of the lock before they are called.
        let followers = self.take();
        followers.into_iter().for_each(|follower| follower(outcome));
    }

    /// It has ended, or nobody will see its end.
    pub(crate) fn end(&self) {
        drop(self.take());
    }

    fn take(&self) -> Vec<Follower> {
        std::mem::take(&mut *self.lock())
    }

    /// Nothing of anybody's runs under it, and a list is whole whatever happened.
    fn lock(&self) -> MutexGuard<'_, Vec<Follower>> {
        self.followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

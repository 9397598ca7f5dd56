use std::fmt;
use std::sync::Arc;

use axum::Router;
use tokio::sync::Semaphore;

use crate::serve;
use crate::upstream::Upstream;
use crate::view::Snapshot;

/// As many pages may be open at a time. Each has a snapshot made for it every second.
const READERS: usize = 16;

/// What the page shows. See the [crate](crate).
#[derive(Clone)]
pub struct Board {
    shared: Arc<Shared>,
}

struct Shared {
    upstreams: Vec<Upstream>,
    readers: Arc<Semaphore>,
}

impl Board {
    /// Of these upstreams, in this order.
    pub fn new(upstreams: impl IntoIterator<Item = Upstream>) -> Self {
        Self {
            shared: Arc::new(Shared {
                upstreams: upstreams.into_iter().collect(),
                readers: Arc::new(Semaphore::new(READERS)),
            }),
        }
    }

    /// The page, to be mounted under any path: `Router::new().nest("/buttress", board.router())`.
    pub fn router(&self) -> Router {
        serve::router(self.clone())
    }

    /// All that the page shows, as one JSON object.
    pub fn json(&self) -> String {
        let upstreams = self.shared.upstreams.iter().map(Upstream::view);
        let snapshot = Snapshot::new(upstreams.collect());
        // Numbers, texts and lists: nothing that JSON could refuse.
        serde_json::to_string(&snapshot).unwrap_or_default()
    }

    pub(crate) fn readers(&self) -> &Arc<Semaphore> {
        &self.shared.readers
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board")
            .field("upstreams", &self.shared.upstreams)
            .finish_non_exhaustive()
    }
}

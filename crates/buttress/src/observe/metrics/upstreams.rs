use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::Metrics;
use crate::observe::metric::OTHER;

/// As many upstreams as have series of their own, where the user says nothing: at some 200 series each, buckets
/// included, a page that a scrape still gets in one piece.
const CEILING: usize = 100;

/// The [`Metrics`] of upstreams whose names the program does not choose itself: a tenant's, a route's.
///
/// Up to a ceiling each name has series of its own, and all after that share those of `other`: a stranger cannot make
/// series without end.
///
/// ```
/// use buttress::observe::Upstreams;
///
/// let upstreams = Upstreams::default();
/// let metrics = upstreams.metrics("tenant-7", "openai");
/// # let _ = metrics;
/// ```
pub struct Upstreams {
    known: Mutex<HashMap<Box<str>, Metrics>>,
    ceiling: usize,
}

impl Default for Upstreams {
    /// 100 of them.
    fn default() -> Self {
        Self::new(CEILING)
    }
}

impl Upstreams {
    /// At most `ceiling` of them, and `other`.
    pub fn new(ceiling: usize) -> Self {
        let known = Mutex::default();
        Self { known, ceiling }
    }

    /// The metrics of `upstream`: the same as before if it was asked for before, whatever the profile.
    pub fn metrics(&self, upstream: &str, profile: &str) -> Metrics {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(metrics) = known.get(upstream) {
            return metrics.clone();
        }
        let (name, profile) = if known.len() < self.ceiling {
            (upstream, profile)
        } else {
            (OTHER, "")
        };
        let made = || Metrics::new(name).with_profile(profile);
        known.entry(name.into()).or_insert_with(made).clone()
    }
}

impl fmt::Debug for Upstreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstreams")
            .field("ceiling", &self.ceiling)
            .finish_non_exhaustive()
    }
}

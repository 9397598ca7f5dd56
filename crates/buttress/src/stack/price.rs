use buttress_core::policy::{self, Unit};
use buttress_providers::{Cost, Profile};
use http::Request;

use crate::rate_limit::usage::with_bytes;
use crate::rate_limit::{ByExtension, Terms, Ticket};

/// What a call costs in a stack: what its [`Cost`](crate::rate_limit::Cost) says, or else the points that the profile
/// counts for it, if points are limited, or else one. Tokens are estimated, and put into the request as its cost, by the
/// layer that stands before the limit.
#[derive(Clone, Copy, Debug)]
pub struct Price {
    points: Option<Cost>,
}

impl Price {
    /// Of what `part` limits, as `profile` counts it.
    pub(super) fn new(part: &policy::RateLimit, profile: &Profile) -> Self {
        let limits = part.limits().iter();
        let counts_points = limits.into_iter().any(|limit| limit.unit() == Unit::Points);
        Self {
            points: counts_points.then(|| *profile.cost()),
        }
    }
}

impl<B: 'static> Terms<Request<B>> for Price {
    fn cost(&self, request: &Request<B>) -> u32 {
        let has_own = || {
            request
                .extensions()
                .get::<crate::rate_limit::Cost>()
                .is_some()
        };
        match &self.points {
            Some(cost) if !has_own() => {
                let points = |body: &[u8]| cost.points(request.method(), body);
                with_bytes(request.body(), points).unwrap_or_else(|| points(b""))
            }
            _ => ByExtension.cost(request),
        }
    }

    fn ticket(&self, request: &Request<B>) -> Option<Ticket> {
        ByExtension.ticket(request)
    }
}

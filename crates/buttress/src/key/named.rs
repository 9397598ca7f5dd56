//! The model that a request names, found once for all layers of a stack and all attempts.

use std::borrow::Cow;

use buttress_core::policy::{Breaker, Cooldown, KeyBy, Policy, RateLimit};
use buttress_providers::{Names, Profile};
use http::Request;

use super::Model;
use crate::rate_limit::usage::with_bytes;

/// By the path and, where it is in memory, the body.
pub(super) fn model<B: 'static>(names: Names, request: &Request<B>) -> Option<String> {
    let model = |body: &[u8]| names.model(request.uri().path(), body);
    with_bytes(request.body(), model).unwrap_or_else(|| model(b""))
}

/// Writes the model into requests, where a part of a policy is keyed by it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming(Names);

impl Naming {
    /// What `policy` asks for; `None` if nothing of it is keyed by the model.
    pub(crate) fn of(policy: &Policy, profile: &Profile) -> Option<Self> {
        let keys = [
            policy.cooldown().map(Cooldown::key),
            policy.rate_limit().map(RateLimit::key),
            policy.breaker().map(Breaker::key),
        ];
        let is_keyed = keys.contains(&Some(&KeyBy::Model));
        is_keyed.then(|| Self(profile.names()))
    }

    /// A request that names none is marked too, so that nobody looks again.
    pub(crate) fn write<B: 'static>(self, request: &mut Request<B>) {
        if request.extensions().get::<Model>().is_none() {
            let model = model(self.0, request).map_or(Cow::Borrowed(""), Cow::Owned);
            request.extensions_mut().insert(Model(model));
        }
    }
}

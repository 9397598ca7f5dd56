use std::fmt;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::key::KeyKind;
use buttress_core::{Invalid, Key, Observer};
use buttress_providers::github_lanes::Lane;
use http::Request;
use tower_layer::Layer;

use crate::concurrency::{Aimd, Algorithm, Apart, Concurrency, ConcurrencyLayer, Handle};
use crate::key::Keyer;
use crate::rate_limit::{OnePerRequest, Quota, RateLimit, RateLimitLayer};

type Spaced<S, L> = RateLimit<S, BySpacing, OnePerRequest, L>;

/// Sends requests to GitHub in lanes. See the [module](crate::github).
///
/// The lanes are shared by all services that one layer value makes, and by their clones.
pub struct LanesLayer<L = ()> {
    first: Spacing<L>,
    second: Spacing<L>,
    places: ConcurrencyLayer<L, IsAuth>,
}

/// Some lanes in which requests are spaced. A request is in one of them at most.
#[derive(Clone)]
struct Spacing<L> {
    keyer: BySpacing,
    layer: RateLimitLayer<BySpacing, OnePerRequest, L>,
}

impl LanesLayer {
    /// With Octokit's times and bounds.
    ///
    /// # Errors
    ///
    /// None: all of them are possible.
    pub fn new() -> Result<Self, Invalid> {
        let places = ConcurrencyLayer::new(at_a_time(Lane::Global));
        let lanes = Self {
            first: Spacing::new(&[Lane::Write, Lane::Search]),
            second: Spacing::new(&[Lane::Notifications]),
            places: places.with_apart(at_a_time(Lane::Auth), IsAuth),
        };
        let spaced = [Lane::Write, Lane::Search, Lane::Notifications];
        spaced.into_iter().try_fold(lanes, |lanes, lane| {
            lanes.with_min_time(lane, lane.min_time())
        })
    }
}

impl Spacing<()> {
    /// Without a quota yet, so that nothing waits in it.
    fn new(lanes: &'static [Lane]) -> Self {
        let secret = RandomState::new();
        let keyer = BySpacing { lanes, secret };
        let layer = RateLimitLayer::new([]).with_keyer(keyer.clone());
        Self { keyer, layer }
    }
}

impl<L: Clone> Spacing<L> {
    /// The keys are these few, so that none ever makes room for another and forgets its quota.
    fn space(&self, lane: Lane, quota: Quota) {
        if let Some(key) = self.keyer.key_of(lane) {
            self.layer.handle().change(key, &[quota]);
        }
    }

    fn map<L2>(
        self,
        with: impl FnOnce(
            RateLimitLayer<BySpacing, OnePerRequest, L>,
        ) -> RateLimitLayer<BySpacing, OnePerRequest, L2>,
    ) -> Spacing<L2> {
        Spacing {
            keyer: self.keyer,
            layer: with(self.layer),
        }
    }
}

/// A limit that stays where it is.
fn at_a_time(lane: Lane) -> Algorithm {
    let most = lane.max_concurrent();
    Algorithm::Aimd(Aimd::default().with_initial(most).with_bounds(most, most))
}

impl<L: Clone> LanesLayer<L> {
    /// With another time between two requests of a lane: of [`Lane::Write`], [`Lane::Search`] or
    /// [`Lane::Notifications`]. Requests of the other lanes are not spaced, and this changes nothing for them.
    ///
    /// # Errors
    ///
    /// If it is zero, or longer than 31 days.
    pub fn with_min_time(self, lane: Lane, time: Duration) -> Result<Self, Invalid> {
        let quota = Quota::new(1, time)?;
        self.first.space(lane, quota);
        self.second.space(lane, quota);
        Ok(self)
    }

    /// With somebody to ask, after each wait, whether the call would be refused by now.
    #[must_use]
    pub fn with_look<L2: Clone>(self, look: L2) -> LanesLayer<L2> {
        LanesLayer {
            first: self.first.map(|layer| layer.with_look(look.clone())),
            second: self.second.map(|layer| layer.with_look(look.clone())),
            places: self.places.with_look(look),
        }
    }

    /// With another bound on the wait in a lane. With zero, a call that cannot go at once is refused.
    #[must_use]
    pub fn with_max_wait(self, max_wait: Duration) -> Self {
        Self {
            first: self.first.map(|layer| layer.with_max_wait(max_wait)),
            second: self.second.map(|layer| layer.with_max_wait(max_wait)),
            ..self
        }
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        let again = || Arc::clone(&observer);
        Self {
            first: self.first.map(|layer| layer.with_observer(again())),
            second: self.second.map(|layer| layer.with_observer(again())),
            places: self.places.with_observer(observer),
        }
    }
}

impl<L> LanesLayer<L> {
    /// Shows how many requests are in flight, and wait for a place, requests for tokens left out.
    pub fn places(&self) -> Handle {
        self.places.handle()
    }
}

impl<S, L: Clone> Layer<S> for LanesLayer<L> {
    type Service = Spaced<Spaced<Concurrency<S, L, IsAuth>, L>, L>;

    fn layer(&self, inner: S) -> Self::Service {
        let inner = self.second.layer.layer(self.places.layer(inner));
        self.first.layer.layer(inner)
    }
}

/// A key for each of some lanes, and [`Key::ALL`] for requests of none of them.
#[derive(Clone, Debug)]
pub struct BySpacing {
    lanes: &'static [Lane],
    secret: RandomState,
}

impl BySpacing {
    fn key_of(&self, lane: Lane) -> Option<Key> {
        let lane = self.lanes.iter().find(|own| **own == lane)?;
        Some(Key::new(KeyKind::Resource, lane, &self.secret))
    }
}

impl<B> Keyer<Request<B>> for BySpacing {
    fn key(&self, request: &Request<B>) -> Key {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let mut lanes = self.lanes.iter();
        let lane = lanes.find(|lane| lane.is_of(method, path));
        lane.and_then(|lane| self.key_of(*lane)).unwrap_or(Key::ALL)
    }
}

/// Names the requests for a token.
#[derive(Clone, Copy, Debug, Default)]
pub struct IsAuth;

impl<B> Apart<Request<B>> for IsAuth {
    fn is_apart(&self, request: &Request<B>) -> bool {
        Lane::Auth.is_of(request.method().as_str(), request.uri().path())
    }
}

impl<L: Clone> Clone for LanesLayer<L> {
    fn clone(&self) -> Self {
        Self {
            first: self.first.clone(),
            second: self.second.clone(),
            places: self.places.clone(),
        }
    }
}

impl<L> fmt::Debug for LanesLayer<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LanesLayer")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

//! One line for each layer.

use std::fs;
use std::hash::RandomState;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use buttress::attempt_timeout::AttemptTimeoutLayer;
use buttress::breaker::{Circuit, CircuitBreakerLayer, Rate};
use buttress::classify::{ClassifyLayer, Rules, classify_fn};
use buttress::concurrency::{Algorithm, ConcurrencyLayer};
use buttress::cooldown::CooldownLayer;
use buttress::core::budget::{Budget, Share};
use buttress::core::key::KeyKind;
use buttress::core::{BoxError, Class, Key, Outcome};
use buttress::deadline::DeadlineLayer;
use buttress::fail_fast::FailFastLayer;
use buttress::github::LanesLayer;
use buttress::isolation::IsolationLayer;
use buttress::observe::{AttemptLayer, CallLayer, Observer};
use buttress::providers::openai;
use buttress::rate_limit::governor::GovernorLayer;
use buttress::rate_limit::usage::UsageLayer;
use buttress::rate_limit::{Answers, Grammar, Increase, OnePerRequest, Quota, RateLimitLayer};
use buttress::reqwest::NativeLayer;
use buttress::retry::{Retries, RetryLayer};
use buttress::stack::Stack;
use buttress::stack::policy::{Breaker, Concurrency, Limit, RateLimit};
use buttress::upstreams::{Upstream, UpstreamName, Upstreams};
use buttress::{Carrier, Clock};
use http::{Request, Response};

use crate::clauses;
use crate::drops;
use crate::permits;
use crate::probe::ProbeBody;

type Http = Request<reqwest::Body>;

/// A layer, and whether all that it hands out has come back to it.
pub(crate) type Enrolled<L> = (L, Box<dyn Fn() -> bool>);

macro_rules! enrol {
    ($($module:ident: $layer:ident as $request:ty, $make:expr;)*) => {
        const ENROLLED: &[&str] = &[$(stringify!($layer)),*];
        $(mod $module {
            use super::*;

            #[tokio::test(start_paused = true)]
            async fn readiness_is_the_inner_services_and_nothing_is_added() {
                clauses::readiness::<_, $request>($make);
            }

            #[tokio::test(start_paused = true)]
            async fn what_is_called_was_made_ready() {
                clauses::called_ready::<_, $request>($make).await;
            }

            #[tokio::test(start_paused = true)]
            async fn responses_pass_unchanged() {
                clauses::unchanged::<_, $request>($make).await;
            }

            #[tokio::test(start_paused = true)]
            async fn errors_can_be_had_back() {
                clauses::errors::<_, $request>($make).await;
            }

            #[tokio::test(start_paused = true)]
            async fn whoever_waits_holds_no_permit() {
                permits::waiting::<_, $request>($make);
            }

            #[tokio::test(start_paused = true)]
            async fn a_buffer_outside_outlives_errors() {
                permits::buffer_outside::<_, $request>($make).await;
            }

            #[tokio::test(start_paused = true)]
            async fn a_buffer_inside_is_made_ready() {
                permits::buffer_inside::<_, $request>($make).await;
            }

            #[tokio::test(start_paused = true)]
            async fn load_shed_outside_sees_the_inner_readiness() {
                permits::load_shed_outside::<_, $request>($make).await;
            }

            #[tokio::test(start_paused = true)]
            async fn load_shed_inside_is_made_ready() {
                permits::load_shed_inside::<_, $request>($make).await;
            }

            #[tokio::test(start_paused = true)]
            async fn dropped_at_any_poll_it_leaves_nothing_held() {
                drops::at_every_poll::<_, $request>($make).await;
            }

            #[tokio::test(start_paused = true)]
            async fn a_panic_inside_poisons_nothing() {
                drops::panics::<_, $request>($make).await;
            }
        })*
    };
}

enrol! {
    retry: RetryLayer as Http, retry();
    classify: ClassifyLayer as Http, stateless(ClassifyLayer::new(Rules::new().then(openai::PROFILE)));
    classify_a_function: ClassifyFnLayer as Http, stateless(classify_fn(by_status));
    observe_call: CallLayer as Http, stateless(CallLayer::new(Arc::new(Listener)));
    observe_attempt: AttemptLayer as Http, stateless(AttemptLayer::new(Arc::new(Listener)));
    deadline: DeadlineLayer as Http, stateless(DeadlineLayer::new(HOUR));
    attempt_timeout: AttemptTimeoutLayer as Http, stateless(AttemptTimeoutLayer::new(HOUR));
    fail_fast: FailFastLayer as Http, stateless(FailFastLayer::new(()));
    cooldown: CooldownLayer as Http, stateless(CooldownLayer::new().with_keyer(apart()));
    usage: UsageLayer as Http, stateless(UsageLayer::default());
    concurrency: ConcurrencyLayer as Http, concurrency();
    governor: GovernorLayer as Http, stateless(GovernorLayer::direct(governor_limiter()));
    lanes: LanesLayer as Http, lanes();
    rate_limit: RateLimitLayer as Http, stateless(RateLimitLayer::new([Quota::per_second(1_000).unwrap()]));
    rate_limit_that_learns: RateLimitLayer as Http, stateless(learns());
    breaker: CircuitBreakerLayer as Http, stateless(CircuitBreakerLayer::new(Circuit::default()));
    isolation: IsolationLayer as Http, stateless(IsolationLayer::new());
    stack: Stack as Http, stack();
    upstreams: Upstreams as Http, upstreams();
    native: NativeLayer as reqwest::Request, stateless(NativeLayer);
}

/// Each request has quotas of its own: those who share them wait when one of them was too fast.
fn learns() -> RateLimitLayer<impl Fn(&Http) -> Key + Clone, OnePerRequest, (), Answers> {
    let layer = RateLimitLayer::new([Quota::per_second(1_000).unwrap()]);
    layer
        .with_keyer(apart())
        .with_learning(Grammar::OpenAi)
        .with_adaptive(Increase::Cubic)
}

/// Longer than anything here takes.
const HOUR: Duration = Duration::from_secs(3_600);

/// Layers that break a clause on purpose, and are held to the others in their own tests.
const APART: &[(&str, &str)] = &[(
    "RebuildLayer",
    "is ready where the inner service is broken: it is there to replace it",
)];

fn stateless<L>(layer: L) -> Enrolled<L> {
    (layer, Box::new(|| true))
}

/// A thousand cells a second, by a clock that stands still with the test.
fn governor_limiter() -> Arc<Limiter> {
    let cells = NonZeroU32::new(1_000).unwrap();
    Arc::new(::governor::RateLimiter::direct_with_clock(
        ::governor::Quota::per_second(cells),
        Clock::default(),
    ))
}

type Limiter = ::governor::RateLimiter<
    ::governor::state::direct::NotKeyed,
    ::governor::state::InMemoryState,
    Clock,
    ::governor::middleware::NoOpMiddleware<Duration>,
>;

/// A place for each call in flight.
fn lanes() -> Enrolled<LanesLayer> {
    let layer = LanesLayer::new().unwrap();
    let places = layer.places();
    (
        layer,
        Box::new(move || places.in_flight() == 0 && places.waiting() == 0),
    )
}

/// Each request is its own key: those who share one are to wait for each other.
fn apart() -> impl Fn(&Http) -> Key + Clone {
    let (secret, calls) = (RandomState::new(), Arc::new(AtomicU64::new(0)));
    move |_| {
        Key::new(
            KeyKind::Custom,
            calls.fetch_add(1, Ordering::Relaxed),
            &secret,
        )
    }
}

/// A permit for each call in flight.
fn concurrency() -> Enrolled<ConcurrencyLayer> {
    let layer = ConcurrencyLayer::new(Algorithm::default());
    let handle = layer.handle();
    (
        layer,
        Box::new(move || handle.in_flight() == 0 && handle.waiting() == 0),
    )
}

/// All layers, but for the cooldown: its keys are the requests' own here, which no policy can say.
fn stack() -> Enrolled<Stack> {
    let limit = Limit::tokens(Quota::per_second(100_000).unwrap());
    // Two of three attempts fail here.
    let circuit = Circuit::default().with_failure_rate(Rate::ALL);
    let stack = Stack::builder()
        .deadline(HOUR)
        .attempt_timeout(HOUR)
        .concurrency(Concurrency::default())
        .rate_limit(RateLimit::new([limit]).unwrap())
        .breaker(Breaker::new(circuit))
        .cooldown(None)
        .build()
        .unwrap();
    let handle = stack.concurrency().unwrap();
    let is_whole = move || handle.in_flight() == 0 && handle.waiting() == 0;
    (stack, Box::new(is_whole))
}

/// The same, for the one upstream that the requests here go to.
fn upstreams() -> Enrolled<Upstreams> {
    let policy = stack().0.policy();
    let upstream = Upstream::new(policy).with_host("a".parse().unwrap());
    let name = UpstreamName::new("one").unwrap();
    let upstreams = Upstreams::new([(name, upstream)]).unwrap();
    let handle = upstreams.stack("one").unwrap().concurrency().unwrap();
    let is_whole = move || handle.in_flight() == 0 && handle.waiting() == 0;
    (upstreams, Box::new(is_whole))
}

/// A place in the budget for each call in flight; with none in flight, one.
fn retry() -> Enrolled<RetryLayer> {
    let share = Share::from_percent(100).unwrap();
    let budget = Arc::new(Budget::of_active(share, 1));
    let layer = RetryLayer::new(Retries::default()).with_budget(Arc::clone(&budget));
    let balance = move || budget.balance(Clock::default().now());
    (layer, Box::new(move || balance() == 1))
}

/// Listens to everything: what nobody listens to is passed on as it is, and proves nothing.
struct Listener;

impl Observer for Listener {}

fn by_status(result: Result<&Response<ProbeBody>, &BoxError>) -> Outcome {
    match result {
        Ok(response) => response.outcome(Clock::default()),
        Err(_) => Outcome::new(Class::Interrupted),
    }
}

/// The types that the sources of the crates say to be layers; of one that has other names, those.
fn exported() -> Vec<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let places = ["buttress/src", "clients"].map(|place| sources(&crates.join(place)));
    let texts = places.iter().flatten().map(fs::read_to_string);
    let text: String = texts.collect::<Result<_, _>>().unwrap();
    let impls = text.lines().filter(|line| line.starts_with("impl"));
    let named = impls.filter_map(|line| line.split_once("Layer<S> for "));
    let mut layers: Vec<_> = named
        .flat_map(|(_, rest)| names(name(rest), &text))
        .collect();
    layers.sort();
    layers
}

fn names(layer: &str, text: &str) -> Vec<String> {
    let aliases = text.lines().filter_map(|line| {
        let (alias, of) = line.strip_prefix("pub type ")?.split_once("> = ")?;
        (name(of) == layer).then(|| name(alias).to_owned())
    });
    let aliases: Vec<_> = aliases.collect();
    match aliases.is_empty() {
        true => vec![layer.to_owned()],
        false => aliases,
    }
}

/// What stands before the parameters.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .collect()
}

#[test]
fn every_layer_that_is_exported_is_enrolled() {
    let mut enrolled = ENROLLED.to_vec();
    enrolled.extend(APART.iter().map(|(layer, _reason)| layer));
    enrolled.sort_unstable();
    // One layer may be enrolled in several ways.
    enrolled.dedup();
    assert_eq!(exported(), enrolled);
}

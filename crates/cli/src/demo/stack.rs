//! The clients: one without Buttress, and the stack.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use buttress::attempt_timeout::AttemptTimeoutLayer;
use buttress::breaker::{Circuit, CircuitBreakerLayer, State, Window};
use buttress::classify::{ClassifyLayer, PeekedBody, Rules};
use buttress::cooldown::CooldownLayer;
use buttress::core::backoff::Backoff;
use buttress::core::budget::Budget;
use buttress::core::{BoxError, Event, Invalid, Observer};
use buttress::fail_fast::FailFastLayer;
use buttress::observe::{AttemptLayer, CallLayer};
use buttress::providers::{Profile, github, openai};
use buttress::rate_limit::{Quota, RateLimitLayer, Shape};
use buttress::reqwest::Transport;
use buttress::retry::{Retries, RetryLayer};
use http::{Request, Response};
use reqwest::Body;
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;

use super::jobs::Clients;
use super::scenario::Scenario;
use super::watch::{Watch, Watched};

/// A client with any layers around it.
pub(crate) type Client = BoxCloneSyncService<Request<Body>, Response<PeekedBody<Body>>, BoxError>;

/// Enough for a call that meets a full bucket, a storm and some faults one after the other.
const ATTEMPTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// The server answers within a few hundredths of a second, or not at all.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Each call is sent once. The classifier is there for the report alone: it names the failures, and changes nothing.
pub(crate) fn bare() -> Result<Clients, BoxError> {
    let transport = Transport::new(http_client().build()?);
    let client = |profile| {
        let client = ServiceBuilder::new()
            .layer(classify(profile))
            .service(transport.clone());
        BoxCloneSyncService::new(client)
    };
    Ok(Clients {
        completions: client(openai::PROFILE),
        comments: client(github::PROFILE),
        circuits: Arc::default(),
    })
}

/// The stack, for each of the two upstreams, around one client.
pub(crate) fn buttress(scenario: &Scenario, watch: &mut Watch) -> Result<Clients, BoxError> {
    let transport = Transport::build(http_client())?;
    let circuits = Arc::new(Circuits::default());
    let mut client = |name, profile, quota| {
        let watched = watch.upstream(name);
        let observer = watched.observer(Arc::clone(&circuits) as Arc<dyn Observer>);
        let transport = transport.clone();
        let (client, watched) = stack(profile, scenario, quota, observer, watched, transport)?;
        watch.add(watched);
        Ok::<_, BoxError>(client)
    };
    Ok(Clients {
        completions: client("openai", openai::PROFILE, bucket(scenario)?)?,
        comments: client("github", github::PROFILE, window(scenario)?)?,
        circuits,
    })
}

/// Every attempt passes the cooldown, takes a slot of the limit, and asks the circuit. What would refuse it is asked
/// before it queues, and again when it has waited.
fn stack(
    profile: Profile,
    scenario: &Scenario,
    quota: Quota,
    observer: Arc<dyn Observer>,
    watched: Watched,
    transport: Transport,
) -> Result<(Client, Watched), BoxError> {
    let (seed, patience) = (scenario.seed, patience(scenario, &quota));
    // A batch wants all of its calls done, and bounds its load by its workers: a worker that retries sends no new call.
    // A share of the calls, which suits a service whose callers keep coming, would give up most of a batch.
    let budget = Arc::new(Budget::unlimited());
    let cooldown = CooldownLayer::new()
        .with_max_wait(patience)
        .with_seed(seed)
        .with_observer(observer.clone());
    let retry = RetryLayer::new(retries(scenario)?)
        .with_budget(Arc::clone(&budget))
        .with_seed(seed)
        .with_observer(observer.clone())
        .with_pause(cooldown.handle());
    let breaker = CircuitBreakerLayer::new(circuit(scenario)?).with_observer(observer.clone());
    let look = (breaker.handle(), cooldown.handle());
    let limit = RateLimitLayer::new([quota])
        .with_max_wait(patience)
        .with_observer(observer.clone())
        .with_look(look.clone());
    let watched = watched
        .with_breaker(breaker.handle())
        .with_cooldown(cooldown.handle())
        .with_rate_limit(limit.handle())
        .with_budget(budget);
    let client = ServiceBuilder::new()
        .layer(CallLayer::new(observer.clone()))
        .layer(retry)
        .layer(FailFastLayer::new(look).with_observer(observer.clone()))
        .layer(cooldown)
        .layer(limit)
        .layer(breaker)
        .layer(AttemptLayer::new(observer.clone()))
        .layer(AttemptTimeoutLayer::new(ATTEMPT_TIMEOUT).with_observer(observer.clone()))
        .layer(classify(profile).with_observer(observer))
        .service(transport);
    Ok((BoxCloneSyncService::new(client), watched))
}

/// The published limit of completions, which is a bucket, with half of its burst: what is sent in step may arrive out of
/// step, and the other half is there for that.
fn bucket(scenario: &Scenario) -> Result<Quota, Invalid> {
    let per_minute = u64::from(scenario.completions_per_minute);
    Quota::new(per_minute, scenario.minute())?.with_burst((per_minute / 2).max(1))
}

/// The published limit of comments, which is counted in windows: a bucket would send its burst and its rate in one of
/// them. A tenth is left to what arrives out of step.
fn window(scenario: &Scenario) -> Result<Quota, Invalid> {
    let per_minute = u64::from(scenario.comments_per_minute);
    let quota = Quota::new(per_minute - per_minute / 10, scenario.minute())?;
    Ok(quota.with_shape(Shape::Log))
}

/// Opens when half of the last 20 calls failed: of the ten and more in a hundred that fail by themselves, so many never
/// come together. It looks again after half a minute of the server, then after twice as long each time.
fn circuit(scenario: &Scenario) -> Result<Circuit, Invalid> {
    let minute = scenario.minute();
    Circuit::default()
        .with_window(Window::calls(20)?)
        .with_minimum_calls(10)?
        .with_growing_open(minute / 2, 200, 4 * minute)
}

/// What the circuits of a run did.
#[derive(Debug, Default)]
pub(crate) struct Circuits {
    opened: AtomicU64,
}

impl Circuits {
    /// How often one of them opened.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}

impl Observer for Circuits {
    fn observe(&self, event: &Event<'_>) {
        if let Event::BreakerChanged { change, .. } = event {
            let opened = u64::from(change.to == State::Open);
            self.opened.fetch_add(opened, Ordering::Relaxed);
        }
    }
}

/// Judges answers.
pub(crate) fn classify(profile: Profile) -> ClassifyLayer {
    ClassifyLayer::new(Rules::new().then(profile))
}

/// The server is on this machine, whatever proxy the environment names.
fn http_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// For a batch: many attempts, and a backoff in proportion to the minute.
fn retries(scenario: &Scenario) -> Result<Retries, Invalid> {
    let minute = scenario.minute();
    Ok(Retries::default()
        .with_max_attempts(ATTEMPTS)
        .with_backoff(Backoff::new(minute / 20, minute)?))
}

/// How long a call may wait for its slot or for the end of a pause: some turns of all workers, and the storms.
fn patience(scenario: &Scenario, quota: &Quota) -> Duration {
    let per_minute = u32::try_from(quota.units()).unwrap_or(u32::MAX).max(1);
    let turn = scenario.minute() * u32::from(scenario.workers) / per_minute;
    Duration::from_secs(120).max(10 * turn)
}

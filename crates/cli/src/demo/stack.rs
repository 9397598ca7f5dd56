//! The clients: one without Buttress, and the stack.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress::attempt_timeout::AttemptTimeoutLayer;
use buttress::classify::{ClassifyLayer, PeekedBody, Rules};
use buttress::cooldown::CooldownLayer;
use buttress::core::backoff::Backoff;
use buttress::core::budget::Budget;
use buttress::core::{BoxError, Invalid};
use buttress::providers::{Profile, github, openai};
use buttress::rate_limit::{Quota, RateLimitLayer};
use buttress::reqwest::Transport;
use buttress::retry::{Retries, RetryLayer};
use http::{Request, Response};
use reqwest::Body;
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;

use super::jobs::Clients;
use super::scenario::Scenario;

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
    })
}

/// The stack, for each of the two upstreams, around one client.
pub(crate) fn buttress(scenario: &Scenario) -> Result<Clients, BoxError> {
    let transport = Transport::build(http_client())?;
    let client = |profile, per_minute| stack(profile, scenario, per_minute, transport.clone());
    Ok(Clients {
        completions: client(openai::PROFILE, scenario.completions_per_minute)?,
        comments: client(github::PROFILE, scenario.comments_per_minute)?,
    })
}

/// Every attempt passes the cooldown and takes a slot of the limit.
///
/// There is no breaker: it gives up on a server that is down, so that a service can answer at once. A batch has the time.
fn stack(
    profile: Profile,
    scenario: &Scenario,
    per_minute: u32,
    transport: Transport,
) -> Result<Client, BoxError> {
    let (seed, patience) = (scenario.seed, patience(scenario, per_minute));
    // A batch wants all of its calls done, and bounds its load by its workers: a worker that retries sends no new call.
    // A share of the calls, which suits a service whose callers keep coming, would give up most of a batch.
    let budget = Budget::unlimited();
    let cooldown = CooldownLayer::new().with_max_wait(patience).with_seed(seed);
    let retry = RetryLayer::new(retries(scenario)?)
        .with_budget(budget)
        .with_seed(seed)
        .with_pause(cooldown.handle());
    let limit = RateLimitLayer::new([quota(scenario, per_minute)?])
        .with_max_wait(patience)
        .with_look(cooldown.handle());
    let client = ServiceBuilder::new()
        .layer(retry)
        .layer(cooldown)
        .layer(limit)
        .layer(AttemptTimeoutLayer::new(ATTEMPT_TIMEOUT))
        .layer(classify(profile))
        .service(transport);
    Ok(BoxCloneSyncService::new(client))
}

/// The published limit, with half of its burst: what is sent in step may arrive out of step, and the other half is there
/// for that.
fn quota(scenario: &Scenario, per_minute: u32) -> Result<Quota, Invalid> {
    let quota = Quota::new(per_minute.into(), scenario.minute())?;
    quota.with_burst((u64::from(per_minute) / 2).max(1))
}

fn classify(profile: Profile) -> ClassifyLayer {
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
fn patience(scenario: &Scenario, per_minute: u32) -> Duration {
    let turn = scenario.minute() * u32::from(scenario.workers) / per_minute;
    Duration::from_secs(120).max(10 * turn)
}

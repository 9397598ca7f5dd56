//! The clients: one without Buttress, and the stack.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress::classify::{ClassifyLayer, PeekedBody, Rules};
use buttress::core::backoff::Backoff;
use buttress::core::budget::Budget;
use buttress::core::{BoxError, Invalid};
use buttress::providers::{Profile, github, openai};
use buttress::reqwest::Transport;
use buttress::retry::{HintUse, Retries, RetryLayer};
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
    let completions = retries(scenario, scenario.completions_per_minute)?;
    let comments = retries(scenario, scenario.comments_per_minute)?;
    let seed = scenario.seed;
    Ok(Clients {
        completions: stack(openai::PROFILE, completions, seed, transport.clone()),
        comments: stack(github::PROFILE, comments, seed, transport),
    })
}

fn stack(profile: Profile, retries: Retries, seed: u64, transport: Transport) -> Client {
    // A batch wants all of its calls done, and bounds its load by its workers: a worker that retries sends no new call.
    // A share of the calls, which suits a service whose callers keep coming, would give up most of a batch.
    let budget = Budget::unlimited();
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(retries).with_budget(budget).with_seed(seed))
        .layer(classify(profile))
        .service(transport);
    BoxCloneSyncService::new(client)
}

fn classify(profile: Profile) -> ClassifyLayer {
    ClassifyLayer::new(Rules::new().then(profile))
}

/// The server is on this machine, whatever proxy the environment names.
fn http_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// For a batch: many attempts, and waits that grow until the workers together ask about as often as the limit admits.
///
/// The server's hint says when the *next* request will be admitted. All workers are told the same time, and one of them
/// is admitted: so the hint is the least wait, and the backoff spreads the workers beyond it.
fn retries(scenario: &Scenario, per_minute: u32) -> Result<Retries, Invalid> {
    let minute = scenario.minute();
    let cap = minute.max(2 * turn(scenario, per_minute));
    Ok(Retries::default()
        .with_max_attempts(ATTEMPTS)
        .with_backoff(Backoff::new(minute / 20, cap)?)
        .with_hint_use(HintUse::Lengthen))
}

/// How long the limit takes to admit one call of each worker. Full jitter waits half of its step on average, so that a
/// cap of two turns has each worker ask once in a turn.
fn turn(scenario: &Scenario, per_minute: u32) -> Duration {
    scenario.minute() * u32::from(scenario.workers) / per_minute
}

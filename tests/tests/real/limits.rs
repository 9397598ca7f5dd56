//! Many callers, one limit, and a server that keeps it strictly.

use std::time::Duration;

use buttress::key::Everything;
use buttress::rate_limit::{OnePerRequest, Quota, RateLimit, RateLimitLayer};
use buttress::reqwest::Transport;
use buttress_testkit::{Config, OpenAiLimits, Server};
use tower::ServiceExt;
use tower_layer::Layer;

use crate::rig::*;

const CALLERS: usize = 64;

/// Twice what the server holds, in all.
const CALLS: usize = 2;
const PER_MINUTE: u64 = 64;

/// A minute lasts a second. The half of the burst that is not used here comes back in half of that: as long as the
/// machine may keep a request from the server, and let it arrive together with later ones.
const SCALE: u32 = 60;

type Limited = RateLimit<Transport, Everything, OnePerRequest, ()>;

/// The published limit, with half of its burst: what is sent in step may arrive out of step, and the other half is there
/// for that.
fn limited() -> Limited {
    let minute = Duration::from_secs(60) / SCALE;
    let quota = Quota::new(PER_MINUTE, minute).unwrap();
    let quota = quota.with_burst(PER_MINUTE / 2).unwrap();
    RateLimitLayer::new([quota]).layer(Transport::new(raw()))
}

/// What the server saw of 64 callers that each make some calls one after the other.
async fn run(client: impl Fn() -> Limited, scale: u32) -> (usize, u64, u64) {
    let limits = OpenAiLimits::new(PER_MINUTE, 100_000_000);
    let config = Config::default().with_openai(limits).with_time_scale(scale);
    let server = Server::start(config).unwrap();
    let callers = (0..CALLERS).map(|_| {
        let (client, server) = (client(), &server);
        async move {
            let mut succeeded = 0;
            for _ in 0..CALLS {
                let response = client.clone().oneshot(completion(server)).await.unwrap();
                succeeded += usize::from(response.status().is_success());
                let (_, error) = bytes(response.into_body()).await;
                assert!(error.is_none());
            }
            succeeded
        }
    });
    let succeeded: Vec<usize> = within(futures_util::future::join_all(callers)).await;
    let seen = server.seen().completions;
    (succeeded.iter().sum(), seen.admitted, seen.limited)
}

#[tokio::test]
async fn sixty_four_callers_never_meet_the_limit_that_they_share() {
    let shared = limited();
    let (succeeded, admitted, limited) = run(|| shared.clone(), SCALE).await;
    assert_eq!(limited, 0, "the server said 429");
    assert_eq!(succeeded, CALLERS * CALLS);
    assert_eq!(admitted, u64::try_from(CALLERS * CALLS).unwrap());
}

/// Without which the test above would show nothing. The server's minute is a minute: it is not over when the calls are.
#[tokio::test]
async fn sixty_four_callers_with_a_limit_each_do_meet_it() {
    let (succeeded, admitted, limited) = run(limited, 1).await;
    assert!(limited > 0, "{admitted} were admitted");
    assert!(succeeded < CALLERS * CALLS);
}

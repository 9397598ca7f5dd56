use std::sync::Arc;
use std::time::Duration;

use buttress::Clock;
use buttress::core::Timestamp;
use futures_util::future::try_join_all;
use tower::{BoxError, Service, ServiceExt};

use super::limiters::{Limited, Make};
use super::upstream::Upstream;
use super::{BURST, CALLERS, RATE};

/// What became of all calls.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// How many of its calls were served, caller by caller.
    pub(super) served: Vec<u64>,
    /// How long each call took until it was served, or until the time was up.
    pub(super) waits: Vec<Duration>,
    /// How many requests the server refused.
    pub(super) refused: u64,
}

/// Has all callers call for so long.
///
/// # Errors
///
/// If the limiter cannot be made, or a call is refused by it.
pub(super) async fn run(make: Make, time: Duration) -> Result<Outcome, BoxError> {
    let upstream = Arc::new(Upstream::new(RATE, BURST));
    let limited = make(&upstream)?;
    let end = Clock::default().now() + time;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(calls(limited.clone(), end)))
        .collect();
    let mut outcome = Outcome::default();
    for caller in try_join_all(callers).await? {
        let (served, waits) = caller?;
        outcome.served.push(served);
        outcome.waits.extend(waits);
    }
    outcome.refused = upstream.refused();
    Ok(outcome)
}

/// Calls until the time is up. Says how many calls were served, and how long each took; the last as long as it was.
async fn calls(mut limited: Limited, end: Timestamp) -> Result<(u64, Vec<Duration>), BoxError> {
    let clock = Clock::default();
    let (mut served, mut waits) = (0, Vec::new());
    loop {
        let began = clock.now();
        let called = tokio::time::timeout(end.since(began), call(&mut limited)).await;
        waits.push(clock.now().since(began));
        match called {
            Ok(done) => done?,
            Err(_) => return Ok((served, waits)),
        }
        served += 1;
        // An answer comes over a wire: others have their turn meanwhile.
        tokio::task::yield_now().await;
    }
}

/// Until it is served. Whoever is refused by the server asks the limiter again: when to come back is the limiter's to say.
async fn call(limited: &mut Limited) -> Result<(), BoxError> {
    while !limited.ready().await?.call(()).await? {
        tokio::task::yield_now().await;
    }
    Ok(())
}

//! Sixty-four callers and a server with a strict token bucket.

use std::sync::Mutex;

use super::*;

const CALLERS: u64 = 64;
const TIME: Duration = Duration::from_secs(10);
const RATE: u64 = 200;
const BURST: u64 = 20;
const INTERVAL: Duration = Duration::from_millis(5);

/// A bucket with no cleverness: what overflows is an early arrival.
struct Server {
    level: Duration,
    last: Timestamp,
    early: u64,
    served: Vec<u64>,
}

impl Server {
    fn arrives(&mut self, caller: u64, now: Timestamp) {
        self.level = self.level.saturating_sub(now.since(self.last)) + INTERVAL;
        self.last = now;
        self.early += u64::from(self.level > INTERVAL * u32::try_from(BURST).unwrap());
        self.served[usize::try_from(caller).unwrap()] += 1;
    }
}

struct Seen {
    server: Server,
    longest: Duration,
}

async fn run() -> Seen {
    let quota = Quota::per_second(RATE).unwrap().with_burst(BURST).unwrap();
    let server = Arc::new(Mutex::new(Server {
        level: Duration::ZERO,
        last: Timestamp::default(),
        early: 0,
        served: vec![0; usize::try_from(CALLERS).unwrap()],
    }));
    let arrives = Arc::clone(&server);
    let service = RateLimitLayer::new([quota]).layer(service_fn(move |caller| {
        arrives.lock().unwrap().arrives(caller, now());
        // No answer comes before the others have had their turn.
        async move {
            tokio::task::yield_now().await;
            Ok::<_, BoxError>(caller)
        }
    }));
    let end = now() + TIME;
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| tokio::spawn(calls(service.clone(), caller, end)))
        .collect();
    let mut longest = Duration::ZERO;
    for caller in callers {
        longest = longest.max(caller.await.unwrap());
    }
    drop(service);
    let server = Arc::into_inner(server).unwrap().into_inner().unwrap();
    Seen { server, longest }
}

/// Calls until the time is up, and says how long the longest wait was.
async fn calls(
    mut service: impl Service<u64, Response = u64, Error = BoxError>,
    caller: u64,
    end: Timestamp,
) -> Duration {
    let mut longest = Duration::ZERO;
    loop {
        let began = now();
        let called = tokio::time::timeout(end.since(began), call(&mut service, caller)).await;
        if called.is_err() || now() >= end {
            return longest;
        }
        longest = longest.max(now().since(began));
    }
}

#[tokio::test(start_paused = true)]
async fn sixty_four_callers_share_all_of_a_limit_evenly_and_nobody_is_early() {
    let Seen { server, longest } = run().await;
    assert_eq!(server.early, 0);
    let served: u64 = server.served.iter().sum();
    let permitted = RATE * TIME.as_secs() + BURST;
    assert!(served * 100 >= permitted * 99, "{served} of {permitted}");
    // Sixty-three others go first.
    let ideal = INTERVAL * u32::try_from(CALLERS).unwrap();
    assert!(longest <= ideal + INTERVAL, "{longest:?}");
    let (least, most) = (
        server.served.iter().min().unwrap(),
        server.served.iter().max().unwrap(),
    );
    assert!(most - least <= 1, "{least} to {most}");
}

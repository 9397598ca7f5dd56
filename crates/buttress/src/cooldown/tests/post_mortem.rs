//! Many workers, one limit, all told "429" at once.

use buttress_core::Key;
use tokio::time::{Instant, sleep, timeout};
use tower::service_fn;
use tower_layer::Layer;

use super::*;

/// What the server has seen.
struct Server {
    began: Instant,
    /// Refuses all that arrive in one of these spans, and says to come back after so many seconds.
    waves: Vec<(Duration, Duration)>,
    hint: u64,
    in_flight: usize,
    good_in_a_row: usize,
    refused: usize,
    done: Vec<u32>,
    /// Beyond what its step allows: the first wave, and nobody else.
    over_step: usize,
    random: fastrand::Rng,
    is_moody: bool,
}

impl Server {
    fn new(items: usize, hint: u64, waves: &[(u64, u64)]) -> Arc<Mutex<Self>> {
        let millis =
            |(from, to): &(u64, u64)| (Duration::from_millis(*from), Duration::from_millis(*to));
        Arc::new(Mutex::new(Self {
            began: now(),
            waves: waves.iter().map(millis).collect(),
            hint,
            in_flight: 0,
            good_in_a_row: 0,
            refused: 0,
            done: vec![0; items],
            over_step: 0,
            random: fastrand::Rng::with_seed(1),
            is_moody: false,
        }))
    }

    /// One, and twice as many after as many good answers as that.
    fn step(&self) -> usize {
        1 << (self.good_in_a_row + 1).ilog2()
    }

    fn arrive(&mut self, item: usize) -> Plan {
        let at = now() - self.began;
        self.over_step += usize::from(self.in_flight >= self.step());
        self.in_flight += 1;
        let is_refused = self
            .waves
            .iter()
            .any(|(from, to)| (*from..*to).contains(&at));
        if is_refused {
            return Plan::Refuse(self.hint);
        }
        match self.random.u32(..10) {
            0 if self.is_moody => Plan::Fail,
            1 if self.is_moody => Plan::Panic,
            2 if self.is_moody => Plan::Hang,
            _ => Plan::Do(item),
        }
    }
}

#[derive(Clone, Copy)]
enum Plan {
    Do(usize),
    Refuse(u64),
    Fail,
    Panic,
    Hang,
}

/// Leaves when the attempt ends, in whatever way.
struct Visit(Arc<Mutex<Server>>);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.lock().unwrap().in_flight -= 1;
    }
}

async fn serve(server: Arc<Mutex<Server>>, item: usize) -> Result<Response<()>, BoxError> {
    let plan = server.lock().unwrap().arrive(item);
    let visit = Visit(Arc::clone(&server));
    sleep(Duration::from_millis(50)).await;
    let answer = match plan {
        Plan::Do(item) => {
            let mut seen = server.lock().unwrap();
            seen.done[item] += 1;
            seen.good_in_a_row += 1;
            Response::default()
        }
        Plan::Refuse(hint) => {
            let mut seen = server.lock().unwrap();
            seen.refused += 1;
            seen.good_in_a_row = 0;
            limited(hint)
        }
        Plan::Fail => return Err("broken".into()),
        Plan::Panic => panic!("as planned"),
        Plan::Hang => std::future::pending().await,
    };
    drop(visit);
    Ok(answer)
}

fn now() -> Instant {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server has a clock of its own"
    )]
    Instant::now()
}

/// As many workers as items, each with one, each until it is done.
async fn work(layer: CooldownLayer, server: &Arc<Mutex<Server>>) {
    let handle = layer.handle();
    let items = server.lock().unwrap().done.len();
    let serving = Arc::clone(server);
    let client = layer.layer(service_fn(move |item: usize| {
        serve(Arc::clone(&serving), item)
    }));
    let worker = |item| {
        let client = client.clone();
        async move {
            // A task of its own for each attempt, so that a panic is seen as a panic, and a dropped call as dropped.
            loop {
                let call = tokio::spawn(timeout(300 * SECOND, client.clone().call(item)));
                if let Ok(Ok(Ok(answer))) = call.await
                    && answer.status() == 200
                {
                    return;
                }
            }
        }
    };
    let workers: Vec<_> = (0..items).map(|item| tokio::spawn(worker(item))).collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let left = handle.snapshot(Key::ALL);
    assert_eq!((left.waiting, left.released), (0, 0));
    let server = server.lock().unwrap();
    assert!(
        server.done.iter().all(|done| *done == 1),
        "each exactly once"
    );
}

/// A hang is not ended by patience here, so that the step is the bound.
fn strict() -> CooldownLayer {
    let pauses = Pauses::default().with_margin(false);
    exact()
        .with_pauses(pauses.with_patience(Duration::MAX))
        .with_max_wait(10_000 * SECOND)
}

#[tokio::test(start_paused = true)]
async fn all_are_told_at_once_and_nobody_is_told_again() {
    for workers in [10, 100, 10_000] {
        let server = Server::new(workers, 5, &[(0, 5_000)]);
        work(strict(), &server).await;
        let server = server.lock().unwrap();
        assert_eq!(server.refused, workers, "after the first wave, none");
        assert_eq!(server.over_step, workers - 1, "in the first wave only");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_outlasts_its_hint_costs_one_probe_each_time() {
    for workers in [10, 100, 10_000] {
        let server = Server::new(workers, 1, &[(0, 10_000)]);
        work(strict(), &server).await;
        let server = server.lock().unwrap();
        let probes = server.refused - workers;
        assert!((1..=10).contains(&probes), "{probes}");
        assert_eq!(server.over_step, workers - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_wave_meets_no_more_than_a_step() {
    for workers in [100, 10_000] {
        let server = Server::new(workers, 5, &[(0, 5_000), (5_210, 5_260), (10_500, 10_600)]);
        work(strict(), &server).await;
        let server = server.lock().unwrap();
        let again = server.refused - workers;
        assert!((1..=64).contains(&again), "{again}");
        assert_eq!(server.over_step, workers - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn failures_panics_hangs_and_cancellations_strand_nobody() {
    for workers in [10, 100, 1_000] {
        let server = Server::new(workers, 5, &[(0, 5_000), (5_300, 5_400), (11_000, 11_100)]);
        server.lock().unwrap().is_moody = true;
        work(exact().with_max_wait(10_000 * SECOND), &server).await;
    }
}

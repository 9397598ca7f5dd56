//! What the layers of a stack tell its one observer.

use std::sync::Mutex;
use std::time::Duration;

use buttress_core::history::Cause;
use buttress_core::pause::Pauses;
use buttress_core::policy::{Concurrency, Cooldown, Retry};
use buttress_core::{Event, Observer};
use tokio_test::task;
use tower::ServiceExt;

use super::wiring::{NOW, SECOND, answering, one, opens_at_once, pauses, per_minute, slow};
use super::*;

/// What was told, as its name and what it says.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Observer for Told {
    fn observe(&self, event: &Event<'_>) {
        let line = match event {
            Event::RetryScheduled { wait, cause, .. } => {
                format!("RetryScheduled {wait:?} {cause:?}")
            }
            Event::PauseBegan { remaining, .. } => format!("PauseBegan {remaining:?}"),
            Event::Rejected { rejected } => format!("Rejected {:?}", rejected.why),
            Event::WaitBegan { cause, .. } => format!("WaitBegan {cause:?}"),
            Event::Classified { outcome } => format!("Classified {}", outcome.class()),
            other => {
                let text = format!("{other:?}");
                let name = text.split([' ', '(']).next();
                name.unwrap_or_default().to_owned()
            }
        };
        self.0.lock().unwrap().push(line);
    }
}

impl Told {
    fn has(&self, line: &str) -> bool {
        let told = self.0.lock().unwrap();
        told.iter().any(|told| told.starts_with(line))
    }
}

fn watched(policy: Policy, told: &Arc<Told>) -> Stack {
    let told: Arc<dyn Observer> = told.clone();
    let builder = Stack::builder().policy(policy).with_observer(told);
    builder.with_seed(7).build().unwrap()
}

/// A policy of one part, what its server answers, and what is told by it.
type Case = (Policy, fn(u32) -> u16, &'static [&'static str]);

fn cases() -> Vec<Case> {
    let half = Some(SECOND / 2);
    let limited = |max_wait| bare().with_rate_limit(per_minute(1).with_max_wait(max_wait));
    let one_place = Concurrency::fixed(one()).with_queue(0);
    vec![
        (
            bare(),
            |_| 500,
            &[
                "CallBegan",
                "CallEnded",
                "AttemptEnded",
                "Classified server_error",
            ],
        ),
        (
            bare().with_deadline(half).unwrap(),
            |_| 200,
            &["DeadlinePassed"],
        ),
        (
            bare().with_attempt_timeout(half).unwrap(),
            |_| 200,
            &["Classified timeout"],
        ),
        (
            bare().with_isolation(true),
            |_| panic!("on purpose"),
            &["Classified panicked"],
        ),
        (
            bare().with_retry(Retry::default()),
            |_| 500,
            &["RetryScheduled", "RetryEnded"],
        ),
        (
            bare().with_cooldown(pauses()),
            |_| 429,
            &["PauseBegan", "Rejected Cooldown"],
        ),
        (
            bare().with_breaker(opens_at_once()),
            |_| 500,
            &["BreakerChanged", "Rejected CircuitOpen"],
        ),
        (
            bare().with_concurrency(one_place),
            |_| 200,
            &["Rejected Concurrency"],
        ),
        (limited(NOW), |_| 200, &["Rejected RateLimit"]),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_layer_tells_the_one_observer() {
    for (policy, answer, expected) in cases() {
        let told = Arc::new(Told::default());
        let service = watched(policy, &told).layer(slow(answer));
        let both = [0, 1].map(|_| task::spawn(service.clone().oneshot(ask())));
        let mut both = Vec::from(both);
        for _ in 0..3 {
            both.retain_mut(|call| call.poll().is_pending());
            tokio::time::advance(SECOND / 2 + Duration::from_millis(1)).await;
        }
        let _ = service.oneshot(ask()).await;
        drop(both);
        for line in expected {
            assert!(told.has(line), "{line}: {:?}", told.0.lock().unwrap());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_fail_fast_refuses_it_tells_itself() {
    let told = Arc::new(Told::default());
    let policy = bare().with_fail_fast(true).with_breaker(opens_at_once());
    let service = watched(policy, &told).layer(Client::new(|_| 500));
    for _ in 0..2 {
        let _ = service.clone().oneshot(ask()).await;
    }
    assert!(told.has("Rejected CircuitOpen"));
}

#[tokio::test(start_paused = true)]
async fn by_one_seed_all_waits_are_the_same() {
    let retry = bare().with_retry(Retry::default());
    let margin = Pauses::default().with_margin(true);
    let pause = bare().with_cooldown(pauses().with_pauses(margin));
    for (policy, status) in [(retry, 500), (pause, 429)] {
        let mut all = Vec::new();
        for _ in 0..2 {
            let told = Arc::new(Told::default());
            let stack = watched(policy.clone(), &told);
            let _ = stack.layer(answering(status)).oneshot(ask()).await;
            let told = std::mem::take(&mut *told.0.lock().unwrap());
            let waits = told.into_iter().filter(|line| {
                line.starts_with("RetryScheduled") || line.starts_with("PauseBegan")
            });
            all.push(waits.collect::<Vec<_>>());
        }
        assert!(!all[0].is_empty() && all[0] == all[1], "{all:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_leaves_its_waiting_to_the_pause() {
    let told = Arc::new(Told::default());
    let policy = bare()
        .with_retry(Retry::default())
        .with_cooldown(Cooldown::default());
    let client = Client::new(|attempt| if attempt == 1 { 429 } else { 200 });
    let service = watched(policy, &told).layer(client);
    let answer = service.oneshot(ask()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(told.has(&format!("WaitBegan {:?}", Cause::Cooldown)));
    assert!(!told.has(&format!("WaitBegan {:?}", Cause::Backoff)));
}

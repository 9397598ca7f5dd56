//! Everything that a whole stack tells, in order, as a text that is kept: `scenario.txt`.
//!
//! Where it is to change: the text that was told is in `target/tmp/scenario.txt`, to be copied and read as any difference.

#[cfg(test)]
mod log;
#[cfg(test)]
mod stack;

use std::fs;
use std::pin::Pin;
use std::time::Duration;

use http::Request;
use tokio::time::advance;
use tokio_test::task::{self, Spawn};
use tower_service::Service;

use crate::log::Log;
use crate::stack::{Script, request, stack};

type Calls<F> = Vec<Spawn<Pin<Box<F>>>>;

const STEP: Duration = Duration::from_millis(250);

/// So many calls, in this order, as far as they get at once.
fn begin<S: Service<Request<String>>>(service: &mut S, count: usize) -> Calls<S::Future> {
    let calls = (0..count).map(|_| task::spawn(Box::pin(service.call(request()))));
    let mut calls: Calls<S::Future> = calls.collect();
    calls.retain_mut(|call| call.poll().is_pending());
    calls
}

/// Lets time pass, and polls whoever is woken, in their order. What has ended is dropped.
async fn pass<F: Future>(calls: &mut Calls<F>, time: Duration) {
    for _ in 0..time.as_millis() / STEP.as_millis() {
        advance(STEP).await;
        while calls.iter().any(Spawn::is_woken) {
            calls.retain_mut(|call| !call.is_woken() || call.poll().is_pending());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_scenario_is_told_in_its_order() {
    let (log, script) = (Log::new(), Script::default());
    let mut service = stack(&log, &script);
    let second = Duration::from_secs(1);

    log.head("two slots a second: the third call waits for its own");
    script.answers("200 200 200");
    pass(&mut begin(&mut service, 3), second).await;

    log.head("two are told 429 at once: one pause for both, and one goes first after it");
    script.answers("429+5 429+5 200 200");
    pass(&mut begin(&mut service, 2), 7 * second).await;

    log.head("a retry saves a call");
    script.answers("503 200");
    pass(&mut begin(&mut service, 1), 3 * second).await;

    log.head("four failures in a row open the circuit: what is to be tried again is refused, and so is a new call");
    script.answers("500 500 500 500");
    pass(&mut begin(&mut service, 2), 3 * second).await;
    pass(&mut begin(&mut service, 1), second).await;

    log.head("when it has been open for long enough, a probe closes it");
    pass::<std::future::Pending<()>>(&mut Vec::new(), 10 * second).await;
    script.answers("200");
    pass(&mut begin(&mut service, 1), second).await;

    log.head("an attempt that takes too long is ended, and a call whose time is up too");
    script.answers("never 200");
    pass(&mut begin(&mut service, 1), 5 * second).await;
    script.answers("429+6 never");
    pass(&mut begin(&mut service, 1), 8 * second).await;

    log.head("a call is dropped in its attempt, another while it waits behind it for the pause to be released");
    script.answers("never");
    let mut calls = begin(&mut service, 2);
    pass(&mut calls, STEP).await;
    drop(calls);

    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/observe/scenario.txt");
    let told = concat!(env!("CARGO_TARGET_TMPDIR"), "/scenario.txt");
    fs::write(told, log.text()).unwrap();
    let kept = fs::read_to_string(kept).unwrap_or_default();
    assert!(
        kept == log.text(),
        "another story is told: see {told}\n{}",
        log.text()
    );
}

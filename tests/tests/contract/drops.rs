//! Calls that end before their time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use http::{Method, StatusCode};
use tokio::time::advance;
use tokio_test::task;
use tower::ServiceExt;
use tower::limit::ConcurrencyLimit;
use tower_service::Service;

use crate::enrolled::Enrolled;
use crate::probe::{Act, Ask, IntoHttp, Probe, Under, Watch, probe};

type Limited = ConcurrencyLimit<Probe>;

/// No call that an attempt of this test makes takes as many polls.
const MOST_POLLS: usize = 1_000;

/// Polls until it is ready or has been polled `polls` times. Between the polls, time passes.
async fn polled<F: Future>(future: F, polls: usize) -> bool {
    let mut future = task::spawn(future);
    for _ in 0..polls {
        if future.poll().is_ready() {
            return true;
        }
        if !future.is_woken() {
            advance(Duration::from_millis(50)).await;
        }
    }
    false
}

/// Two failures and a success, dropped after no poll, one poll, two … until it is done without being dropped.
pub(crate) async fn at_every_poll<L: Under<Limited, R>, R: Ask>((layer, is_whole): Enrolled<L>) {
    let (inner, watch) = probe();
    let mut service = layer.layer(ConcurrencyLimit::new(inner, 1));
    let alone = watch.held();
    for polls in 0..MOST_POLLS {
        watch.acts([
            Act::Answer(500, 2),
            Act::Answer(503, 1),
            Act::Answer(200, 2),
        ]);
        let call = service.ready().await.unwrap().call(R::ask(Method::GET));
        let is_done = polled(call, polls).await;
        nothing_is_held(&watch, alone, &*is_whole, polls);
        watch.forget_acts();
        let next = service.ready().await.unwrap().call(R::ask(Method::GET));
        assert!(next.await.is_ok());
        nothing_is_held(&watch, alone, &*is_whole, polls);
        if is_done {
            assert!(polls >= 3, "dropped too late to see anything");
            return;
        }
    }
    panic!("it never ends");
}

fn nothing_is_held(watch: &Watch, alone: usize, is_whole: &dyn Fn() -> bool, polls: usize) {
    assert_eq!(watch.held(), alone, "dropped after {polls} polls");
    assert!(is_whole(), "dropped after {polls} polls");
}

/// In the call, in the future and in the body; of the first attempt, and of a later one.
pub(crate) async fn panics<L: Under<Limited, R>, R: Ask>((layer, is_whole): Enrolled<L>) {
    let (inner, watch) = probe();
    let mut service = layer.layer(ConcurrencyLimit::new(inner, 1));
    let alone = watch.held();
    for (number, panic) in [Act::PanicInCall, Act::PanicInFuture, Act::PanicInBody]
        .into_iter()
        .enumerate()
    {
        for before in [None, Some(Act::Answer(503, 0))] {
            watch.acts(before.into_iter().chain([panic.clone()]));
            let ready = service.ready().await.unwrap();
            let call = catch_unwind(AssertUnwindSafe(|| ready.call(R::ask(Method::GET))));
            if let Ok(call) = call {
                until_it_panics(call).await;
            }
            nothing_is_held(&watch, alone, &*is_whole, number);
            watch.forget_acts();
            let next = service.ready().await.unwrap().call(R::ask(Method::GET));
            let next = next.await.unwrap().into_http();
            assert_eq!(next.status(), StatusCode::OK);
        }
    }
}

/// Or until it is done: not every layer makes a second attempt, or looks at a body.
async fn until_it_panics<F: Future>(call: F) {
    let mut call = task::spawn(call);
    loop {
        match catch_unwind(AssertUnwindSafe(|| call.poll())) {
            Err(_) | Ok(Poll::Ready(_)) => return,
            Ok(Poll::Pending) => advance(Duration::from_millis(50)).await,
        }
    }
}

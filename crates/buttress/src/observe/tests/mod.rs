mod listening;
mod report;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress_core::history::Cause;
use buttress_core::{BoxError, Class, Key, Rejected, Why};
use http::{Request, Response};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tower_test::mock;

use super::*;
use crate::attempt_timeout::AttemptTimeoutLayer;
use crate::isolation::IsolationLayer;
use crate::rate_limit::{Quota, RateLimitLayer};
use crate::retry::{Retries, RetryLayer};
use crate::time::Clock;

type Client = mock::Mock<Request<String>, Response<&'static str>>;
type Server = mock::Handle<Request<String>, Response<&'static str>>;

const SECOND: Duration = Duration::from_secs(1);

/// What calls and attempts were told to be, one line each.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        let class = |class: Option<Class>| class.map_or(DROPPED, Class::name);
        let line = match *event {
            Event::CallBegan { about } => format!("call to {}", about.server),
            Event::CallEnded {
                class: ended,
                status,
                elapsed,
                story,
            } => format!(
                "call {} {status:?} in {elapsed:?}: {} attempts, waited {:?}",
                class(ended),
                story.attempts(),
                story.waited(),
            ),
            Event::AttemptEnded {
                attempt,
                outcome,
                elapsed,
                had_slot,
                ..
            } => {
                let class = class(outcome.map(|outcome| outcome.class()));
                let slot = if had_slot { " with a slot" } else { "" };
                format!("attempt {attempt} {class} in {elapsed:?}{slot}")
            }
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

fn request() -> Request<String> {
    Request::get("http://host/path")
        .body(String::new())
        .unwrap()
}

fn answer(status: u16) -> Response<&'static str> {
    Response::builder().status(status).body("").unwrap()
}

fn log() -> (Arc<Log>, CallLayer, AttemptLayer) {
    let log = Arc::new(Log::default());
    let observer: Arc<dyn Observer> = log.clone();
    let (call, attempt) = (
        CallLayer::new(Arc::clone(&observer)),
        AttemptLayer::new(observer),
    );
    (log, call, attempt)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_does_well_is_told_from_beginning_to_end() {
    let (log, call, attempt) = log();
    let (mut service, mut server): (_, Server) =
        mock::spawn_with(|client: Client| call.layer(attempt.layer(client)));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    assert_eq!(log.lines(), ["call to host"]);
    advance(SECOND).await;
    let (_, respond) = assert_ready!(server.poll_request()).unwrap();
    respond.send_response(answer(200));
    assert_ready_ok!(call.poll());
    drop(call);
    let ended = [
        "attempt 1 ok in 1s",
        "call ok Some(200) in 1s: 1 attempts, waited 0ns",
    ];
    assert_eq!(log.lines(), ended);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_ends_too_and_so_does_what_is_inside() {
    let (log, call, attempt) = log();
    let mut service = call.layer(attempt.layer(service_fn(|_: Request<String>| {
        std::future::pending::<Result<Response<&str>, BoxError>>()
    })));
    drop(service.call(request()));
    let mut polled = task::spawn(service.call(request()));
    assert_pending!(polled.poll());
    drop(polled);
    let told = [
        "call to host",
        "attempt 1 dropped in 0ns",
        "call dropped None in 0ns: 1 attempts, waited 0ns",
    ];
    assert_eq!(log.lines(), [told, told].concat());
}

#[tokio::test(start_paused = true)]
async fn attempts_are_numbered_within_their_call_whether_or_not_retry_has_an_observer() {
    let (log, call, attempt) = log();
    let mut service = ServiceBuilder::new()
        .layer(call)
        .layer(RetryLayer::new(Retries::default()).with_seed(0))
        .layer(attempt)
        .service(service_fn(async |_: Request<String>| {
            Ok::<_, BoxError>(answer(503))
        }));
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert_pending!(call.poll());
    drop(call);
    // The wait before the third attempt began after the second.
    let told = [
        "call to host",
        "attempt 1 unavailable in 0ns",
        "attempt 2 unavailable in 0ns",
        "call dropped None in 1s: 2 attempts, waited 1s",
    ];
    assert_eq!(log.lines(), told);
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    assert_eq!(log.lines()[1], "attempt 1 unavailable in 0ns");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_and_a_panic_are_told_as_what_they_are() {
    let (log, _, attempt) = log();
    let stack = ServiceBuilder::new()
        .layer(attempt)
        .layer(AttemptTimeoutLayer::new(SECOND))
        .layer(IsolationLayer::new());
    let mut slow = stack.clone().service(service_fn(|_: Request<String>| {
        std::future::pending::<Result<Response<&str>, BoxError>>()
    }));
    let mut call = task::spawn(slow.call(request()));
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert_ready_err!(call.poll());
    let mut broken = stack.service(service_fn(
        async |_: Request<String>| -> Result<Response<&str>, BoxError> { panic!("inside") },
    ));
    assert_ready_err!(task::spawn(broken.call(request())).poll());
    let told = ["attempt 1 timeout in 1s", "attempt 1 panicked in 0ns"];
    assert_eq!(log.lines(), told);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_knows_that_it_had_a_slot_and_the_next_one_has_its_own() {
    let (log, call, attempt) = log();
    let limit = RateLimitLayer::new([Quota::per_second(1).unwrap()]);
    let mut service = ServiceBuilder::new()
        .layer(call)
        .layer(limit)
        .layer(attempt.clone())
        .service(service_fn(async |_: Request<String>| {
            Ok::<_, BoxError>(answer(429))
        }));
    assert_ready_ok!(task::spawn(service.call(request())).poll());
    assert_eq!(log.lines()[1], "attempt 1 rate_limited in 0ns with a slot");
    let mut waits = task::spawn(service.call(request()));
    assert_pending!(waits.poll());
    advance(SECOND).await;
    assert_ready_ok!(waits.poll());
    let told = [
        "call to host",
        "attempt 1 rate_limited in 0ns with a slot",
        "call rate_limited Some(429) in 1s: 1 attempts, waited 1s",
    ];
    assert_eq!(log.lines(), told);
    let mut without = attempt.layer(service_fn(async |_: Request<String>| {
        Ok::<_, BoxError>(answer(429))
    }));
    assert_ready_ok!(task::spawn(without.call(request())).poll());
    assert_eq!(log.lines(), ["attempt 1 rate_limited in 0ns"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_inside_another_keeps_a_story_of_its_own() {
    let ((outer, call, _), (inner, call_inside, attempt)) = (log(), log());
    let client = service_fn(async |_: Request<String>| Ok::<_, BoxError>(answer(200)));
    let mut service = call.layer(call_inside.layer(attempt.layer(client)));
    assert_ready_ok!(task::spawn(service.call(request())).poll());
    assert!(outer.lines()[1].ends_with("0 attempts, waited 0ns"));
    assert!(inner.lines()[2].ends_with("1 attempts, waited 0ns"));
}

#[tokio::test(start_paused = true)]
async fn what_is_inside_is_let_go_before_an_end_is_told() {
    struct LetGo(Arc<Log>);
    impl Drop for LetGo {
        fn drop(&mut self) {
            self.0.0.lock().unwrap().push("let go".to_owned());
        }
    }
    let (log, call, attempt) = log();
    let held = LetGo(Arc::clone(&log));
    let mut held = Some(held);
    let inner = |_: Request<String>| {
        let held = held.take();
        std::future::poll_fn(move |_| {
            assert!(held.is_some());
            std::task::Poll::Ready(Ok::<_, BoxError>(answer(200)))
        })
    };
    let mut service = call.layer(attempt.layer(service_fn(inner)));
    assert_ready_ok!(task::spawn(service.call(request())).poll());
    assert_eq!(log.lines()[1..3], ["let go", "attempt 1 ok in 0ns"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_the_class_of_its_call() {
    let (log, call, _) = log();
    let mut service = call.layer(service_fn(async |_: Request<String>| {
        Err::<Response<&str>, BoxError>(Rejected::new(Why::CircuitOpen, Key::ALL).into())
    }));
    assert_ready_err!(task::spawn(service.call(request())).poll());
    let ended = "call rejected None in 0ns: 0 attempts, waited 0ns";
    assert_eq!(log.lines(), ["call to host", ended]);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_observes_the_call_is_passed_on_and_nothing_is_kept() {
    let client = service_fn(async |request: Request<String>| {
        assert_eq!(current::attempt_began(), None);
        Ok::<_, BoxError>(Response::new(request.into_body()))
    });
    let mut service = CallLayer::default().layer(AttemptLayer::default().layer(client));
    assert_ready_ok!(task::spawn(service.call(request())).poll());
}

#[test]
fn a_wait_that_began_is_over_once() {
    #[derive(Default)]
    struct Waits(Mutex<Vec<Option<bool>>>);
    impl Observer for Waits {
        fn observe(&self, event: &Event<'_>) {
            let told = match event {
                Event::WaitBegan { .. } => None,
                Event::Waited { given_up, .. } => Some(*given_up),
                other => panic!("{other:?}"),
            };
            self.0.lock().unwrap().push(told);
        }
    }
    let waits = Arc::new(Waits::default());
    let watcher = Watcher::new(waits.clone());
    let begin = || Wait::begin(&watcher, Clock::default(), Cause::Hint, Key::ALL, None);
    begin().over();
    drop(begin());
    begin().give_up();
    let told = [None, Some(false), None, Some(true), None, Some(true)];
    assert_eq!(*waits.0.lock().unwrap(), told);
}

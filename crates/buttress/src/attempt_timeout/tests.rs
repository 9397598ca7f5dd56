//! A mocked client and paused time.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use buttress_core::{BoxError, Class, Event, Failure, Observer, Repeat};
use tokio::task::coop;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::limit::ConcurrencyLimit;
use tower::service_fn;
use tower_layer::Layer;
use tower_test::mock::{self, Handle, Mock};

use super::{AttemptTimeout, AttemptTimeoutLayer};
use crate::time::Clock;

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

type Client = Mock<(), &'static str>;
type Rig = (
    mock::Spawn<AttemptTimeout<Client>>,
    Handle<(), &'static str>,
);

fn rig(layer: &AttemptTimeoutLayer) -> Rig {
    let (mut service, client) = mock::spawn_with(|client| layer.layer(client));
    assert_ready_ok!(service.poll_ready());
    (service, client)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_answer_is_a_failure_that_may_be_repeated() {
    let (mut service, _client) = rig(&AttemptTimeoutLayer::new(SECOND));
    let mut attempt = task::spawn(service.call(()));
    assert_pending!(attempt.poll());
    advance(SECOND - MILLI).await;
    assert_pending!(attempt.poll());
    advance(MILLI).await;
    assert!(attempt.is_woken());
    let error = assert_ready_err!(attempt.poll());
    let outcome = *Failure::find(&*error).unwrap().outcome();
    assert_eq!(
        (outcome.class(), outcome.repeat(), outcome.rule()),
        (Class::Timeout, Repeat::IfRepeatable, "attempt timeout")
    );
    let times = (outcome.elapsed(), outcome.received());
    assert_eq!(times, (SECOND, Clock::default().now()));
    let source = Failure::find_source::<io::Error>(&*error).unwrap();
    assert_eq!(source.kind(), io::ErrorKind::TimedOut);
    assert_eq!(source.to_string(), "no answer within 1s");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_same_instant_is_returned() {
    let (mut service, mut client) = rig(&AttemptTimeoutLayer::new(SECOND));
    let mut attempt = task::spawn(service.call(()));
    assert_pending!(attempt.poll());
    let (_, answer) = assert_ready!(client.poll_request()).unwrap();
    advance(2 * SECOND).await;
    answer.send_response("answer");
    assert_eq!(assert_ready_ok!(attempt.poll()), "answer");
}

#[tokio::test(start_paused = true)]
async fn the_inner_services_error_is_passed_on() {
    let (mut service, mut client) = rig(&AttemptTimeoutLayer::new(SECOND));
    let mut attempt = task::spawn(service.call(()));
    let (_, answer) = assert_ready!(client.poll_request()).unwrap();
    answer.send_error("refused");
    assert_eq!(assert_ready_err!(attempt.poll()).to_string(), "refused");
}

#[tokio::test(start_paused = true)]
async fn time_before_the_first_poll_does_not_count() {
    let (mut service, _client) = rig(&AttemptTimeoutLayer::new(SECOND));
    let mut attempt = task::spawn(service.call(()));
    advance(5 * SECOND).await;
    assert_pending!(attempt.poll());
    advance(SECOND).await;
    assert_ready_err!(attempt.poll());
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_used_up_its_turn_is_timed_all_the_same() {
    let (mut service, _client) = rig(&AttemptTimeoutLayer::new(SECOND));
    let mut attempt = task::spawn(service.call(()));
    assert_pending!(attempt.poll());
    advance(SECOND).await;
    let result = poll_fn(|cx| {
        while coop::has_budget_remaining() {
            let _ = pin!(coop::consume_budget()).poll(cx);
        }
        Poll::Ready(attempt.poll())
    });
    assert_ready_err!(result.await);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_took_too_long_holds_no_place_of_an_inner_limit() {
    let pending = service_fn(|()| std::future::pending::<Result<(), BoxError>>());
    let limited = ConcurrencyLimit::new(pending, 1);
    let mut service = mock::Spawn::new(AttemptTimeoutLayer::new(SECOND).layer(limited));
    let mut other = service.clone();
    assert_ready_ok!(service.poll_ready::<()>());
    let mut attempt = task::spawn(service.call(()));
    assert_pending!(attempt.poll());
    assert_pending!(other.poll_ready::<()>());
    advance(SECOND).await;
    assert_ready_err!(attempt.poll());
    // The future is still there, and holds nothing.
    assert_ready_ok!(other.poll_ready::<()>());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_dropped_before_or_after_any_poll_gives_its_place_back() {
    for polls in 0..3 {
        let pending = service_fn(|()| std::future::pending::<Result<(), BoxError>>());
        let limited = ConcurrencyLimit::new(pending, 1);
        let mut service = mock::Spawn::new(AttemptTimeoutLayer::new(SECOND).layer(limited));
        assert_ready_ok!(service.poll_ready::<()>());
        let mut attempt = task::spawn(service.call(()));
        (0..polls).for_each(|_| assert_pending!(attempt.poll()));
        drop(attempt);
        assert_ready_ok!(service.poll_ready::<()>());
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_and_its_error_are_the_inner_services() {
    let (mut service, mut client) = rig(&AttemptTimeoutLayer::new(SECOND));
    drop(service.call(()));
    client.allow(0);
    assert_pending!(service.poll_ready());
    client.send_error("broken");
    assert_eq!(
        assert_ready_err!(service.poll_ready()).to_string(),
        "broken"
    );
}

#[derive(Default)]
struct Log(Mutex<Vec<Class>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        if let Event::Classified { outcome } = event {
            self.0.lock().unwrap().push(outcome.class());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_told_as_an_attempt_that_failed() {
    let log = Arc::new(Log::default());
    let layer = AttemptTimeoutLayer::new(SECOND).with_observer(Arc::<Log>::clone(&log));
    let (mut service, _client) = rig(&layer);
    let mut attempt = task::spawn(service.call(()));
    assert_pending!(attempt.poll());
    advance(SECOND).await;
    assert_ready_err!(attempt.poll());
    assert_eq!(*log.0.lock().unwrap(), [Class::Timeout]);
}

//! Mocked clients and paused time. tokio's timers count milliseconds, so that steps here are no shorter.

mod retry;
mod travel;
mod waits;

use std::future::{self, Future};
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use buttress_core::{BoxError, Class, Event, Failure, Observer, Rejected, Why};
use http::Request;
use tokio::task::coop;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::limit::ConcurrencyLimit;
use tower::{Service, service_fn};
use tower_layer::Layer;
use tower_test::mock::{self, Handle, Mock};

use super::{Deadline, DeadlineLayer};
use crate::options::{CallOptions, Extension, NoOptions};
use crate::time::Clock;

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

type Client = Mock<Request<()>, &'static str>;
type Rig<S> = (mock::Spawn<S>, Handle<Request<()>, &'static str>);

fn rig(limit: Duration) -> Rig<Deadline<Client, Extension>> {
    let layer = DeadlineLayer::new(limit);
    let (mut service, client) = mock::spawn_with(|client| layer.layer(client));
    assert_ready_ok!(service.poll_ready());
    (service, client)
}

fn request() -> Request<()> {
    Request::new(())
}

fn with_deadline_in(wait: Duration) -> Request<()> {
    let options = CallOptions::default().with_deadline(Clock::default().now() + wait);
    let mut request = request();
    request.extensions_mut().insert(options);
    request
}

fn is_timeout(error: &BoxError) -> bool {
    let class = Failure::find(&**error).map(|failure| failure.outcome().class());
    let kind = Failure::find_source::<io::Error>(&**error).map(io::Error::kind);
    (class, kind) == (Some(Class::Timeout), Some(io::ErrorKind::TimedOut))
}

#[test]
fn what_is_inside_is_called_in_one_turn_and_polled_in_none() {
    let inner = service_fn(|_: Request<()>| {
        let clock = Clock::default();
        let called = clock.in_turn();
        clock.pass();
        assert_eq!(clock.in_turn(), called);
        async move { Ok::<_, BoxError>(clock.in_turn() > called) }
    });
    let mut service = DeadlineLayer::new(SECOND).layer(inner);
    let is_later = assert_ready_ok!(task::spawn(service.call(request())).poll());
    assert!(is_later);
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_is_returned() {
    let (mut service, mut client) = rig(SECOND);
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    advance(SECOND - MILLI).await;
    assert_pending!(call.poll());
    let (_, answer) = assert_ready!(client.poll_request()).unwrap();
    answer.send_response("answer");
    assert_eq!(assert_ready_ok!(call.poll()), "answer");
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_at_its_deadline() {
    let (mut service, mut client) = rig(SECOND);
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    let _sent = assert_ready!(client.poll_request());
    advance(SECOND - MILLI).await;
    assert_pending!(call.poll());
    advance(MILLI).await;
    assert!(call.is_woken());
    assert!(is_timeout(&assert_ready_err!(call.poll())));
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_same_instant_is_returned() {
    let (mut service, mut client) = rig(SECOND);
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    let (_, answer) = assert_ready!(client.poll_request()).unwrap();
    advance(2 * SECOND).await;
    answer.send_response("answer");
    assert_eq!(assert_ready_ok!(call.poll()), "answer");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_in_the_last_poll_is_returned() {
    let is_last = || {
        future::poll_fn(|_| match crate::CallTime::current().is_up() {
            true => Poll::Ready(Ok::<_, BoxError>("answer")),
            false => Poll::Pending,
        })
    };
    let layer = DeadlineLayer::new(SECOND).with_options(NoOptions);
    let mut service = layer.layer(service_fn(move |()| is_last()));
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert_eq!(assert_ready_ok!(call.poll()), "answer");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_has_passed_before_the_call_sends_nothing() {
    let (mut service, mut client) = rig(Duration::ZERO);
    let mut call = task::spawn(service.call(request()));
    let error = assert_ready_err!(call.poll());
    assert_eq!(
        Rejected::find(&*error).map(|it| it.why),
        Some(Why::Deadline)
    );
    assert_pending!(client.poll_request());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_made_keeps_no_place_of_an_inner_limit() {
    let inner = service_fn(|()| future::pending::<Result<(), BoxError>>());
    let inner = ConcurrencyLimit::new(inner, 1);
    let layer = DeadlineLayer::new(Duration::ZERO).with_options(NoOptions);
    let mut service = mock::Spawn::new(layer.layer(inner));
    let mut other = service.clone();
    assert_ready_ok!(service.poll_ready::<()>());
    assert_pending!(other.poll_ready::<()>());
    let call: Result<(), BoxError> = service.call(()).await;
    assert!(call.is_err());
    assert_ready_ok!(other.poll_ready::<()>());
}

#[tokio::test(start_paused = true)]
async fn the_caller_may_have_less_time_or_more() {
    for wait in [SECOND, 100 * SECOND] {
        let (mut service, _client) = rig(10 * SECOND);
        let mut call = task::spawn(service.call(with_deadline_in(wait)));
        assert_pending!(call.poll());
        advance(wait - MILLI).await;
        assert_pending!(call.poll());
        advance(MILLI).await;
        assert!(is_timeout(&assert_ready_err!(call.poll())));
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_time_there_is_does_not_end() {
    let (mut service, _client) = rig(Duration::MAX);
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    advance(1_000_000 * SECOND).await;
    assert!(!call.is_woken());
    assert_pending!(call.poll());
}

/// A client whose future shows whether it is still there.
fn held() -> (
    Arc<()>,
    impl Service<(), Response = (), Error = BoxError, Future: Send> + Clone,
) {
    let held = Arc::new(());
    let kept = Arc::clone(&held);
    let service = service_fn(move |()| {
        let kept = Arc::clone(&kept);
        async move {
            future::pending::<()>().await;
            drop(kept);
            Ok(())
        }
    });
    (held, service)
}

#[tokio::test(start_paused = true)]
async fn what_the_call_holds_is_let_go_when_its_time_is_up() {
    let (held, client) = held();
    let mut service = DeadlineLayer::new(SECOND)
        .with_options(NoOptions)
        .layer(client);
    let before = Arc::strong_count(&held);
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    assert_eq!(Arc::strong_count(&held), before + 1);
    advance(SECOND).await;
    assert_ready_err!(call.poll());
    assert_eq!(
        Arc::strong_count(&held),
        before,
        "the future is still there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_or_after_any_poll_leaves_nothing() {
    for polls in 0..3 {
        let (held, client) = held();
        let mut service = DeadlineLayer::new(SECOND)
            .with_options(NoOptions)
            .layer(client);
        let before = Arc::strong_count(&held);
        let mut call = task::spawn(service.call(()));
        (0..polls).for_each(|_| assert_pending!(call.poll()));
        drop(call);
        assert_eq!(Arc::strong_count(&held), before);
        assert_eq!(crate::CallTime::current(), crate::CallTime::UNLIMITED);
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_and_its_error_are_the_inner_services() {
    let (mut service, mut client) = rig(SECOND);
    drop(service.call(request()));
    client.allow(0);
    assert_pending!(service.poll_ready());
    client.send_error("broken");
    assert_eq!(
        assert_ready_err!(service.poll_ready()).to_string(),
        "broken"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_used_up_its_turn_is_ended_all_the_same() {
    let (mut service, _client) = rig(SECOND);
    let mut call = pin!(service.call(request()));
    let mut poll = async |is_tired: bool| {
        future::poll_fn(|cx: &mut Context<'_>| {
            while is_tired && coop::has_budget_remaining() {
                let _ = pin!(coop::consume_budget()).poll(cx);
            }
            Poll::Ready(call.as_mut().poll(cx))
        })
        .await
    };
    assert_pending!(poll(false).await);
    advance(SECOND).await;
    assert!(is_timeout(&assert_ready_err!(poll(true).await)));
}

#[derive(Default)]
struct Passed(Mutex<Vec<Result<Duration, Why>>>);

impl Observer for Passed {
    fn observe(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(match event {
            Event::DeadlinePassed { after } => Ok(*after),
            Event::Rejected { rejected } => Err(rejected.why),
            other => panic!("{other:?}"),
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_is_told_and_one_that_is_met_is_not() {
    let passed = Arc::new(Passed::default());
    let layer = DeadlineLayer::new(SECOND).with_observer(Arc::<Passed>::clone(&passed));
    let (mut service, mut client) = mock::spawn_with(|client: Client| layer.layer(client));
    for is_late in [false, true] {
        assert_ready_ok!(service.poll_ready());
        let mut call = task::spawn(service.call(request()));
        assert_pending!(call.poll());
        let (_, answer) = assert_ready!(client.poll_request()).unwrap();
        advance(SECOND).await;
        if !is_late {
            answer.send_response("answer");
        }
        assert_eq!(assert_ready!(call.poll()).is_err(), is_late);
    }
    let mut call = task::spawn(service.call(with_deadline_in(Duration::ZERO)));
    assert_ready_err!(call.poll());
    assert_eq!(*passed.0.lock().unwrap(), [Ok(SECOND), Err(Why::Deadline)]);
}

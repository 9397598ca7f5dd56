use std::io;
use std::num::NonZeroU32;
use std::task::Poll;

use buttress_core::{BoxError, Failure};
use tower::ServiceExt;

use super::*;

const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();

type Nested = Retry<Retry<Inner<&'static str>, Http>, Http>;

fn nested(log: &Arc<Log>) -> (mock::Spawn<Nested>, Handle<Request<&'static str>, Reply>) {
    let observer = Arc::<Log>::clone(log);
    let outer = layer().with_observer(observer);
    let inner = RetryLayer::new(retries().with_max_attempts(THREE));
    mock::spawn_with(|client| outer.layer(inner.layer(client)))
}

#[tokio::test(start_paused = true)]
async fn attempts_of_nested_layers_do_not_multiply() {
    let log = Arc::new(Log::default());
    let (mut service, mut client) = nested(&log);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(get()));
    assert_pending!(call.poll());
    for wait in [1, 2] {
        let (_, send) = assert_ready!(client.poll_request()).unwrap();
        send.send_response(reply(503));
        assert_pending!(call.poll());
        tokio::time::advance(wait * SECOND).await;
        assert_pending!(call.poll());
    }
    let (_, send) = assert_ready!(client.poll_request()).unwrap();
    send.send_response(reply(503));
    let reply = assert_ready_ok!(call.poll());
    assert_pending!(client.poll_request());
    assert_eq!(end(&reply), (3, End::Attempts));
    assert_eq!(history(&reply).waited(), 3 * SECOND);
    assert_eq!(
        log.lines(),
        ["nested 3", "end 1 unavailable GivenUpInside 0ns"]
    );
}

#[tokio::test(start_paused = true)]
async fn errors_that_the_inner_layer_has_given_up_are_not_repeated_either() {
    let log = Arc::new(Log::default());
    let (mut service, mut client) = nested(&log);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(get()));
    assert_pending!(call.poll());
    for wait in [1, 2] {
        let (_, send) = assert_ready!(client.poll_request()).unwrap();
        send.send_error("broken");
        assert_pending!(call.poll());
        tokio::time::advance(wait * SECOND).await;
        assert_pending!(call.poll());
    }
    let (_, send) = assert_ready!(client.poll_request()).unwrap();
    send.send_error(io::Error::other("the last"));
    let Poll::Ready(Err(error)) = call.poll() else {
        panic!("the outer layer tries again");
    };
    assert_pending!(client.poll_request());
    let failure = error.downcast::<Failure>().unwrap();
    assert_eq!(failure.history().map(History::attempts), Some(3));
    assert!(failure.into_source().is::<io::Error>());
    assert_eq!(
        log.lines(),
        ["nested 3", "end 1 interrupted GivenUpInside 0ns"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_inner_layer_saved_is_no_matter_to_the_outer() {
    let log = Arc::new(Log::default());
    let (mut service, mut client) = nested(&log);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(get()));
    assert_pending!(call.poll());
    let (_, send) = assert_ready!(client.poll_request()).unwrap();
    send.send_response(reply(503));
    assert_pending!(call.poll());
    tokio::time::advance(SECOND).await;
    assert_pending!(call.poll());
    let (_, send) = assert_ready!(client.poll_request()).unwrap();
    send.send_response(reply(200));
    let reply = assert_ready_ok!(call.poll());
    assert_eq!(end(&reply), (2, End::Succeeded));
    assert_eq!(log.lines(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn events_come_in_order_and_attempts_count_from_one() {
    let log = Arc::new(Log::default());
    let observer = Arc::<Log>::clone(&log);
    let mut rig = Rig::new(&layer().with_observer(observer));
    let mut call = rig.call(get());
    rig.answer(told(429, "3"));
    assert_pending!(call.poll());
    assert_eq!(log.lines(), ["1 rate_limited 3s hint"]);
    after(3 * SECOND, &mut call).await;
    rig.sent().1.send_error("broken");
    assert_pending!(call.poll());
    after(2 * SECOND, &mut call).await;
    rig.answer(reply(200));
    assert_ready_ok!(call.poll());
    assert_eq!(
        log.lines(),
        [
            "1 rate_limited 3s hint",
            "2 interrupted 2s backoff",
            "end 3 ok Succeeded 5s"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_success_at_once_and_a_dropped_call_are_no_event_of_an_end() {
    let log = Arc::new(Log::default());
    let observer = Arc::<Log>::clone(&log);
    let mut rig = Rig::new(&layer().with_observer(observer));
    let mut call = rig.call(get());
    rig.answer(reply(204));
    assert_ready_ok!(call.poll());
    let mut call = rig.call(get());
    rig.answer(reply(500));
    assert_pending!(call.poll());
    drop(call);
    assert_eq!(log.lines(), ["1 server_error 1s backoff"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_lost_at_once_is_told() {
    let log = Arc::new(Log::default());
    let observer = Arc::<Log>::clone(&log);
    let mut rig = Rig::new(&layer().with_observer(observer));
    let mut call = rig.call(get());
    rig.answer(reply(404));
    assert_ready_ok!(call.poll());
    assert_eq!(log.lines(), ["end 1 client_error NotRetryable 0ns"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_inner_layer_has_given_up_is_known_under_other_errors_too() {
    let log = Arc::new(Log::default());
    let observer = Arc::<Log>::clone(&log);
    let outer = layer().with_observer(observer);
    let inner = RetryLayer::new(retries().with_max_attempts(THREE));
    let wrap = |error: BoxError| BoxError::from(io::Error::other(error));
    let (mut service, mut client) = mock::spawn_with(|client: Inner<&'static str>| {
        outer.layer(inner.layer(client).map_err(wrap))
    });
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(get()));
    assert_pending!(call.poll());
    for _ in 0..3 {
        let (_, send) = assert_ready!(client.poll_request()).unwrap();
        send.send_error("broken");
        if call.poll().is_pending() {
            tokio::time::advance(2 * SECOND).await;
            let _later = call.poll();
        }
    }
    assert!(client.poll_request().is_pending(), "the attempts multiply");
    assert_eq!(
        log.lines(),
        ["nested 3", "end 1 interrupted GivenUpInside 0ns"]
    );
}

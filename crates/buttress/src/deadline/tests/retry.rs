//! Around a retry layer.

use buttress_core::History;
use buttress_core::backoff::{Backoff, Jitter};
use buttress_core::history::End;
use http::Response;

use super::*;
use crate::retry::{Retries, RetryLayer};
use crate::{attempt_timeout::AttemptTimeoutLayer, retry::Cloned};

type Reply = Response<()>;
type Client = Mock<(), Reply>;

/// A backoff of 1 s, 2 s, 4 s.
fn retry() -> RetryLayer<Cloned> {
    let backoff = Backoff::new(SECOND, 60 * SECOND).unwrap();
    let retries = Retries::default().with_backoff(backoff.with_jitter(Jitter::None));
    RetryLayer::new(retries).with_replay(Cloned)
}

type Stack = Deadline<crate::retry::Retry<Client, Cloned>, NoOptions>;

fn rig(limit: Duration) -> (mock::Spawn<Stack>, Handle<(), Reply>) {
    let deadline = DeadlineLayer::new(limit).with_options(NoOptions);
    let (mut service, client) = mock::spawn_with(|client| deadline.layer(retry().layer(client)));
    assert_ready_ok!(service.poll_ready());
    (service, client)
}

fn fail(client: &mut Handle<(), Reply>) {
    let (_, answer) = assert_ready!(client.poll_request()).unwrap();
    answer.send_response(Response::builder().status(503).body(()).unwrap());
}

fn history(error: &BoxError) -> (u32, End) {
    let history = Failure::find(&**error).and_then(Failure::history);
    let history = history.expect("a history");
    (history.attempts(), history.end())
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_be_too_long_is_not_begun_and_the_failure_is_returned() {
    let (mut service, mut client) = rig(2 * SECOND);
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    fail(&mut client);
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert_pending!(call.poll());
    fail(&mut client);
    let reply = assert_ready_ok!(call.poll());
    assert_eq!(reply.status(), 503);
    let history: &History = reply.extensions().get().unwrap();
    assert_eq!((history.attempts(), history.end()), (2, End::Deadline));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_cut_off_leaves_its_history() {
    let (mut service, mut client) = rig(3 * SECOND);
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    fail(&mut client);
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert_pending!(call.poll());
    advance(2 * SECOND).await;
    let error = assert_ready_err!(call.poll());
    assert!(is_timeout(&error));
    assert_eq!(history(&error), (2, End::Deadline));
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_is_cut_off_is_a_history_of_one() {
    let (mut service, _client) = rig(SECOND);
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert_eq!(history(&assert_ready_err!(call.poll())), (1, End::Deadline));
}

#[tokio::test(start_paused = true)]
async fn the_readiness_of_a_later_attempt_is_covered() {
    let (mut service, mut client) = rig(3 * SECOND);
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    fail(&mut client);
    client.allow(0);
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert_pending!(call.poll());
    advance(2 * SECOND).await;
    assert!(call.is_woken());
    let error = assert_ready_err!(call.poll());
    // The second attempt never began.
    assert_eq!(history(&error), (1, End::Deadline));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_becomes_possible_at_the_deadline_is_not_begun() {
    let (mut service, mut client) = rig(3 * SECOND);
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    fail(&mut client);
    client.allow(0);
    assert_pending!(call.poll());
    advance(SECOND).await;
    assert_pending!(call.poll());
    advance(2 * SECOND).await;
    client.allow(1);
    assert_ready_err!(call.poll());
    assert_pending!(client.poll_request());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_timeout_leaves_time_for_another_attempt() {
    let deadline = DeadlineLayer::new(10 * SECOND).with_options(NoOptions);
    let timeout = AttemptTimeoutLayer::new(SECOND);
    let (mut service, mut client) =
        mock::spawn_with(|client: Client| deadline.layer(retry().layer(timeout.layer(client))));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(()));
    assert_pending!(call.poll());
    let _sent = assert_ready!(client.poll_request());
    for _ in 0..2 {
        // The timeout, then the backoff.
        advance(SECOND).await;
        assert_pending!(call.poll());
    }
    let (_, answer) = assert_ready!(client.poll_request()).unwrap();
    answer.send_response(Response::new(()));
    let reply = assert_ready_ok!(call.poll());
    let history: &History = reply.extensions().get().unwrap();
    let first = history.repeated()[0];
    assert_eq!((first.class, first.elapsed), (Class::Timeout, SECOND));
}

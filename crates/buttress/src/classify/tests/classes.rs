use std::io;
use std::sync::Mutex;

use buttress_core::hint::{Hint, HintSource};
use buttress_core::{Class, Event, Failure, Key, Observer, Rejected, Repeat, Scope, Why};
use http::StatusCode;
use tower_test::mock;

use super::*;
use crate::classify::{Answer, Reply, Rule, classify_fn};
use crate::{Carrier, Clock};

fn class_of(status: u16) -> Class {
    let judged = judge(&generic(), answer(status, Script::of(&[b"x"])));
    outcome(&judged).map_or(Class::Ok, |outcome| outcome.class())
}

#[tokio::test(start_paused = true)]
async fn every_class_of_a_status_is_reached() {
    for (status, class) in [
        (200, Class::Ok),
        (204, Class::Ok),
        (302, Class::Ok),
        (429, Class::RateLimited),
        (402, Class::QuotaExhausted),
        (529, Class::Overloaded),
        (500, Class::ServerError),
        (599, Class::ServerError),
        (502, Class::Unavailable),
        (503, Class::Unavailable),
        (521, Class::Unavailable),
        (408, Class::Timeout),
        (504, Class::Timeout),
        (401, Class::Auth),
        (403, Class::Auth),
        (404, Class::ClientError),
        (422, Class::ClientError),
        (409, Class::Conflict),
    ] {
        assert_eq!(class_of(status), class, "{status}");
    }
}

/// The error that comes out where the client fails with `error`.
fn fail(layer: &ClassifyLayer, error: impl Into<BoxError>) -> BoxError {
    let mut error = Some(error.into());
    let client = service_fn(move |()| {
        let error = error.take().expect("called once");
        ready(Err::<Response<Script>, _>(error))
    });
    match task::spawn(layer.layer(client).oneshot(())).poll() {
        Poll::Ready(Err(error)) => error,
        _ => panic!("an error is known at once"),
    }
}

fn judged_error(layer: &ClassifyLayer, error: impl Into<BoxError>) -> Outcome {
    *Failure::find(&*fail(layer, error)).unwrap().outcome()
}

#[tokio::test(start_paused = true)]
async fn every_class_of_an_error_is_reached() {
    let io = |kind| judged_error(&generic(), io::Error::from(kind)).class();
    assert_eq!(io(io::ErrorKind::ConnectionRefused), Class::Connect);
    assert_eq!(io(io::ErrorKind::TimedOut), Class::Timeout);
    assert_eq!(io(io::ErrorKind::ConnectionReset), Class::Interrupted);
    assert_eq!(io(io::ErrorKind::UnexpectedEof), Class::Interrupted);
    let panicked = Failure::new(Outcome::new(Class::Panicked), "it panicked");
    let outcome = judged_error(&generic(), panicked);
    assert_eq!(
        (outcome.class(), outcome.repeat()),
        (Class::Panicked, Repeat::Never)
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_ours_passes_as_it_is() {
    let rejected = Rejected::new(Why::CircuitOpen, Key::ALL);
    let error = fail(&generic(), rejected);
    assert_eq!(*error.downcast::<Rejected>().unwrap(), rejected);
}

#[tokio::test(start_paused = true)]
async fn the_clients_error_can_be_had_back() {
    let error = fail(&generic(), io::Error::other("mine"));
    let source = error.downcast::<Failure>().unwrap().into_source();
    assert_eq!(source.downcast::<io::Error>().unwrap().to_string(), "mine");
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_never_shown_more_than_sixty_four_kibibytes() {
    static HUGE: [u8; 100_000] = [b'x'; 100_000];
    let seen = Arc::new(Mutex::new(Vec::new()));
    let lengths = Arc::clone(&seen);
    let rule = move |reply: &Reply<'_>| {
        lengths.lock().unwrap().push(reply.body.len());
        Answer::NoOpinion
    };
    let layer = ClassifyLayer::new(Rules::new().then(rule));
    for chunks in [
        &[&HUGE[..]][..],
        &[&HUGE[..9], &HUGE[9..]],
        &[&HUGE[..65_536], &HUGE[65_536..]],
    ] {
        judge(&layer, answer(500, Script::of(chunks)));
    }
    assert_eq!(*seen.lock().unwrap(), [65_536; 3]);
}

struct InSuccess;

impl Rule for InSuccess {
    fn judge(&self, reply: &Reply<'_>) -> Answer {
        if reply.body.starts_with(b"{\"errors\"") {
            return Answer::This(Outcome::new(Class::ServerError));
        }
        Answer::NoOpinion
    }

    fn reads_body(&self, status: StatusCode, _headers: &HeaderMap) -> bool {
        status.is_success()
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_a_success_is_found_by_a_rule_that_asks_for_it() {
    let layer = ClassifyLayer::new(Rules::new().then(InSuccess));
    let failed = judge(&layer, answer(200, Script::of(&[b"{\"err", b"ors\":[]}"])));
    assert_eq!(outcome(&failed).unwrap().class(), Class::ServerError);
    let good = judge(&layer, answer(200, Script::of(&[b"{\"data\":1}"])));
    assert_eq!(outcome(&good), None);
    assert_eq!(frames(good.into_body()), [Seen::data(b"{\"data\":1}")]);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_not_plainly_good_carries_an_outcome() {
    for status in [200, 201, 204, 301, 304] {
        let good = judge(&peeking(), answer(status, Script::of(&[b"x"])));
        assert!(good.extensions().is_empty(), "{status}");
    }
    let rule = |_: &Reply<'_>| Answer::This(Outcome::new(Class::Ok));
    let fine = ClassifyLayer::new(Rules::new().then(rule));
    let found = judge(&fine, answer(404, Script::of(&[b"x"])));
    assert!(outcome(&found).unwrap().is_ok());
    assert!(found.outcome(Clock::default()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_failure_is_what_it_was() {
    let failed = Response::builder()
        .status(503)
        .version(http::Version::HTTP_2)
        .header("x", "1")
        .header("x", "2")
        .header("retry-after", "5")
        .extension(7_u8)
        .body(Script::of(&[b"x"]))
        .unwrap();
    let headers = failed.headers().clone();
    let judged = judge(&peeking(), failed);
    assert_eq!(
        (judged.status(), judged.version()),
        (StatusCode::SERVICE_UNAVAILABLE, http::Version::HTTP_2)
    );
    assert_eq!(judged.headers(), &headers);
    assert_eq!(judged.extensions().get::<u8>(), Some(&7));
    let outcome = outcome(&judged).unwrap();
    let hint = outcome.hint().unwrap();
    assert_eq!(
        (hint.wait, hint.source),
        (5 * SECOND, HintSource::RetryAfter)
    );
    assert_eq!(outcome.repeat(), Repeat::Always);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_attempt_ends_with_its_head() {
    let (mut service, mut client) =
        mock::spawn_with(|inner: mock::Mock<(), Response<Script>>| peeking().layer(inner));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(()));
    tokio::time::advance(3 * SECOND).await;
    assert_pending!(call.poll());
    let (_, send) = assert_ready!(client.poll_request()).unwrap();
    let arrived = Clock::default().now();
    send.send_response(answer(500, Script::new([data(b"x"), Step::Stall])));
    assert_pending!(call.poll());
    tokio::time::advance(SECOND).await;
    let judged = assert_ready_ok!(call.poll());
    let outcome = outcome(&judged).unwrap();
    assert_eq!(
        (outcome.elapsed(), outcome.received()),
        (3 * SECOND, arrived)
    );
}

#[derive(Default)]
struct Log(Mutex<Vec<Class>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        let Event::Classified { outcome } = event else {
            panic!("{event:?}");
        };
        self.0.lock().unwrap().push(outcome.class());
    }
}

#[tokio::test(start_paused = true)]
async fn each_failure_is_told_once_and_a_success_is_not() {
    let log = Arc::new(Log::default());
    let layer = peeking().with_observer(Arc::<Log>::clone(&log));
    judge(&layer, answer(200, Script::of(&[b"x"])));
    judge(&layer, answer(500, Script::of(&[b"x"])));
    judge(&layer, answer(404, Script::of(&[])));
    fail(&layer, "broken");
    let expected = [Class::ServerError, Class::ClientError, Class::Interrupted];
    assert_eq!(*log.0.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_readiness_is_the_inner_services() {
    let (mut service, mut client) =
        mock::spawn_with(|inner: mock::Mock<(), Response<Script>>| generic().layer(inner));
    client.allow(0);
    assert_pending!(service.poll_ready());
    client.allow(1);
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready());
    client.send_error(io::Error::other("gone"));
    let error = match service.poll_ready() {
        Poll::Ready(Err(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(error.is::<io::Error>());
}

#[tokio::test(start_paused = true)]
async fn a_function_judges_results_that_are_no_http() {
    let layer = classify_fn(|result: Result<&u8, &io::Error>| match result {
        Ok(0) => Outcome::new(Class::Overloaded),
        Ok(_) => Outcome::new(Class::Ok),
        Err(_) => Outcome::new(Class::Connect),
    });
    let client = layer.layer(service_fn(async |n: u8| match n {
        2.. => Err(io::Error::other("no line")),
        n => Ok(n),
    }));
    let overloaded = client.oneshot(0).await.unwrap();
    let class = overloaded.outcome(Clock::default()).class();
    assert_eq!((class, overloaded.into_response()), (Class::Overloaded, 0));
    let good = client.oneshot(1).await.unwrap();
    assert!(good.outcome(Clock::default()).is_ok());
    let error = client.oneshot(2).await.unwrap_err();
    let failure = error.downcast::<Failure>().unwrap();
    assert_eq!(failure.outcome().class(), Class::Connect);
    assert_eq!(
        failure
            .into_source()
            .downcast::<io::Error>()
            .unwrap()
            .to_string(),
        "no line"
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_client_knows_of_its_failure_is_kept_where_no_rule_knows_better() {
    let hint = Some(Hint {
        wait: 30 * SECOND,
        source: HintSource::BodyField,
    });
    let limited = Outcome::new(Class::RateLimited)
        .with_hint(hint)
        .with_scope(Scope::Model);
    let outcome = judged_error(&generic(), Failure::new(limited, "told to wait"));
    assert_eq!((outcome.hint(), outcome.scope()), (hint, Scope::Model));
    let never = Outcome::new(Class::Interrupted).with_repeat(Repeat::Never);
    let outcome = judged_error(&generic(), Failure::new(never, "for good"));
    assert_eq!(outcome.repeat(), Repeat::Never);
}

//! Streams that say "not now" after their head.

use buttress_core::hint::{Hint, HintSource};
use buttress_core::{Class, Outcome, Scope};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower_layer::Layer;

use super::*;
use crate::key::{ByHeader, Within};
use crate::stream::Stream;

/// A good answer that may fail later.
fn streaming(stream: &Stream) -> Response<()> {
    let mut answer = Response::new(());
    answer.extensions_mut().insert(stream.clone());
    answer
}

fn outcome(class: Class, seconds: impl Into<Option<u64>>) -> Outcome {
    let hint = seconds.into().map(|seconds| Hint {
        wait: Duration::from_secs(seconds),
        source: HintSource::BodyText,
    });
    Outcome::new(class).with_hint(hint)
}

#[tokio::test(start_paused = true)]
async fn all_who_share_the_key_wait_from_the_event_on() {
    let stream = Stream::default();
    let layer = exact();
    let mut client = layer.layer(Script::of([streaming(&stream)]));
    client.call(request()).await.unwrap();
    advance(5 * SECOND).await;
    assert_ready_ok!(task::spawn(client.call(request())).poll());
    stream.fail(&outcome(Class::RateLimited, 11));
    let mut other = task::spawn(client.call(request()));
    assert_pending!(other.poll());
    advance(11 * SECOND - Duration::from_millis(1)).await;
    assert_pending!(other.poll());
    advance(Duration::from_millis(2)).await;
    assert_ready_ok!(other.poll());
}

#[tokio::test(start_paused = true)]
async fn without_a_time_they_wait_for_the_default_and_a_spent_quota_refuses_them() {
    let streams = [Stream::default(), Stream::default()];
    let layer = exact();
    let mut client = layer.layer(Script::of(streams.iter().map(streaming)));
    client.call(request()).await.unwrap();
    client.call(request()).await.unwrap();
    streams[0].fail(&outcome(Class::RateLimited, None));
    assert_pending!(task::spawn(client.call(request())).poll());
    streams[1].fail(&outcome(Class::QuotaExhausted, None));
    let refused = client.call(request()).await.unwrap_err();
    assert_eq!(why(&refused), Some(Why::QuotaExhausted));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_names_no_limit_holds_nobody() {
    for class in [
        Class::ServerError,
        Class::Overloaded,
        Class::Interrupted,
        Class::ClientError,
    ] {
        let stream = Stream::default();
        let mut client = exact().layer(Script::of([streaming(&stream)]));
        client.call(request()).await.unwrap();
        stream.fail(&outcome(class, None));
        assert_ready_ok!(task::spawn(client.call(request())).poll());
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_stream_is_limited_pauses_again_and_gives_its_place_back_once() {
    let stream = Stream::default();
    let layer = exact();
    let script = Script::of([limited(10), streaming(&stream)]);
    let mut client = layer.layer(script.clone());
    client.call(request()).await.unwrap();
    let mut waiting: Vec<_> = (0..6)
        .map(|_| task::spawn(client.call(request())))
        .collect();
    waiting
        .iter_mut()
        .for_each(|call| assert_pending!(call.poll()));
    advance(10 * SECOND + Duration::from_millis(1)).await;
    assert_ready_ok!(waiting.remove(0).poll());
    stream.fail(&outcome(Class::RateLimited, 7));
    advance(7 * SECOND - Duration::from_millis(1)).await;
    waiting
        .iter_mut()
        .for_each(|call| assert_pending!(call.poll()));
    advance(Duration::from_millis(2)).await;
    waiting
        .iter_mut()
        .for_each(|call| drop(assert_ready_ok!(call.poll())));
    assert_eq!(script.asked(), 7);
    let pause = layer.handle().snapshot(buttress_core::Key::ALL);
    assert_eq!((pause.phase, pause.waiting), (Phase::Open, 0));
}

#[tokio::test(start_paused = true)]
async fn late_news_counts_for_the_time_that_it_names_and_no_longer() {
    let streams = [Stream::default(), Stream::default()];
    let answers = streams.iter().map(streaming).chain([limited(10)]);
    let mut client = exact().layer(Script::of(answers));
    for _ in 0..3 {
        client.call(request()).await.unwrap();
    }
    advance(10 * SECOND + Duration::from_millis(1)).await;
    client.call(request()).await.unwrap();
    streams[0].fail(&outcome(Class::RateLimited, None));
    assert_ready_ok!(task::spawn(client.call(request())).poll());
    streams[1].fail(&outcome(Class::RateLimited, 3));
    assert_pending!(task::spawn(client.call(request())).poll());
}

#[tokio::test(start_paused = true)]
async fn the_scope_of_the_failure_says_who_waits() {
    for (scope, others_wait) in [(Scope::Model, false), (Scope::Account, true)] {
        let of = |model: &str| {
            let request = Request::get("/").header("authorization", "a");
            request.header("x-model", model).body(()).unwrap()
        };
        let model = ByHeader::new(http::HeaderName::from_static("x-model"));
        let layer = exact().with_keyer(Within::new(model, ByHeader::default()));
        let stream = Stream::default();
        let mut client = layer.layer(Script::of([streaming(&stream)]));
        client.call(of("x")).await.unwrap();
        stream.fail(&outcome(Class::RateLimited, 9).with_scope(scope));
        assert_pending!(task::spawn(client.call(of("x"))).poll());
        let other = task::spawn(client.call(of("y"))).poll();
        assert_eq!(other.is_pending(), others_wait, "{scope:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_head_was_a_failure_is_not_followed() {
    let stream = Stream::default();
    let mut answer = streaming(&stream);
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let mut client = exact().layer(Script::of([answer]));
    client.call(request()).await.unwrap();
    stream.fail(&outcome(Class::RateLimited, 9));
    assert_ready_ok!(task::spawn(client.call(request())).poll());
}

#[tokio::test(start_paused = true)]
async fn while_another_is_under_way_the_place_of_a_stream_is_not_given_back_again() {
    for scope in [Scope::Model, Scope::Account] {
        let stream = Stream::default();
        let (asked, inner) = (Arc::new(Mutex::new(0)), stream.clone());
        let client = tower::service_fn(move |_: Request<()>| {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            let mut limited = limited(10);
            let told = outcome(Class::RateLimited, 10).with_scope(scope);
            limited.extensions_mut().insert(told);
            let answer = match *asked {
                1 => Some(limited),
                2 => Some(streaming(&inner)),
                3 => None,
                _ => Some(Response::new(())),
            };
            async move {
                match answer {
                    Some(answer) => Ok::<_, BoxError>(answer),
                    None => std::future::pending().await,
                }
            }
        });
        let model = ByHeader::new(http::HeaderName::from_static("x-model"));
        let layer = exact().with_keyer(Within::new(model, ByHeader::default()));
        let mut client = layer.layer(client);
        let mut ask = || {
            let request = Request::get("/").header("authorization", "a");
            task::spawn(client.call(request.header("x-model", "x").body(()).unwrap()))
        };
        assert_ready_ok!(ask().poll());
        let (mut probe, mut next) = (ask(), ask());
        assert_pending!(probe.poll());
        assert_pending!(next.poll());
        advance(10 * SECOND + Duration::from_millis(1)).await;
        assert_ready_ok!(probe.poll());
        assert_pending!(next.poll());
        stream.fail(&outcome(Class::RateLimited, 7).with_scope(scope));
        let mut last = ask();
        assert_pending!(last.poll());
        advance(7 * SECOND + Duration::from_millis(1)).await;
        assert_pending!(last.poll(), "one may be under way, and one is");
        drop(next);
        assert_ready_ok!(last.poll(), "{scope:?}");
    }
}

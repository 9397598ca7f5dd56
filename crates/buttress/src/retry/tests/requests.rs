use std::num::NonZeroU32;

use buttress_core::{Class, Key, Outcome, Rejected, Why};
use http::header::HeaderName;
use http::{Method, Version};

use super::*;
use crate::classify::classify_fn;
use crate::retry::{AttemptHeader, CallOptions, Cloned, IdempotencyHeader};
use crate::{Carrier, Classified};

/// The requests that are sent for `request` while each is answered with 500.
async fn sends(layer: &RetryLayer, request: Request<&'static str>) -> Vec<Request<&'static str>> {
    let mut rig = Rig::new(layer);
    let mut call = rig.call(request);
    let mut requests = Vec::new();
    loop {
        let (request, send) = rig.sent();
        requests.push(request);
        send.send_response(reply(500));
        if call.poll().is_ready() {
            return requests;
        }
        after(60 * SECOND, &mut call).await;
    }
}

fn counting(header: fn(HeaderName) -> AttemptHeader) -> RetryLayer {
    let header = header(HeaderName::from_static("x-attempt"));
    layer().with_replay(Http::default().with_attempt_header(header))
}

async fn numbers(layer: &RetryLayer, request: Request<&'static str>) -> Vec<Option<String>> {
    let number = |request: &Request<_>| {
        let mut values = request.headers().get_all("x-attempt").iter();
        let value = values
            .next()
            .map(|value| value.to_str().unwrap().to_owned());
        assert!(values.next().is_none());
        value
    };
    sends(layer, request).await.iter().map(number).collect()
}

fn some(numbers: [&str; 5]) -> Vec<Option<String>> {
    numbers.map(|number| Some(number.to_owned())).to_vec()
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_number() {
    let attempts = numbers(&counting(AttemptHeader::attempts), get()).await;
    assert_eq!(attempts, some(["1", "2", "3", "4", "5"]));
    let retries = numbers(&counting(AttemptHeader::retries), get()).await;
    assert_eq!(retries, some(["0", "1", "2", "3", "4"]));
}

#[tokio::test(start_paused = true)]
async fn a_number_of_the_callers_own_stays_on_each_attempt() {
    let mut request = get();
    request
        .headers_mut()
        .insert("x-attempt", "mine".parse().unwrap());
    let attempts = numbers(&counting(AttemptHeader::attempts), request).await;
    assert_eq!(attempts, some(["mine"; 5]));
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_do_without_the_number() {
    let request = with(get(), CallOptions::default().without_attempt_header());
    let attempts = numbers(&counting(AttemptHeader::attempts), request).await;
    assert_eq!(attempts, vec![None; 5]);
    assert_eq!(numbers(&layer(), get()).await, vec![None; 5]);
}

fn with(mut request: Request<&'static str>, options: CallOptions) -> Request<&'static str> {
    request.extensions_mut().insert(options);
    request
}

#[tokio::test(start_paused = true)]
async fn the_caller_knows_best_whether_a_request_may_be_repeated() {
    let said = |repeatable| CallOptions::default().with_repeatable(repeatable);
    assert_eq!(sends(&layer(), with(post(), said(true))).await.len(), 5);
    assert_eq!(sends(&layer(), with(get(), said(false))).await.len(), 1);
    let mut keyed = post();
    keyed
        .headers_mut()
        .insert("idempotency-key", "k".parse().unwrap());
    assert_eq!(sends(&layer(), keyed.clone()).await.len(), 5);
    assert_eq!(sends(&layer(), with(keyed, said(false))).await.len(), 1);
}

fn keys(sent: &[Request<&'static str>], name: &str) -> Vec<Option<String>> {
    let value =
        |request: &Request<_>| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
    sent.iter().map(value).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_added_is_the_same_in_all_attempts_and_another_in_the_next_call() {
    let adding = || {
        let replay = Http::default()
            .with_idempotency_header(IdempotencyHeader::default().with_added_keys(true));
        layer().with_replay(replay)
    };
    let first = keys(&sends(&adding(), post()).await, "idempotency-key");
    assert_eq!(first.len(), 5);
    assert!(first[0].is_some() && first.iter().all(|key| *key == first[0]));
    let second = keys(&sends(&adding(), post()).await, "idempotency-key");
    assert_ne!(first[0], second[0]);
    let read = keys(&sends(&adding(), get()).await, "idempotency-key");
    assert_eq!(read, vec![None; 5]);
}

#[tokio::test(start_paused = true)]
async fn a_servers_own_header_counts_in_place_of_the_usual_one() {
    let header = IdempotencyHeader::new("x-request-key".parse().unwrap());
    let layer = layer().with_replay(Http::default().with_idempotency_header(header));
    for (name, attempts) in [("x-request-key", 5), ("idempotency-key", 1)] {
        let mut request = post();
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, "k".parse().unwrap());
        assert_eq!(sends(&layer, request).await.len(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn the_caller_may_change_the_number_of_attempts_both_ways() {
    for wanted in [1, 2, 7] {
        let wanted = NonZeroU32::new(wanted).unwrap();
        let options = CallOptions::default().with_max_attempts(wanted);
        let sent = sends(&layer(), with(get(), options)).await;
        assert_eq!(sent.len(), wanted.get() as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn every_attempt_sends_the_same_request() {
    let mut request = Request::builder()
        .method(Method::PUT)
        .uri("http://a:81/b?c=d")
        .version(Version::HTTP_2)
        .header("x", "1")
        .header("x", "2")
        .header("authorization", "Bearer t")
        .extension(7_u8)
        .body("body")
        .unwrap();
    let sensitive = request.headers_mut().get_mut("authorization").unwrap();
    sensitive.set_sensitive(true);
    let sent = sends(&layer(), request.clone()).await;
    assert_eq!(sent.len(), 5);
    for attempt in sent {
        assert_eq!(attempt.method(), request.method());
        assert_eq!(attempt.uri(), request.uri());
        assert_eq!(attempt.version(), request.version());
        assert_eq!(attempt.headers(), request.headers());
        assert!(attempt.headers()["authorization"].is_sensitive());
        assert_eq!(attempt.extensions().get::<u8>(), Some(&7));
        assert_eq!(attempt.body(), request.body());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_http_is_repeated_by_what_a_function_says_of_it() {
    let judge = |result: Result<&u32, &tower::BoxError>| match result {
        Ok(0) => Outcome::new(Class::Unavailable),
        Ok(_) => Outcome::new(Class::Ok),
        Err(_) => Outcome::new(Class::Connect),
    };
    let layer = layer().with_replay(Cloned);
    let (mut service, mut client) = mock::spawn_with(|inner: Mock<&'static str, u32>| {
        layer.layer(classify_fn(judge).layer(inner))
    });
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    for wait in [1, 2] {
        assert_pending!(call.poll());
        let (request, send) = assert_ready!(client.poll_request()).unwrap();
        assert_eq!(request, "ping");
        match wait {
            1 => send.send_response(0),
            _ => send.send_error("no line"),
        }
        assert_pending!(call.poll());
        tokio::time::advance(wait * SECOND).await;
    }
    assert_pending!(call.poll());
    let (_, send) = assert_ready!(client.poll_request()).unwrap();
    send.send_response(42);
    let reply: Classified<u32> = assert_ready_ok!(call.poll());
    assert_eq!(*reply.response(), 42);
    let history = reply.history().unwrap();
    let classes = history.repeated().iter().map(|attempt| attempt.class);
    assert!(classes.eq([Class::Unavailable, Class::Connect]));
    assert_eq!((history.attempts(), history.end()), (3, End::Succeeded));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_ours_is_not_repeated_whatever_a_function_says_of_errors() {
    let judge = |result: Result<&u32, &tower::BoxError>| match result {
        Ok(_) => Outcome::new(Class::Ok),
        Err(_) => Outcome::new(Class::Connect),
    };
    let layer = layer().with_replay(Cloned);
    let (mut service, mut client) = mock::spawn_with(|inner: Mock<&'static str, u32>| {
        layer.layer(classify_fn(judge).layer(inner))
    });
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call("ping"));
    assert_pending!(call.poll());
    let (_, send) = assert_ready!(client.poll_request()).unwrap();
    send.send_error(Rejected::new(Why::CircuitOpen, Key::ALL));
    assert!(call.poll().is_ready(), "it is to be repeated");
}

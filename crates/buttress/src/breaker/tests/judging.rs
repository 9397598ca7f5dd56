//! What counts, and what is told.

use std::io;

use buttress_core::failure::Failure;
use buttress_core::{Class, Key, Outcome};
use tower::service_fn;

use super::*;
use crate::key::ByHost;
use crate::look::Look;

#[tokio::test(start_paused = true)]
async fn an_open_circuit_refuses_from_call_and_says_until_when() {
    let (handle, mut service) = opened(small()).await;
    let began = snapshot(&handle).since;
    let rejected = refusal(ask(&mut service, 200).await);
    let not_before = rejected.not_before.unwrap();
    assert_eq!(not_before.since(began), secs(5) + Duration::from_nanos(1));
    assert_eq!(rejected.key, Key::ALL);
    tokio::time::advance(secs(6)).await;
    assert_eq!(ask(&mut service, 200).await.unwrap(), 200);
    assert_eq!(state(&handle), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn each_key_has_its_own_circuit() {
    let layer = CircuitBreakerLayer::new(small()).with_keyer(ByHost::default());
    let (handle, service) = (layer.handle(), layer.layer(Echo));
    let to = |host: &str, status: u16| {
        let uri = format!("http://{host}/");
        Request::get(uri).body(status).unwrap()
    };
    for _ in 0..2 {
        let answer = service.clone().oneshot(to("sick.example", 503)).await;
        assert_eq!(answer.unwrap().status(), 503);
    }
    let refused = service.clone().oneshot(to("sick.example", 200)).await;
    let rejected = *Rejected::find(&*refused.unwrap_err()).unwrap();
    assert_eq!(rejected.key, handle.key(&to("sick.example", 0)));
    let answer = service.oneshot(to("well.example", 200)).await.unwrap();
    assert_eq!(answer.status(), 200);
    let states = |host| {
        handle
            .snapshot(handle.key(&to(host, 0)))
            .map(|seen| seen.state)
    };
    assert_eq!(states("sick.example"), Some(State::Open));
    assert_eq!(states("well.example"), Some(State::Closed));
    assert_eq!(states("new.example"), None);
    assert_eq!(
        handle.snapshots().len(),
        3,
        "two, and the one for those without room"
    );
}

#[tokio::test(start_paused = true)]
async fn the_clients_error_is_judged_and_passed_through_as_it_is() {
    let client = service_fn(|_: Request<u16>| async {
        let error = io::Error::from(io::ErrorKind::ConnectionRefused);
        Err::<Response<()>, _>(error)
    });
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(client);
    for _ in 0..2 {
        let error = ask(&mut service, 0).await.unwrap_err();
        assert!(error.downcast_ref::<io::Error>().is_some());
    }
    assert_eq!(state(&layer.handle()), State::Open);
}

#[tokio::test(start_paused = true)]
async fn what_the_classifier_said_goes_before_the_status() {
    let client = service_fn(|_: Request<u16>| async {
        let mut response = Response::new(());
        response
            .extensions_mut()
            .insert(Outcome::new(Class::Overloaded));
        Ok::<_, BoxError>(response)
    });
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(client);
    ask(&mut service, 0).await.unwrap();
    ask(&mut service, 0).await.unwrap();
    assert_eq!(state(&layer.handle()), State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_from_further_in_says_nothing_of_the_server() {
    let client = service_fn(|_: Request<u16>| async {
        let rejected = Rejected::new(Why::RateLimit, Key::ALL);
        Err::<Response<()>, BoxError>(Failure::of(rejected.into()))
    });
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(client);
    for _ in 0..10 {
        ask(&mut service, 0).await.unwrap_err();
    }
    assert_eq!(snapshot(&layer.handle()).counts.calls, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_the_callers_fault_is_a_success_of_the_server() {
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(Echo);
    for status in [401, 403, 404, 409, 422] {
        ask(&mut service, status).await.unwrap();
    }
    let counts = snapshot(&layer.handle()).counts;
    assert_eq!((counts.calls, counts.failed), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_429_in_half_open_neither_closes_nor_opens_and_makes_room_for_another_probe() {
    let (handle, mut service) = opened(small()).await;
    tokio::time::advance(secs(6)).await;
    for _ in 0..3 {
        ask(&mut service, 429).await.unwrap();
        assert_eq!(state(&handle), State::HalfOpen);
    }
    ask(&mut service, 200).await.unwrap();
    assert_eq!(state(&handle), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_429_in_half_open_fails_the_probe_where_it_counts_and_is_none_in_a_row() {
    let five = std::num::NonZeroU32::new(2).unwrap();
    let circuit = small()
        .with_rate_limited(Verdict::Limited)
        .with_window(Window::calls(100).unwrap())
        .with_consecutive(five)
        .with_minimum_calls(50)
        .unwrap();
    let layer = CircuitBreakerLayer::new(circuit);
    let mut service = layer.layer(Echo);
    for status in [503, 429, 503, 429] {
        ask(&mut service, status).await.unwrap();
    }
    assert_eq!(
        state(&layer.handle()),
        State::Closed,
        "never two 503 in a row"
    );
    ask(&mut service, 503).await.unwrap();
    ask(&mut service, 503).await.unwrap();
    assert_eq!(state(&layer.handle()), State::Open);
    tokio::time::advance(secs(6)).await;
    ask(&mut service, 429).await.unwrap();
    assert_eq!(
        state(&layer.handle()),
        State::Open,
        "still limited is not yet well"
    );
}

#[tokio::test(start_paused = true)]
async fn who_looks_sees_the_refusal_and_takes_nothing() {
    let (handle, mut service) = opened(small()).await;
    let request = Request::get("/").body(200).unwrap();
    let clock = crate::Clock::default();
    let seen = handle.look(&request, clock.now()).unwrap();
    assert_eq!(seen, refusal(ask(&mut service, 200).await));
    tokio::time::advance(secs(6)).await;
    for _ in 0..10 {
        assert_eq!(handle.look(&request, clock.now()), None);
    }
    ask(&mut service, 200).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_the_server_keeps_it_open_for_longer() {
    let client = service_fn(|_: Request<u16>| async {
        let response = Response::builder().status(503).header("retry-after", "40");
        Ok::<_, BoxError>(response.body(())?)
    });
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(client);
    ask(&mut service, 0).await.unwrap();
    ask(&mut service, 0).await.unwrap();
    let seen = snapshot(&layer.handle());
    assert_eq!(seen.not_before.unwrap().since(seen.since).as_secs(), 40);
}

#[tokio::test(start_paused = true)]
async fn slow_answers_open_it_and_the_time_is_that_of_the_server() {
    let client = service_fn(|request: Request<u16>| async move {
        tokio::time::sleep(secs((*request.body()).into())).await;
        Ok::<_, BoxError>(Response::new(()))
    });
    let circuit = small().with_slow_call_rate(Rate::ALL, secs(3));
    let layer = CircuitBreakerLayer::new(circuit);
    let mut service = layer.layer(client);
    ask(&mut service, 3).await.unwrap();
    ask(&mut service, 4).await.unwrap();
    let seen = snapshot(&layer.handle());
    assert_eq!((seen.counts.slow, seen.state), (1, State::Closed));
    assert_eq!(seen.counts.mean_time(), Some(Duration::from_millis(3_500)));
    ask(&mut service, 4).await.unwrap();
    assert_eq!(state(&layer.handle()), State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_through_two_of_them_can_be_spawned() {
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(layer.layer(Echo));
    let call = tokio::spawn(async move {
        let request = Request::get("/").body(200_u16).unwrap();
        service.ready().await.unwrap().call(request).await.unwrap()
    });
    call.await.unwrap();
}

//! What is counted as in flight while something is learned, and what a layer goes on with that takes over from another.

use std::sync::Mutex;

use buttress_core::{Class, Outcome};
use http::{Request, Response};

use super::answers::{Server, clock, layer, many, send};
use super::*;
use crate::carrier::Classified;

/// What is left by the server's word, less what is in flight.
fn left<K: Clone, T: Clone>(layer: &RateLimitLayer<K, T, (), Answers>) -> u64 {
    layer.handle().snapshot(Key::ALL).learned[0].remaining
}

/// A server whose calls are answered, or refused by a layer before it, or are under way for ever.
fn server(
    remaining: u64,
) -> impl Service<&'static str, Response = Response<()>, Error = BoxError, Future: Unpin> + Clone {
    let server = Server::new(remaining);
    service_fn(move |end: &'static str| {
        let answer = (end == "answered").then(|| server.service().call(Request::new(())));
        Box::pin(async move {
            match answer {
                Some(answer) => answer.await,
                None if end == "refused" => Err(Rejected::new(Why::CircuitOpen, Key::ALL).into()),
                None => std::future::pending().await,
            }
        })
    })
}

#[tokio::test(start_paused = true)]
async fn however_a_call_ends_it_takes_no_other_with_it_out_of_those_in_flight() {
    for end in ["answered", "refused", "dropped"] {
        let layer = layer(many());
        let mut service = layer.layer(server(50));
        let under_way: Vec<_> = (0..3)
            .map(|_| {
                let mut call = task::spawn(service.call("under way"));
                assert!(call.poll().is_pending());
                call
            })
            .collect();
        let mut ends = task::spawn(service.call(end));
        assert_eq!(ends.poll().is_pending(), end != "refused");
        match end {
            "answered" => drop(ends.into_inner().await.unwrap()),
            _ => drop(ends),
        }
        let told = service.call("answered").await.unwrap();
        let told = &told.headers()["x-ratelimit-remaining"];
        let told: u64 = told.to_str().unwrap().parse().unwrap();
        assert_eq!(left(&layer), told - 3, "{end}");
        drop(under_way);
    }
}

fn by_path(request: &Request<()>) -> Key {
    let path = request.uri().path().len();
    by_itself(&u64::try_from(path).unwrap())
}

fn at(path: &str) -> Request<()> {
    Request::builder().uri(path).body(()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_takes_over_and_learns_teaches_the_states_that_are_there_and_those_to_come() {
    let old = RateLimitLayer::new([many()]).with_keyer(by_path as fn(&_) -> _);
    let mut service = old.layer(Server::new(50).service());
    service.call(at("/there")).await.unwrap();
    let new = RateLimitLayer::new([many()])
        .with_keyer(by_path as fn(&_) -> _)
        .with_clock(clock())
        .with_learning(Grammar::GitHub)
        .with_state_of(&old);
    for path in ["/there", "/to-come"] {
        let mut service = new.layer(Server::new(3).service());
        service.call(at(path)).await.unwrap();
        let learned = new.handle().snapshot(by_path(&at(path))).learned.len();
        assert_eq!(learned, 1, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_takes_over_with_the_same_quotas_goes_on_as_it_is_told_to() {
    let quota = Quota::per_second(10).unwrap();
    let old = RateLimitLayer::new([quota]);
    let paced = RateLimitLayer::new([quota])
        .with_pacing(true)
        .with_state_of(&old);
    let mut service = paced.layer(echo());
    let began = now();
    for _ in 0..3 {
        call(&mut service, 0).await.unwrap();
    }
    assert_eq!(now().since(began), Duration::from_millis(200), "paced");
    let finds = RateLimitLayer::new([quota])
        .with_adaptive(Increase::default())
        .with_state_of(&old);
    let mut service = finds.layer(service_fn(|_: u64| {
        let too_fast = Outcome::new(Class::RateLimited);
        std::future::ready(Ok::<_, BoxError>(Classified::new((), too_fast)))
    }));
    service.ready().await.unwrap().call(0).await.unwrap();
    assert!(finds.handle().snapshot(Key::ALL).found.is_some(), "found");
}

#[tokio::test(start_paused = true)]
async fn learning_that_is_taken_away_again_is_over() {
    let layer = layer(many()).with_answers(|answers| answers.with_learning(None));
    let sent = Mutex::new(layer.layer(Server::new(1).service()));
    let mut service = sent.into_inner().unwrap();
    for _ in 0..3 {
        send(&mut service).await.unwrap();
    }
    assert!(layer.handle().snapshot(Key::ALL).learned.is_empty());
}

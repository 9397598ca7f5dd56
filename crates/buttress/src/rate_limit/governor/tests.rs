//! Tests of the plug. Time is tokio's, paused, and governor's clock is ours where nothing else is said.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress_core::{BoxError, Event, Key, Observer, Rejected, Timestamp, Why};
use governor::clock::FakeRelativeClock;
use governor::middleware::NoOpMiddleware;
use governor::state::InMemoryState;
use governor::state::direct::NotKeyed;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio_test::task;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_layer::Layer;

use super::*;
use crate::call_time::CallTime;
use crate::look::Look;
use crate::time::Clock;

const SECOND: Duration = Duration::from_secs(1);

type Limiter = RateLimiter<NotKeyed, InMemoryState, Clock, NoOpMiddleware<Duration>>;

fn quota(burst: u32) -> Quota {
    Quota::per_second(NonZeroU32::MIN).allow_burst(NonZeroU32::new(burst).unwrap())
}

/// One cell a second, and so many at once.
fn limiter(burst: u32) -> Arc<Limiter> {
    Arc::new(RateLimiter::direct_with_clock(
        quota(burst),
        Clock::default(),
    ))
}

fn now() -> Timestamp {
    Clock::default().now()
}

fn echo() -> impl Service<u64, Response = u64, Error = BoxError, Future: Send + Unpin> + Clone {
    service_fn(|request| std::future::ready(Ok(request)))
}

async fn call<S>(service: &mut S, request: u64) -> Result<u64, BoxError>
where
    S: Service<u64, Response = u64, Error = BoxError>,
{
    service.ready().await?.call(request).await
}

/// Whether the one place of the service beneath is free. Gives it back.
fn service_is_free<S>(mut service: S) -> S
where
    S: Service<u64, Response = u64, Error = BoxError> + Clone,
{
    assert!(task::spawn(service.ready()).poll().is_ready());
    service.clone()
}

fn refusal<T>(result: Result<T, BoxError>) -> Rejected {
    let error = result.err().expect("a refusal");
    *Rejected::find(&*error).expect("a refusal of ours")
}

#[tokio::test(start_paused = true)]
async fn what_there_are_cells_for_goes_at_once_and_what_there_are_not_waits() {
    let mut service = GovernorLayer::direct(limiter(2)).layer(echo());
    let began = now();
    let mut waited = Vec::new();
    for request in 0..4 {
        assert_eq!(call(&mut service, request).await.unwrap(), request);
        waited.push(now().since(began));
    }
    assert_eq!(waited, [Duration::ZERO, Duration::ZERO, SECOND, 2 * SECOND]);
}

#[tokio::test(start_paused = true)]
async fn the_layer_shares_with_all_of_its_services_and_with_whoever_has_the_limiter() {
    let limiter = limiter(3);
    let layer = GovernorLayer::direct(Arc::clone(&limiter)).with_max_wait(Duration::ZERO);
    let (mut one, mut other) = (layer.layer(echo()), layer.layer(echo()));
    call(&mut one, 1).await.unwrap();
    call(&mut other, 1).await.unwrap();
    limiter.check().unwrap();
    assert!(call(&mut one.clone(), 1).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn with_no_wait_allowed_a_refusal_says_when_and_takes_nothing() {
    let layer = GovernorLayer::direct(limiter(1)).with_max_wait(Duration::ZERO);
    let mut service = layer.layer(echo());
    call(&mut service, 1).await.unwrap();
    for _ in 0..10 {
        let rejected = refusal(call(&mut service, 1).await);
        assert_eq!((rejected.why, rejected.key), (Why::RateLimit, Key::ALL));
        assert_eq!(rejected.not_before, Some(now() + SECOND));
    }
    tokio::time::advance(SECOND).await;
    call(&mut service, 1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_just_the_longest_is_waited_and_one_longer_refused() {
    for (longest, is_let) in [(SECOND, true), (SECOND - Duration::from_nanos(1), false)] {
        let layer = GovernorLayer::direct(limiter(1)).with_max_wait(longest);
        let mut service = layer.layer(echo());
        call(&mut service, 1).await.unwrap();
        let began = now();
        assert_eq!(call(&mut service, 1).await.is_ok(), is_let);
        assert_eq!(now() == began, !is_let);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_could_not_begin_before_its_deadline_is_refused_at_once() {
    let mut service = GovernorLayer::direct(limiter(1)).layer(echo());
    call(&mut service, 1).await.unwrap();
    let until = |deadline| CallTime::until(now() + deadline);
    let late = until(SECOND).enter(|| service.call(1)).await;
    assert_eq!(refusal(late).why, Why::RateLimit);
    let waits = until(SECOND + Duration::from_nanos(1)).enter(|| service.call(1));
    assert!(task::spawn(waits).poll().is_pending());
}

#[tokio::test(start_paused = true)]
async fn what_never_fits_is_refused_at_once_and_what_costs_nothing_is_not_asked_for() {
    let cost = |cost: &u64| u32::try_from(*cost).unwrap();
    let layer = GovernorLayer::direct(limiter(3)).with_terms(cost);
    let mut service = layer.with_max_wait(Duration::ZERO).layer(echo());
    let rejected = refusal(call(&mut service, 4).await);
    assert_eq!((rejected.why, rejected.not_before), (Why::TooLarge, None));
    call(&mut service, 2).await.unwrap();
    let rejected = refusal(call(&mut service, 2).await);
    assert_eq!(rejected.not_before, Some(now() + SECOND));
    call(&mut service, 1).await.unwrap();
    call(&mut service, 0).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_key_that_waits_does_not_stop_another_and_names_itself() {
    let states = HashMapStateStore::<u64>::default();
    let limiter = Arc::new(RateLimiter::<_, _, _, NoOpMiddleware<Duration>>::new(
        quota(1),
        states,
        Clock::default(),
    ));
    let layer = GovernorLayer::keyed(limiter, |request: &u64| *request);
    let layer = layer.with_max_wait(Duration::ZERO);
    let mut service = layer.layer(echo());
    for key in 0..10 {
        call(&mut service, key).await.unwrap();
    }
    let (one, other) = (
        refusal(call(&mut service, 1).await),
        refusal(call(&mut service, 2).await),
    );
    assert_eq!(one.key, refusal(call(&mut service, 1).await).key);
    assert!(one.key != other.key && one.key != Key::ALL);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_overtaken_asks_again_and_waits_no_longer_than_it_may() {
    let limiter = limiter(1);
    let layer = GovernorLayer::direct(Arc::clone(&limiter)).with_max_wait(2 * SECOND);
    let service = ServiceBuilder::new().layer(layer).concurrency_limit(1);
    let mut service = service.service(echo());
    let mut other = service.clone();
    call(&mut service, 1).await.unwrap();
    service.ready().await.unwrap();
    let mut waits = task::spawn(service.call(1));
    for _ in 0..2 {
        assert!(waits.poll().is_pending());
        // It has been ready, and has given that up.
        other = service_is_free(other);
        tokio::time::advance(SECOND).await;
        limiter.check().unwrap();
    }
    let std::task::Poll::Ready(result) = waits.poll() else {
        panic!("there is no time left to wait");
    };
    let rejected = refusal(result);
    assert_eq!(rejected.why, Why::RateLimit);
    assert_eq!(rejected.not_before, Some(now() + SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_stands_still_holds_no_call_for_longer_than_it_may_wait() {
    let clock = FakeRelativeClock::default();
    let limiter = RateLimiter::direct_with_clock(quota(1), clock.clone());
    let layer = GovernorLayer::direct(Arc::new(limiter)).with_max_wait(3 * SECOND);
    let mut service = layer.layer(echo());
    call(&mut service, 1).await.unwrap();
    let began = now();
    assert_eq!(refusal(call(&mut service, 1).await).why, Why::RateLimit);
    assert_eq!(now().since(began), 3 * SECOND);
    clock.advance(SECOND);
    call(&mut service, 1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn readiness_is_the_inner_services_and_is_not_kept_by_whoever_waits() {
    let layer = GovernorLayer::direct(limiter(1));
    let service = ServiceBuilder::new()
        .layer(layer)
        .concurrency_limit(1)
        .service(echo());
    let (mut one, mut other) = (service.clone(), service);
    call(&mut one, 1).await.unwrap();
    one.ready().await.unwrap();
    let mut waits = task::spawn(one.call(1));
    assert!(waits.poll().is_pending());
    assert!(task::spawn(other.ready()).poll().is_ready());
    // The other has the permit: whoever waited is not sent before it is given back.
    tokio::time::advance(SECOND).await;
    assert!(waits.poll().is_pending());
    drop(other);
    assert!(waits.is_woken() && waits.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_has_taken_nothing() {
    for is_due in [false, true] {
        let limiter = limiter(1);
        let (mut service, mut mock) =
            tower_test::mock::spawn_layer::<u64, u64, _>(GovernorLayer::direct(limiter.clone()));
        limiter.check().unwrap();
        mock.allow(1);
        tokio_test::assert_ready_ok!(service.poll_ready());
        let mut waits = task::spawn(service.call(1));
        mock.allow(0);
        tokio_test::assert_pending!(waits.poll());
        tokio::time::advance(SECOND).await;
        if is_due {
            tokio_test::assert_pending!(waits.poll());
        }
        drop(waits);
        assert!(limiter.check().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_wait_the_news_of_others_is_heard_before_anything_is_taken() {
    #[derive(Clone)]
    struct Paused;
    impl Look<u64> for Paused {
        fn look(&self, _: &u64, now: Timestamp) -> Option<Rejected> {
            let rejected = Rejected::new(Why::Cooldown, Key::ALL);
            Some(rejected.with_not_before(Some(now + SECOND)))
        }
    }
    let limiter = limiter(1);
    let layer = GovernorLayer::direct(limiter.clone()).with_look(Paused);
    let mut service = layer.layer(echo());
    call(&mut service, 1).await.unwrap();
    assert_eq!(refusal(call(&mut service, 1).await).why, Why::Cooldown);
    assert!(limiter.check().is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_waits_and_what_is_refused_is_told() {
    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);
    impl Observer for Told {
        fn observe(&self, event: &Event<'_>) {
            let told = match event {
                Event::WaitBegan { cause, .. } => format!("{} begins", cause.name()),
                Event::Waited { wait, given_up, .. } => format!("{wait:?} {given_up}"),
                Event::Rejected { rejected } => rejected.to_string(),
                _ => String::from("something else"),
            };
            self.0.lock().unwrap().push(told);
        }
    }
    let told = Arc::new(Told::default());
    let layer = GovernorLayer::direct(limiter(1)).with_observer(told.clone());
    let layer = layer.with_terms(|cost: &u64| u32::try_from(*cost).unwrap());
    let mut service = layer.layer(echo());
    call(&mut service, 1).await.unwrap();
    call(&mut service, 1).await.unwrap();
    assert!(call(&mut service, 2).await.is_err());
    let told = told.0.lock().unwrap();
    let refused = "rejected before sending: too_large";
    assert_eq!(*told, ["rate_limit begins", "1s false", refused]);
}

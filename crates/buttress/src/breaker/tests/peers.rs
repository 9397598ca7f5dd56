//! Mistakes that were made elsewhere, each shown not to be made here.

use buttress_core::Key;
use tokio_test::{assert_pending, task};
use tower::ServiceBuilder;
use tower_test::mock;

use super::*;
use crate::retry::{Retries, RetryLayer};

#[tokio::test(start_paused = true)]
async fn a_thousand_successes_do_not_hide_ten_failures_from_a_window_of_ten() {
    let circuit = small()
        .with_window(Window::calls(10).unwrap())
        .with_minimum_calls(10)
        .unwrap();
    let layer = CircuitBreakerLayer::new(circuit);
    let mut service = layer.layer(Echo);
    for _ in 0..1_000 {
        ask(&mut service, 200).await.unwrap();
    }
    for _ in 0..10 {
        assert_eq!(state(&layer.handle()), State::Closed);
        ask(&mut service, 503).await.unwrap();
    }
    assert_eq!(state(&layer.handle()), State::Open);
}

#[tokio::test(start_paused = true)]
async fn good_probes_that_come_more_rarely_than_the_window_is_long_still_close_it() {
    let circuit = small()
        .with_window(Window::time(secs(1)).unwrap())
        .with_minimum_calls(3)
        .and_then(|circuit| circuit.with_probes(3))
        .and_then(|circuit| circuit.with_half_open_for(secs(3_600), Stalled::Open))
        .unwrap();
    let (handle, mut service) = opened(circuit).await;
    tokio::time::advance(secs(6)).await;
    for _ in 0..3 {
        assert_ne!(state(&handle), State::Closed);
        ask(&mut service, 200).await.unwrap();
        tokio::time::advance(secs(60)).await;
    }
    assert_eq!(state(&handle), State::Closed);
}

#[test]
fn no_probes_at_all_are_refused() {
    assert!(Circuit::default().with_probes(0).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_from_before_the_opening_does_not_close_it_while_the_probe_hangs() {
    for late in [200, 503] {
        let (inner, mut server) = mock::pair::<Request<u16>, Response<()>>();
        server.allow(100);
        let layer = CircuitBreakerLayer::new(small());
        let (handle, mut service) = (layer.handle(), layer.layer(inner));
        service.ready().await.unwrap();
        let mut early = task::spawn(service.call(Request::new(0)));
        assert_pending!(early.poll());
        let (_, early_answer) = server.next_request().await.unwrap();
        handle.command(Key::ALL, Command::Open);
        tokio::time::advance(secs(6)).await;
        service.ready().await.unwrap();
        let mut probe = task::spawn(service.call(Request::new(0)));
        assert_pending!(probe.poll());
        let answer = Response::builder().status(late).body(()).unwrap();
        early_answer.send_response(answer);
        assert!(early.poll().is_ready());
        assert_eq!(state(&handle), State::HalfOpen);
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_stands_outside_opens_it_where_that_is_said() {
    let (inner, mut server) = mock::pair::<Request<u16>, Response<()>>();
    server.allow(100);
    let layer = CircuitBreakerLayer::new(small().with_dropped(Verdict::Failure));
    let mut service = layer.layer(inner);
    for _ in 0..2 {
        let call = service.ready().await.unwrap().call(Request::new(0));
        assert!(tokio::time::timeout(secs(1), call).await.is_err());
    }
    assert_eq!(state(&layer.handle()), State::Open);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_still_slow_does_not_close_what_slowness_opened() {
    let inner = tower::service_fn(|request: Request<u16>| async move {
        tokio::time::sleep(secs((*request.body()).into())).await;
        Ok::<_, BoxError>(Response::new(()))
    });
    let layer = CircuitBreakerLayer::new(small().with_slow_call_rate(Rate::ALL, secs(1)));
    let mut service = layer.layer(inner);
    ask(&mut service, 2).await.unwrap();
    ask(&mut service, 2).await.unwrap();
    tokio::time::advance(secs(6)).await;
    ask(&mut service, 2).await.unwrap();
    assert_eq!(state(&layer.handle()), State::Open);
    tokio::time::advance(secs(6)).await;
    ask(&mut service, 1).await.unwrap();
    assert_eq!(state(&layer.handle()), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn five_calls_are_enough_where_five_are_the_minimum_of_a_window_of_a_hundred() {
    let circuit = Circuit::resilience4j().with_minimum_calls(5).unwrap();
    let layer = CircuitBreakerLayer::new(circuit);
    let mut service = layer.layer(Echo);
    for _ in 0..5 {
        assert_eq!(state(&layer.handle()), State::Closed);
        ask(&mut service, 503).await.unwrap();
    }
    assert_eq!(state(&layer.handle()), State::Open);
}

#[tokio::test(start_paused = true)]
async fn each_change_says_which_state_is_left_so_that_no_two_are_shown_at_once() {
    let (log, layer) = logged(small());
    let mut service = layer.layer(Echo);
    for status in [503, 503] {
        ask(&mut service, status).await.unwrap();
    }
    tokio::time::advance(secs(6)).await;
    ask(&mut service, 503).await.unwrap();
    tokio::time::advance(secs(6)).await;
    ask(&mut service, 200).await.unwrap();
    let expected = [
        "closed -> open: failure_rate",
        "open -> half_open: waited",
        "half_open -> open: failure_rate",
        "open -> half_open: waited",
        "half_open -> closed: recovered",
    ];
    assert_eq!(log.lines(), expected, "each event happens, and each once");
}

#[tokio::test(start_paused = true)]
async fn an_observer_may_use_the_handle_as_no_lock_is_held_while_it_is_told() {
    struct Curious(std::sync::OnceLock<Handle>, Log);
    impl Observer for Curious {
        fn observe(&self, event: &Event<'_>) {
            let Some(handle) = self.0.get() else { return };
            assert!(handle.snapshot(Key::ALL).is_some());
            if matches!(event, Event::BreakerChanged { change, .. } if change.to == State::Open) {
                handle.command(Key::ALL, Command::Reset);
            }
            self.1.observe(event);
        }
    }
    let curious = Arc::new(Curious(Default::default(), Log::default()));
    let observer: Arc<dyn Observer> = curious.clone();
    let layer = CircuitBreakerLayer::new(small()).with_observer(observer);
    curious.0.set(layer.handle()).unwrap();
    let mut service = layer.layer(Echo);
    ask(&mut service, 503).await.unwrap();
    ask(&mut service, 503).await.unwrap();
    assert_eq!(state(&layer.handle()), State::Closed);
    assert_eq!(curious.1.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_certain_takes_no_time() {
    let (_, mut service) = opened(small()).await;
    let mut call = task::spawn(ask(&mut service, 200));
    assert!(call.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn readying_a_service_and_dropping_it_takes_no_probe() {
    let (handle, service) = opened(small()).await;
    tokio::time::advance(secs(6)).await;
    for _ in 0..10 {
        service.clone().ready().await.unwrap();
    }
    ask(&mut service.clone(), 200).await.unwrap();
    assert_eq!(state(&handle), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_the_handle_shows_is_true_an_hour_after_the_last_call() {
    let (handle, _service) = opened(small()).await;
    assert!(snapshot(&handle).not_before.is_some());
    tokio::time::advance(secs(3_600)).await;
    let seen = snapshot(&handle);
    assert_eq!((seen.state, seen.not_before), (State::HalfOpen, None));
    let layer = CircuitBreakerLayer::new(Circuit::default());
    let mut service = layer.layer(Echo);
    ask(&mut service, 503).await.unwrap();
    tokio::time::advance(secs(3_600)).await;
    assert_eq!(snapshot(&layer.handle()).counts.calls, 0);
}

#[tokio::test(start_paused = true)]
async fn one_layer_applied_twice_is_one_circuit_and_two_layers_are_two() {
    let layer = CircuitBreakerLayer::new(small());
    let (mut one, mut two) = (layer.layer(Echo), layer.clone().layer(Echo));
    ask(&mut one, 503).await.unwrap();
    ask(&mut two, 503).await.unwrap();
    refusal(ask(&mut one, 200).await);
    refusal(ask(&mut two, 200).await);
    let other = CircuitBreakerLayer::new(small());
    ask(&mut other.layer(Echo), 200).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_retried_and_takes_nothing_from_the_budget() {
    let (log, layer) = logged(small());
    layer.handle().command(Key::ALL, Command::ForceOpen);
    let budget = Arc::new(buttress_core::budget::Budget::default());
    let mut service = ServiceBuilder::new()
        .layer(
            RetryLayer::new(Retries::default())
                .with_replay(crate::retry::Cloned)
                .with_budget(Arc::clone(&budget)),
        )
        .layer(layer)
        .service(Echo);
    let before = budget.balance(crate::Clock::default().now());
    refusal(ask(&mut service, 200).await);
    let refused = log
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("rejected"));
    assert_eq!(refused.count(), 1);
    assert_eq!(budget.balance(crate::Clock::default().now()), before);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_429_is_no_success() {
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(Echo);
    for status in [503, 429, 429, 429, 503] {
        ask(&mut service, status).await.unwrap();
    }
    assert_eq!(state(&layer.handle()), State::Open);
}

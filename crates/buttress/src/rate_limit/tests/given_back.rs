use std::panic::AssertUnwindSafe;

use super::*;

/// How far a waiting call is taken before it is dropped.
const STAGES: [&str; 4] = ["made", "asleep", "due, and the service not ready", "sent"];

#[tokio::test(start_paused = true)]
async fn dropping_at_every_poll_gives_back_what_was_held() {
    for (stage, name) in STAGES.into_iter().enumerate() {
        let layer = RateLimitLayer::new([one_a_second()]);
        let (mut service, mut mock) = tower_test::mock::spawn_layer::<u64, u64, _>(layer.clone());
        tokio_test::assert_ready_ok!(service.poll_ready());
        let first = task::spawn(service.call(0));
        drop(mock.next_request().await);
        drop(first);
        tokio_test::assert_ready_ok!(service.poll_ready());
        mock.allow(0);
        let mut call = task::spawn(service.call(1));
        let slot = now() + SECOND;
        if stage >= 1 {
            tokio_test::assert_pending!(call.poll(), "{name}");
        }
        if stage >= 2 {
            tokio::time::advance(SECOND).await;
            tokio_test::assert_pending!(call.poll(), "{name}");
        }
        if stage >= 3 {
            mock.allow(1);
            tokio_test::assert_pending!(call.poll(), "{name}");
            drop(mock.next_request().await.unwrap());
        }
        drop(call);
        let snapshot = layer.handle().snapshot(Key::ALL);
        assert_eq!(snapshot.waiting, 0, "{name}");
        let next = if stage == 3 { slot + SECOND } else { slot };
        assert_eq!(snapshot.next, next, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_to_come_takes_over_the_place_of_a_call_that_was_dropped() {
    let mut service = RateLimitLayer::new([one_a_second()]).layer(echo());
    call(&mut service, 0).await.unwrap();
    let began = now();
    let dropped = service.call(1);
    let last = service.call(2);
    drop(dropped);
    let takes_over = service.call(3);
    takes_over.await.unwrap();
    assert_eq!(now().since(began), SECOND);
    last.await.unwrap();
    assert_eq!(now().since(began), 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_further_in_gives_its_slot_back() {
    let refuse = service_fn(async |_: u64| {
        let (why, not_before, key) = (Why::CircuitOpen, None, Key::ALL);
        Err::<u64, BoxError>(Rejected::new(why, key).with_not_before(not_before).into())
    });
    let layer = RateLimitLayer::new([one_a_second()]).with_max_wait(Duration::ZERO);
    let mut service = layer.layer(refuse);
    for _ in 0..3 {
        assert_eq!(refusal(call(&mut service, 1).await).why, Why::CircuitOpen);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_failed_after_it_was_sent_has_used_its_slot() {
    let fail = service_fn(async |_: u64| Err::<u64, BoxError>("reset".into()));
    let layer = RateLimitLayer::new([one_a_second()]).with_max_wait(Duration::ZERO);
    let mut service = layer.layer(fail);
    assert_eq!(
        call(&mut service, 1).await.unwrap_err().to_string(),
        "reset"
    );
    assert_eq!(refusal(call(&mut service, 1).await).why, Why::RateLimit);
}

#[tokio::test(start_paused = true)]
async fn a_panic_further_in_poisons_nothing() {
    let fragile = service_fn(|request: u64| {
        assert!(request > 0, "zero");
        std::future::ready(Ok::<_, BoxError>(request))
    });
    let mut service = RateLimitLayer::new([one_a_second()]).layer(fragile);
    let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| drop(service.call(0))));
    assert!(panicked.is_err());
    assert_eq!(call(&mut service, 1).await.unwrap(), 1);
}

use std::sync::atomic::{AtomicBool, Ordering};

use tower::limit::ConcurrencyLimitLayer;

use super::*;

/// Refuses while it is told to.
#[derive(Clone, Default)]
struct Gate(Arc<AtomicBool>);

impl Look<u64> for Gate {
    fn look(&self, _: &u64, _: Timestamp) -> Option<Rejected> {
        let (why, not_before, key) = (Why::Cooldown, None, Key::ALL);
        self.0
            .load(Ordering::Relaxed)
            .then_some(Rejected::new(why, key).with_not_before(not_before))
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_slept_is_not_sent_into_a_pause_that_began_meanwhile() {
    let gate = Gate::default();
    let layer = RateLimitLayer::new([one_a_second()]).with_look(gate.clone());
    let mut service = layer.layer(echo());
    call(&mut service, 0).await.unwrap();
    let slept = service.call(1);
    gate.0.store(true, Ordering::Relaxed);
    assert_eq!(refusal(slept.await).why, Why::Cooldown);
    let snapshot = layer.handle().snapshot(Key::ALL);
    assert_eq!(
        (snapshot.waiting, snapshot.next),
        (0, now()),
        "the slot is there again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lowered_limit_is_found_out_on_waking_and_the_order_kept() {
    let layer = RateLimitLayer::new([Quota::per_second(1).unwrap().with_burst(5).unwrap()]);
    let mut service = layer.layer(echo());
    for request in 0..5 {
        call(&mut service, request).await.unwrap();
    }
    let began = now();
    let mut calls: Vec<_> = (0..3)
        .map(|request| task::spawn(service.call(request)))
        .collect();
    for call in &mut calls {
        assert!(call.poll().is_pending());
    }
    layer
        .handle()
        .change(Key::ALL, &[Quota::new(1, 10 * SECOND).unwrap()]);
    for (turn, call) in (1..).zip(calls) {
        call.into_inner().await.unwrap();
        // Five are used of one: four are debt.
        assert_eq!(now().since(began), (4 + turn) * 10 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_raised_limit_wakes_those_who_sleep() {
    let layer = RateLimitLayer::new([Quota::new(1, 60 * SECOND).unwrap()]);
    let mut service = layer.layer(echo());
    call(&mut service, 0).await.unwrap();
    let mut sleeps = task::spawn(service.call(1));
    assert!(sleeps.poll().is_pending());
    layer
        .handle()
        .change(Key::ALL, &[Quota::per_second(10).unwrap()]);
    assert!(sleeps.is_woken());
    assert!(sleeps.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_moves_past_what_the_call_may_wait_is_refused_with_the_time() {
    let layer = RateLimitLayer::new([one_a_second()]).with_max_wait(5 * SECOND);
    let mut service = layer.layer(echo());
    call(&mut service, 0).await.unwrap();
    let began = now();
    let sleeps = service.call(1);
    layer
        .handle()
        .change(Key::ALL, &[Quota::new(1, 60 * SECOND).unwrap()]);
    let rejected = refusal(sleeps.await);
    assert_eq!(rejected.not_before, Some(began + 60 * SECOND));
    assert!(
        rejected
            .charge
            .is_some_and(|charge| charge.quota.period() == 60 * SECOND)
    );
    assert_eq!(layer.handle().snapshot(Key::ALL).waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_slot_moves_while_it_is_made_ready_holds_no_place_further_in() {
    let layer = RateLimitLayer::new([one_a_second().with_burst(3).unwrap()]);
    let inner = ConcurrencyLimitLayer::new(1).layer(echo());
    let mut service = layer.layer(inner.clone());
    for request in 0..3 {
        call(&mut service, request).await.unwrap();
    }
    let mut sleeps = task::spawn(service.call(1));
    let mut busy = inner.clone();
    busy.ready().await.unwrap();
    tokio::time::advance(SECOND).await;
    assert!(sleeps.poll().is_pending(), "it waits for the one place");
    let later = Quota::new(1, 10 * SECOND).unwrap();
    layer.handle().change(Key::ALL, &[later]);
    assert!(sleeps.poll().is_pending(), "it sleeps on");
    drop(busy);
    let mut next = inner.clone();
    assert!(task::spawn(next.ready()).poll().is_ready());
    drop(next);
    sleeps.into_inner().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_remains_at_the_server_lowers_what_remains_here() {
    let layer = RateLimitLayer::new([Quota::per_second(10).unwrap()]).with_max_wait(Duration::ZERO);
    let (mut service, handle) = (layer.layer(echo()), layer.handle());
    handle.lower(Key::ALL, 0, 1);
    handle.lower(Key::ALL, 0, 7);
    call(&mut service, 0).await.unwrap();
    assert!(call(&mut service, 0).await.is_err());
}

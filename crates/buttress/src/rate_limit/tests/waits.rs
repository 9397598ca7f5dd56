use super::*;
use crate::call_time::CallTime;

#[tokio::test(start_paused = true)]
async fn what_there_is_room_for_goes_at_once_and_what_there_is_not_waits_for_its_slot() {
    let quota = one_a_second().with_burst(3).unwrap();
    let mut service = RateLimitLayer::new([quota]).layer(echo());
    let began = now();
    let mut waited = Vec::new();
    for request in 0..5 {
        assert_eq!(call(&mut service, request).await.unwrap(), request);
        waited.push(now().since(began));
    }
    assert_eq!(
        waited,
        [
            Duration::ZERO,
            Duration::ZERO,
            Duration::ZERO,
            SECOND,
            2 * SECOND
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn clones_and_services_of_one_layer_share_and_layers_do_not() {
    let layer = RateLimitLayer::new([one_a_second()]).with_max_wait(Duration::ZERO);
    let (mut one, mut other) = (layer.layer(echo()), layer.layer(echo()));
    call(&mut one, 1).await.unwrap();
    assert!(call(&mut other, 1).await.is_err());
    assert!(call(&mut one.clone(), 1).await.is_err());
    let mut stranger = RateLimitLayer::new([one_a_second()]).layer(echo());
    call(&mut stranger, 1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn with_no_wait_allowed_a_refusal_says_when_and_takes_nothing() {
    let layer = RateLimitLayer::new([one_a_second()]).with_max_wait(Duration::ZERO);
    let mut service = layer.layer(echo());
    let slot = now() + SECOND;
    call(&mut service, 1).await.unwrap();
    for _ in 0..10 {
        let rejected = refusal(call(&mut service, 1).await);
        assert_eq!((rejected.why, rejected.key), (Why::RateLimit, Key::ALL));
        assert_eq!(rejected.not_before, Some(slot));
    }
    tokio::time::advance(SECOND).await;
    call(&mut service, 1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_just_the_longest_is_waited_and_one_longer_refused() {
    let layer = RateLimitLayer::new([one_a_second()]).with_max_wait(2 * SECOND);
    let mut service = layer.layer(echo());
    let calls: Vec<_> = (0..4)
        .map(|request| task::spawn(service.call(request)))
        .collect();
    let mut calls = calls.into_iter();
    let refused = calls.next_back().unwrap();
    assert_eq!(refusal(refused.into_inner().await).why, Why::RateLimit);
    for call in calls {
        call.into_inner().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_could_not_begin_before_its_deadline_is_refused_at_once() {
    let layer = RateLimitLayer::new([one_a_second()]);
    let time = CallTime::until(now() + SECOND);
    let mut service = layer.layer(echo());
    call(&mut service, 1).await.unwrap();
    let refused = time.enter(|| service.call(1));
    assert_eq!(refusal(refused.await).why, Why::RateLimit);
    let waits = service.call(0);
    assert!(task::spawn(waits).poll().is_pending());
}

#[tokio::test(start_paused = true)]
async fn what_never_fits_is_refused_at_once() {
    let layer = RateLimitLayer::new([one_a_second()])
        .with_terms(|cost: &u64| u32::try_from(*cost).unwrap());
    let rejected = refusal(call(&mut layer.layer(echo()), 2).await);
    assert_eq!((rejected.why, rejected.not_before), (Why::TooLarge, None));
    let charge = rejected.charge.map(|charge| (charge.cost, charge.quota));
    assert_eq!(charge, Some((2, one_a_second())));
}

#[tokio::test(start_paused = true)]
async fn costs_are_read_from_the_extensions() {
    let quotas = [
        Quota::per_second(10).unwrap(),
        Quota::per_minute(100).unwrap().counting_requests(),
    ];
    let layer = RateLimitLayer::new(quotas).with_terms(ByExtension);
    let mut service = layer.layer(service_fn(async |_: http::Request<()>| {
        Ok::<_, BoxError>(())
    }));
    let request = http::Request::builder()
        .extension(Cost(7))
        .body(())
        .unwrap();
    service.call(request).await.unwrap();
    service.call(http::Request::new(())).await.unwrap();
    let snapshot = layer.handle().snapshot(Key::ALL);
    let remaining: Vec<_> = snapshot
        .levels
        .iter()
        .map(|level| level.remaining)
        .collect();
    assert_eq!(remaining, [2, 98]);
}

#[tokio::test(start_paused = true)]
async fn readiness_is_the_inner_services_also_when_nothing_may_go() {
    let layer = RateLimitLayer::new([one_a_second()]);
    layer.handle().lower(Key::ALL, 0, 0);
    let (mut service, mut mock) = tower_test::mock::spawn_layer::<u64, u64, _>(layer);
    mock.allow(0);
    tokio_test::assert_pending!(service.poll_ready());
    mock.allow(1);
    tokio_test::assert_ready_ok!(service.poll_ready());
    let mut waits = task::spawn(service.call(1));
    tokio_test::assert_pending!(waits.poll());
    tokio::time::advance(SECOND).await;
    tokio_test::assert_pending!(waits.poll());
    mock.allow(1);
    tokio_test::assert_pending!(waits.poll());
    let (request, respond) = mock.next_request().await.unwrap();
    respond.send_response(request);
    assert_eq!(tokio_test::assert_ready_ok!(waits.poll()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_fresh_when_it_is_read() {
    let quota = one_a_second().with_burst(2).unwrap();
    let layer = RateLimitLayer::new([quota]);
    let (mut service, handle) = (layer.layer(echo()), layer.handle());
    let _calls: Vec<_> = (0..4).map(|request| service.call(request)).collect();
    let snapshot = handle.snapshot(Key::ALL);
    assert_eq!((snapshot.levels[0].remaining, snapshot.waiting), (0, 2));
    assert_eq!(
        (snapshot.levels[0].quota, snapshot.next),
        (quota, now() + 3 * SECOND)
    );
    assert_eq!(handle.look(&1, now()), None);
    tokio::time::advance(SECOND).await;
    assert_eq!(handle.snapshot(Key::ALL).levels[0].remaining, 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_says_what_a_call_would_meet_and_takes_nothing() {
    let layer = RateLimitLayer::new([one_a_second()]).with_max_wait(Duration::ZERO);
    let (mut service, handle) = (layer.layer(echo()), layer.handle());
    assert_eq!(handle.look(&1, now()), None);
    call(&mut service, 1).await.unwrap();
    let rejected = handle.look(&1, now()).unwrap();
    assert_eq!(rejected, refusal(call(&mut service, 1).await));
}

#[tokio::test(start_paused = true)]
async fn what_waits_and_what_is_refused_is_told() {
    use buttress_core::{Event, Observer};
    use std::sync::Mutex;

    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);
    impl Observer for Told {
        fn observe(&self, event: &Event<'_>) {
            let told = match event {
                Event::WaitBegan { wait, .. } => format!("wait {:?}", wait.unwrap()),
                Event::Waited { wait, given_up, .. } => format!("waited {wait:?} {given_up}"),
                Event::Rejected { rejected } => rejected.to_string(),
                _ => String::from("something else"),
            };
            self.0.lock().unwrap().push(told);
        }
    }
    let told = Arc::new(Told::default());
    let layer = RateLimitLayer::new([one_a_second()]).with_max_wait(SECOND);
    let mut service = layer.with_observer(told.clone()).layer(echo());
    let mut calls: Vec<_> = (0..4)
        .map(|request| tokio_test::task::spawn(service.call(request)))
        .collect();
    let refused = "rejected before sending: rate_limit: the call costs 1, the quota holds 1 per 1s";
    let expected = ["wait 1s", refused, refused];
    assert_eq!(std::mem::take(&mut *told.0.lock().unwrap()), expected);
    tokio_test::assert_pending!(calls[1].poll());
    tokio::time::advance(SECOND).await;
    tokio_test::assert_ready_ok!(calls[1].poll());
    drop(calls);
    assert_eq!(
        std::mem::take(&mut *told.0.lock().unwrap()),
        ["waited 1s false"]
    );
    drop(service.call(0));
    assert_eq!(*told.0.lock().unwrap(), ["wait 1s", "waited 0ns true"]);
}

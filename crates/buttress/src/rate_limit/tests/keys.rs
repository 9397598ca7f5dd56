use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_a_minute_does_not_stop_one_of_another_key() {
    let quota = Quota::new(1, 60 * SECOND).unwrap();
    let layer = RateLimitLayer::new([quota]).with_keyer(by_itself);
    let service = ServiceBuilder::new()
        .layer(layer)
        .concurrency_limit(1)
        .service(echo());
    let (mut one, mut other) = (service.clone(), service);
    call(&mut one, 1).await.unwrap();
    let began = now();
    one.ready().await.unwrap();
    let mut waits = task::spawn(one.call(1));
    assert!(waits.poll().is_pending());
    for key in 2..10 {
        call(&mut other, key).await.unwrap();
    }
    assert_eq!(now(), began);
    waits.into_inner().await.unwrap();
    assert_eq!(now().since(began), 60 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_refused_caller_that_keeps_its_service_keeps_nobody_from_the_one_beneath() {
    let layer = RateLimitLayer::new([one_a_second()]).with_keyer(by_itself);
    let layer = layer.with_max_wait(Duration::ZERO);
    let service = ServiceBuilder::new()
        .layer(layer)
        .concurrency_limit(1)
        .service(echo());
    let (mut one, mut other) = (service.clone(), service);
    call(&mut one, 1).await.unwrap();
    assert!(call(&mut one, 1).await.is_err());
    call(&mut other, 2).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_million_keys_are_kept_in_ten_thousand_places() {
    let layer = RateLimitLayer::new([one_a_second()])
        .with_keyer(by_itself)
        .with_max_wait(Duration::ZERO);
    let mut service = layer.layer(echo());
    for key in 0..1_000_000 {
        // Most find all places taken by keys that are still in debt, and share one quota.
        drop(service.call(key));
    }
    let kept = layer.handle().snapshots().len();
    assert!((10_000..10_100).contains(&kept), "{kept}");
}

#[tokio::test(start_paused = true)]
async fn debt_is_not_forgotten_for_a_flood_of_keys() {
    let layer = RateLimitLayer::new([one_a_second()]).with_keyer(by_itself);
    let layer = layer.with_capacity(64).with_max_wait(Duration::ZERO);
    let mut service = layer.layer(echo());
    call(&mut service, 7).await.unwrap();
    for key in 1_000..10_000 {
        drop(service.call(key));
    }
    assert_eq!(refusal(call(&mut service, 7).await).key, by_itself(&7));
}

#[test]
fn a_handle_knows_the_key_of_a_request() {
    let layer = RateLimitLayer::new([one_a_second()]).with_keyer(by_itself);
    assert_eq!(layer.handle().key(&7), by_itself(&7));
}

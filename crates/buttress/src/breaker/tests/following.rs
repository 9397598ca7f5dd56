//! The handle, those who follow, and the observer.

use buttress_core::Key;

use super::*;

#[tokio::test(start_paused = true)]
async fn who_follows_sees_the_state_now_and_each_change_after() {
    let layer = CircuitBreakerLayer::new(small());
    let mut service = layer.layer(Echo);
    let mut states = layer.handle().follow(Key::ALL);
    assert_eq!(*states.borrow_and_update(), State::Closed);
    ask(&mut service, 503).await.unwrap();
    assert!(!states.has_changed().unwrap());
    ask(&mut service, 503).await.unwrap();
    assert!(states.has_changed().unwrap());
    assert_eq!(*states.borrow_and_update(), State::Open);
    assert_eq!(*layer.handle().follow(Key::ALL).borrow(), State::Open);
    tokio::time::advance(secs(6)).await;
    ask(&mut service, 200).await.unwrap();
    assert!(states.has_changed().unwrap());
    assert_eq!(*states.borrow_and_update(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn commands_go_to_the_circuit_of_the_key() {
    let layer = CircuitBreakerLayer::new(small());
    let (handle, mut service) = (layer.handle(), layer.layer(Echo));
    assert!(handle.command(Key::ALL, Command::ForceOpen));
    assert_eq!(refusal(ask(&mut service, 200).await).not_before, None);
    handle.command(Key::ALL, Command::Disable);
    for _ in 0..10 {
        ask(&mut service, 503).await.unwrap();
    }
    handle.command(Key::ALL, Command::CountOnly);
    for _ in 0..10 {
        ask(&mut service, 503).await.unwrap();
    }
    assert_eq!(snapshot(&handle).counts.failed, 2);
    handle.command(Key::ALL, Command::OpenFor(secs(60)));
    ask(&mut service, 200).await.unwrap();
    assert_eq!(state(&handle), State::MetricsOnly, "which never opens");
    handle.command(Key::ALL, Command::Reset);
    assert_eq!(
        (state(&handle), snapshot(&handle).counts.calls),
        (State::Closed, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_somebody_follows_is_not_forgotten() {
    let layer = CircuitBreakerLayer::new(small())
        .with_keyer(crate::key::ByHost::default())
        .with_capacity(1);
    let (handle, service) = (layer.handle(), layer.layer(Echo));
    let to = |host: usize| {
        let uri = format!("http://host-{host}.example/");
        Request::get(uri).body(200).unwrap()
    };
    let followed = handle.key(&to(0));
    let states = handle.follow(followed);
    for host in 1..1_000 {
        service.clone().oneshot(to(host)).await.unwrap();
    }
    handle.command(followed, Command::ForceOpen);
    assert_eq!(*states.borrow(), State::ForcedOpen);
    assert!(handle.snapshots().len() <= 65);
}

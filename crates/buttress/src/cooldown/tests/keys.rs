use buttress_core::{Class, Key, Outcome, Scope};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower_layer::Layer;

use super::*;
use crate::key::{ByHeader, Within};

fn of(account: &str, model: &str) -> Request<()> {
    let request = Request::get("/").header("authorization", account);
    request.header("x-model", model).body(()).unwrap()
}

fn within() -> Within<ByHeader, ByHeader> {
    let model = http::HeaderName::from_static("x-model");
    Within::new(ByHeader::new(model), ByHeader::default())
}

fn limit(scope: Scope) -> Response<()> {
    let mut answer = limited(10);
    let hint = buttress_core::hint::Hint {
        wait: 10 * SECOND,
        source: buttress_core::hint::HintSource::RetryAfter,
    };
    let outcome = Outcome::new(Class::RateLimited).with_scope(scope);
    answer
        .extensions_mut()
        .insert(outcome.with_hint(Some(hint)));
    answer
}

#[tokio::test(start_paused = true)]
async fn one_key_waits_and_others_go() {
    let layer = exact().with_keyer(ByHeader::default());
    let mut client = layer.layer(Script::of([limited(10)]));
    client.call(of("a", "x")).await.unwrap();
    assert_pending!(task::spawn(client.call(of("a", "x"))).poll());
    assert_ready_ok!(task::spawn(client.call(of("b", "x"))).poll());
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_a_model_or_a_resource_leaves_the_others_of_its_account_alone() {
    for scope in [Scope::Model, Scope::Resource] {
        let mut client = exact()
            .with_keyer(within())
            .layer(Script::of([limit(scope)]));
        client.call(of("a", "x")).await.unwrap();
        assert_pending!(task::spawn(client.call(of("a", "x"))).poll());
        assert_ready_ok!(task::spawn(client.call(of("a", "y"))).poll());
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_an_account_holds_all_its_models() {
    let mut client = exact()
        .with_keyer(within())
        .layer(Script::of([limit(Scope::Account)]));
    client.call(of("a", "x")).await.unwrap();
    assert_pending!(task::spawn(client.call(of("a", "y"))).poll());
    assert_ready_ok!(task::spawn(client.call(of("b", "x"))).poll());
}

#[tokio::test(start_paused = true)]
async fn whoever_has_both_limits_waits_for_both_and_strands_nobody() {
    let answers = [limit(Scope::Model), limit(Scope::Account)];
    let layer = exact().with_keyer(within());
    let mut client = layer.layer(Script::of(answers));
    client.call(of("a", "x")).await.unwrap();
    advance(5 * SECOND).await;
    client.call(of("a", "y")).await.unwrap();
    let mut both: Vec<_> = (0..5)
        .map(|_| task::spawn(client.call(of("a", "x"))))
        .collect();
    both.iter_mut()
        .for_each(|call| assert_pending!(call.poll()));
    advance(5 * SECOND + Duration::from_millis(1)).await;
    both.iter_mut()
        .for_each(|call| assert_pending!(call.poll()));
    advance(5 * SECOND).await;
    let mut open = both.len();
    while open > 0 {
        both.retain_mut(|call| call.poll().is_pending());
        assert!(
            both.len() < open,
            "nobody goes: {:?}",
            layer.handle().snapshots()
        );
        open = both.len();
    }
    assert_eq!(layer.handle().snapshots(), []);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_room_for_a_key_its_pause_is_shared() {
    let layer = exact().with_keyer(ByHeader::default()).with_capacity(1);
    let answers = (0..1_000).map(|_| limited(10));
    let mut client = layer.layer(Script::of(answers));
    for n in 0..1_000 {
        let mut call = task::spawn(client.call(of(&n.to_string(), "x")));
        drop(call.poll());
    }
    assert!(layer.handle().snapshots().len() <= 65);
    assert_eq!(layer.handle().snapshot(Key::ALL).phase, Phase::Paused);
    assert_pending!(task::spawn(client.call(of("new", "x"))).poll());
}

#[tokio::test(start_paused = true)]
async fn where_neither_a_key_nor_its_account_has_room_all_go_when_their_pause_is_over() {
    for scope in [Scope::Model, Scope::Account] {
        let layer = exact().with_keyer(within()).with_capacity(0);
        // The first probe is told the same again.
        let mut client = layer.layer(Script::of([limit(scope), limit(scope)]));
        client.call(of("a", "x")).await.unwrap();
        let mut calls: Vec<_> = (0..5)
            .map(|_| task::spawn(client.call(of("a", "x"))))
            .collect();
        calls.retain_mut(|call| call.poll().is_pending());
        assert_eq!(calls.len(), 5);
        advance(10 * SECOND + Duration::from_millis(1)).await;
        calls.retain_mut(|call| call.poll().is_pending());
        assert_eq!(calls.len(), 4, "one probe");
        advance(10 * SECOND + Duration::from_millis(1)).await;
        let mut open = calls.len();
        while open > 0 {
            calls.retain_mut(|call| call.poll().is_pending());
            assert!(
                calls.len() < open,
                "nobody goes: {:?}",
                layer.handle().snapshots()
            );
            open = calls.len();
        }
        assert_eq!(layer.handle().snapshots(), []);
    }
}

//! A call that the server knows again by its key, over a connection that breaks after the work was done.

use std::time::Duration;

use buttress::core::Class;
use buttress::core::backoff::Backoff;
use buttress::core::history::End;
use buttress::core::policy::{IdempotencyKey, Retry};
use buttress::reqwest::Transport;
use buttress::retry::Retries;
use buttress::stack::{Stack, Stacked};
use buttress_testkit::{Config, Fault, Server};
use http::HeaderName;
use tower::ServiceExt;
use tower_layer::Layer;

use crate::rig::*;

/// A server that honours keys, and whose first answer is lost on the way.
fn forgetful() -> Server {
    let server = Server::start(Config::default().with_honoured_keys()).unwrap();
    server.push_fault(Fault::ResetInHead);
    server
}

fn client(profile: &'static str, key: IdempotencyKey) -> Stacked<Transport> {
    let nano = Duration::from_nanos(1);
    let retries = Retries::default().with_backoff(Backoff::new(nano, nano).unwrap());
    let stack = Stack::builder()
        .profile(profile)
        .retry(Retry::new(retries).with_idempotency_key(key))
        .build();
    stack.unwrap().layer(Transport::new(raw()))
}

fn standard() -> IdempotencyKey {
    IdempotencyKey::Header(HeaderName::from_static("idempotency-key"))
}

/// How often a job was asked for, how often it was done, and with how many keys.
fn counted(server: &Server) -> (u64, u64, u64) {
    let seen = server.seen();
    let keys = seen.completions.idempotency_keys;
    (seen.jobs["j"].requests, seen.jobs["j"].done, keys)
}

#[tokio::test]
async fn what_was_done_is_not_done_again_when_its_answer_is_lost() {
    for (profile, key) in [("stripe", IdempotencyKey::Profile), ("generic", standard())] {
        let server = forgetful();
        let answer = within(client(profile, key).oneshot(completion(&server))).await;
        assert_eq!(answer.unwrap().status(), 200, "{profile}");
        assert_eq!(counted(&server), (2, 1, 1), "{profile}");
    }
}

#[tokio::test]
async fn without_a_key_it_is_not_sent_again() {
    for (profile, key) in [
        ("stripe", IdempotencyKey::Never),
        ("generic", IdempotencyKey::Profile),
    ] {
        let server = forgetful();
        let error = within(client(profile, key).oneshot(completion(&server))).await;
        let error = error.unwrap_err();
        assert_eq!(history(&error).end(), End::NotRepeatable, "{profile}");
        assert_eq!(class_of::<()>(&Err(error)), Class::Interrupted);
        assert_eq!(counted(&server), (1, 1, 0), "{profile}");
    }
}

#[tokio::test]
async fn two_calls_are_two_and_two_with_a_key_of_the_callers_are_one() {
    let server = forgetful();
    let client = client("stripe", IdempotencyKey::Profile);
    for _ in 0..2 {
        within(client.clone().oneshot(completion(&server)))
            .await
            .unwrap();
    }
    assert_eq!(counted(&server), (3, 2, 2));
    for _ in 0..2 {
        let mut request = completion(&server);
        let key = "order-7".parse().unwrap();
        request.headers_mut().insert("idempotency-key", key);
        within(client.clone().oneshot(request)).await.unwrap();
    }
    assert_eq!(counted(&server), (5, 3, 3));
}

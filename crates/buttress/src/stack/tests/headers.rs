//! What the stack writes into requests: by what the server knows a call again, and which attempt it sees.

use std::num::NonZeroU32;
use std::sync::Mutex;

use buttress_core::policy::{IdempotencyKey, Retry};
use http::{HeaderMap, HeaderName, Method};
use tower::{ServiceExt, service_fn};

use super::*;
use crate::retry::CallOptions;

/// The headers of all attempts of one call.
async fn attempts(profile: &'static str, key: IdempotencyKey, request: Ask) -> Vec<HeaderMap> {
    sent(profile, Retry::default().with_idempotency_key(key), request).await
}

/// The headers of all attempts of one call, at a server that is never well.
async fn sent(profile: &'static str, retry: Retry, request: Ask) -> Vec<HeaderMap> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let client = service_fn(move |request: Ask| {
        log.lock().unwrap().push(request.headers().clone());
        let response = Response::builder().status(500).body(Body::new());
        std::future::ready(Ok::<_, Infallible>(response.unwrap()))
    });
    let policy = Policy::bare(ProfileName::new(profile).unwrap()).with_retry(retry);
    let service = Stack::new(policy).unwrap().layer(client);
    service.oneshot(request).await.unwrap();
    std::mem::take(&mut *seen.lock().unwrap())
}

fn with(method: Method, headers: &[(&'static str, &'static str)]) -> Ask {
    let builder = Request::builder().method(method).uri("https://a.example/");
    let add = |builder: http::request::Builder, (name, value): &(&str, &str)| {
        builder.header(*name, *value)
    };
    let builder = headers.iter().fold(builder, add);
    builder.body(Body::new()).unwrap()
}

fn values(attempts: &[HeaderMap], name: &str) -> Vec<String> {
    let values = attempts.iter().filter_map(|headers| headers.get(name));
    values
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

const STANDARD: &str = "idempotency-key";

#[tokio::test(start_paused = true)]
async fn where_the_provider_honours_a_key_each_call_has_one_for_all_its_attempts() {
    let mut keys = Vec::new();
    for method in [Method::POST, Method::PATCH, Method::POST] {
        let request = with(method, &[]);
        let attempts = attempts("stripe", IdempotencyKey::Profile, request).await;
        let values = values(&attempts, STANDARD);
        assert_eq!((attempts.len(), values.len()), (5, 5));
        assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
        keys.push(values[0].clone());
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_key_is_promised_in_the_name_of_a_provider_that_honours_none() {
    // Bedrock's clients send one, which it writes into a log.
    for profile in ["generic", "github", "bedrock"] {
        let request = with(Method::POST, &[]);
        let attempts = attempts(profile, IdempotencyKey::Profile, request).await;
        assert!(attempts.iter().all(HeaderMap::is_empty), "{profile}");
        // Bedrock's SDK repeats such a failure all the same.
        assert_eq!(attempts.len() > 1, profile == "bedrock", "{profile}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_get_needs_none_and_a_key_of_the_callers_stays() {
    let get = attempts("stripe", IdempotencyKey::Profile, with(Method::GET, &[])).await;
    assert_eq!((get.len(), values(&get, STANDARD).len()), (5, 0));
    let keys = [IdempotencyKey::Profile, IdempotencyKey::Never];
    for (profile, key) in ["stripe", "generic"].into_iter().zip(keys) {
        let own = with(Method::POST, &[(STANDARD, "own")]);
        let own = attempts(profile, key, own).await;
        assert_eq!(values(&own, STANDARD), ["own"; 5], "{profile}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_that_the_user_names_is_written_whatever_the_profile_knows() {
    let name = HeaderName::from_static("paypal-request-id");
    for profile in ["generic", "stripe", "bedrock"] {
        let key = IdempotencyKey::Header(name.clone());
        let attempts = attempts(profile, key, with(Method::POST, &[])).await;
        assert_eq!(values(&attempts, name.as_str()).len(), 5, "{profile}");
        assert!(values(&attempts, STANDARD).is_empty(), "{profile}");
    }
}

#[tokio::test(start_paused = true)]
async fn never_is_never() {
    let attempts = attempts("stripe", IdempotencyKey::Never, with(Method::POST, &[])).await;
    assert_eq!(attempts, [HeaderMap::new()]);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_numbered_in_the_header_that_is_named_in_the_form_that_it_is_known_by() {
    for (name, numbers) in [
        ("x-attempt", ["1", "2", "3", "4", "5"]),
        ("x-stainless-retry-count", ["0", "1", "2", "3", "4"]),
        (
            "amz-sdk-request",
            [
                "attempt=1; max=5",
                "attempt=2; max=5",
                "attempt=3; max=5",
                "attempt=4; max=5",
                "attempt=5; max=5",
            ],
        ),
    ] {
        let retry = Retry::default().with_attempt_header(HeaderName::from_static(name));
        let attempts = sent("generic", retry, with(Method::GET, &[])).await;
        assert_eq!(values(&attempts, name), numbers);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_with_attempts_of_its_own_says_how_many_and_one_with_a_number_keeps_it() {
    let name = "amz-sdk-request";
    let retry = Retry::default().with_attempt_header(HeaderName::from_static(name));
    let mut request = with(Method::GET, &[]);
    let two = NonZeroU32::new(2).unwrap();
    let options = CallOptions::default().with_max_attempts(two);
    request.extensions_mut().insert(options);
    let attempts = sent("generic", retry.clone(), request).await;
    assert_eq!(
        values(&attempts, name),
        ["attempt=1; max=2", "attempt=2; max=2"]
    );
    let own = with(Method::GET, &[(name, "attempt=7; max=9")]);
    let attempts = sent("generic", retry, own).await;
    assert_eq!(values(&attempts, name), ["attempt=7; max=9"; 5]);
}

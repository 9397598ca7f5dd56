//! What shares a pause, a limit, a circuit, by what a request itself names.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use buttress_core::breaker::Circuit;
use buttress_core::key::KeyKind;
use buttress_core::policy::{Breaker, Cooldown, KeyBy, Limit, RateLimit, Retry};
use buttress_core::quota::Quota;
use buttress_core::{Key, Rejected, Why};
use bytes::Bytes;
use http_body_util::Full;
use tower::ServiceExt;

use super::*;
use crate::cooldown::Preflight;
use crate::key::{Model, Resource};

/// Answers one request with this status and this body, and all others well. Notes what their extensions name.
#[derive(Clone)]
struct Server {
    answer: Arc<Mutex<Option<(u16, &'static str)>>>,
    named: Arc<Mutex<Vec<Option<Model>>>>,
}

impl Server {
    fn once(status: u16, body: &'static str) -> Self {
        Self {
            answer: Arc::new(Mutex::new(Some((status, body)))),
            named: Arc::default(),
        }
    }
}

impl<B> Service<Request<B>> for Server {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let model = request.extensions().get::<Model>().cloned();
        self.named.lock().unwrap().push(model);
        let (status, body) = self.answer.lock().unwrap().take().unwrap_or((200, ""));
        let response = Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .header("x-ratelimit-remaining", "0")
            .header("retry-after", "30");
        std::future::ready(Ok(response.body(Full::from(body)).unwrap()))
    }
}

const LIMITED: &str = r#"{"error":{"code":"rate_limit_exceeded"}}"#;
const NO_CREDIT: &str = r#"{"error":{"code":"insufficient_quota"}}"#;

fn of_profile(profile: &'static str) -> Policy {
    Policy::bare(ProfileName::new(profile).unwrap())
}

/// Nobody waits in it: whoever is paused is refused.
fn paused_by(profile: &'static str, key: KeyBy) -> Policy {
    let cooldown = Cooldown::default().with_key(key);
    of_profile(profile).with_cooldown(cooldown.with_max_wait(Duration::ZERO))
}

fn chat(model: &str) -> Ask {
    let body = format!(r#"{{"messages":[{{"content":"model"}}],"model":"{model}"}}"#);
    Request::post("https://api.example.com/v1/chat/completions")
        .body(body)
        .unwrap()
}

fn get(path: &str) -> Ask {
    let uri = format!("https://api.example.com{path}");
    Request::get(uri).body(Body::new()).unwrap()
}

/// The key of what refused it; `None` if it was answered.
async fn refused<B: 'static>(service: &Stacked<Server>, request: Request<B>) -> Option<KeyKind> {
    let answer = service.clone().oneshot(request).await;
    let error = answer.err()?;
    let rejected = Rejected::find(&*error).unwrap();
    assert!(matches!(rejected.why, Why::Cooldown | Why::QuotaExhausted));
    Some(rejected.key.kind())
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_model_holds_that_model_alone() {
    // Of the last two nobody knows whose a limit is, but that the user says so.
    for profile in ["openai", "anthropic", "openai_compatible", "generic"] {
        let stack = Stack::new(paused_by(profile, KeyBy::Model)).unwrap();
        let service = stack.layer(Server::once(429, LIMITED));
        assert_eq!(refused(&service, chat("a")).await, None);
        assert_eq!(refused(&service, chat("a")).await, Some(KeyKind::Model));
        assert_eq!(refused(&service, chat("b")).await, None);
        assert_eq!(refused(&service, get("/v1/models")).await, None);
        tokio::time::advance(Duration::from_secs(34)).await;
        assert_eq!(refused(&service, chat("a")).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_without_credit_holds_every_model() {
    let stack = Stack::new(paused_by("openai", KeyBy::Model)).unwrap();
    let service = stack.layer(Server::once(429, NO_CREDIT));
    assert_eq!(refused(&service, chat("a")).await, None);
    for request in [chat("a"), chat("b"), get("/v1/models")] {
        assert_eq!(refused(&service, request).await, Some(KeyKind::All));
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_and_a_header_are_accounts_of_their_own() {
    let header = http::HeaderName::from_static("authorization");
    for key in [KeyBy::Credential, KeyBy::Header(header)] {
        let stack = Stack::new(paused_by("openai", key)).unwrap();
        let service = stack.layer(Server::once(429, NO_CREDIT));
        let by = |token: &'static str| {
            let mut request = chat("a");
            let token = http::HeaderValue::from_static(token);
            request.headers_mut().insert("authorization", token);
            request
        };
        assert_eq!(refused(&service, by("one")).await, None);
        assert!(refused(&service, by("one")).await.is_some());
        assert_eq!(refused(&service, by("two")).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_search_leaves_the_rest_of_github_alone_and_a_secondary_one_does_not() {
    const SECONDARY: &str = r#"{"message":"You have exceeded a secondary rate limit."}"#;
    const PRIMARY: &str = r#"{"message":"API rate limit exceeded for user ID 1."}"#;
    for (body, others) in [(PRIMARY, None), (SECONDARY, Some(KeyKind::All))] {
        let stack = Stack::new(paused_by("github_rest", KeyBy::Resource)).unwrap();
        let service = stack.layer(Server::once(403, body));
        assert_eq!(refused(&service, get("/search/issues")).await, None);
        // A GitHub Enterprise Server's own prefix says nothing of the bucket.
        let again = refused(&service, get("/api/v3/search/commits")).await;
        assert_eq!(again, others.or(Some(KeyKind::Resource)), "{body}");
        assert_eq!(refused(&service, get("/user")).await, others, "{body}");
        let mut own = get("/user");
        own.extensions_mut().insert(Resource::new("search"));
        assert!(refused(&service, own).await.is_some(), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_model_is_found_in_the_path_where_the_provider_has_it_there() {
    let stack = Stack::new(paused_by("azure_openai", KeyBy::Model)).unwrap();
    let service = stack.layer(Server::once(429, LIMITED));
    let to = |deployment: &str| {
        get(&format!(
            "/openai/deployments/{deployment}/chat/completions"
        ))
    };
    assert_eq!(refused(&service, to("a")).await, None);
    assert_eq!(refused(&service, to("b")).await, None);
    assert_eq!(refused(&service, to("a")).await, Some(KeyKind::Model));
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_says_stands_before_what_the_request_names() {
    let stack = Stack::new(paused_by("openai", KeyBy::Model)).unwrap();
    let service = stack.layer(Server::once(429, LIMITED));
    let said = |model: &str, said: &'static str| {
        let mut request = chat(model);
        request.extensions_mut().insert(Model::new(said));
        request
    };
    assert_eq!(refused(&service, said("x", "a")).await, None);
    assert_eq!(
        refused(&service, said("y", "a")).await,
        Some(KeyKind::Model)
    );
    assert_eq!(refused(&service, chat("a")).await, Some(KeyKind::Model));
    assert_eq!(refused(&service, said("a", "b")).await, None);
}

#[tokio::test(start_paused = true)]
async fn requests_that_name_no_model_share_a_key() {
    let stack = Stack::new(paused_by("openai", KeyBy::Model)).unwrap();
    let service = stack.layer(Server::once(429, LIMITED));
    assert_eq!(refused(&service, get("/v1/models")).await, None);
    assert_eq!(
        refused(&service, get("/v1/files")).await,
        Some(KeyKind::Model)
    );
    assert_eq!(refused(&service, chat("a")).await, None);
    // A body that is not in memory is not waited for.
    let (parts, body) = chat("a").into_parts();
    let streamed = http_body_util::StreamBody::new(futures_util::stream::iter([body]));
    let streamed = Request::from_parts(parts, streamed);
    assert_eq!(refused(&service, streamed).await, Some(KeyKind::Model));
}

#[tokio::test(start_paused = true)]
async fn the_model_is_written_once_for_all_attempts_and_only_where_it_is_asked_for() {
    let keyed = Cooldown::default().with_key(KeyBy::Model);
    let limits = || RateLimit::new([Limit::requests(Quota::per_minute(9).unwrap())]).unwrap();
    let retries = of_profile("openai").with_retry(Retry::default());
    for (policy, is_named) in [
        (retries.clone().with_cooldown(keyed), true),
        (
            retries
                .clone()
                .with_rate_limit(limits().with_key(KeyBy::Model)),
            true,
        ),
        (
            retries
                .clone()
                .with_breaker(Breaker::default().with_key(KeyBy::Model)),
            true,
        ),
        (
            retries
                .clone()
                .with_cooldown(Cooldown::default().with_key(KeyBy::Resource)),
            false,
        ),
        (retries.with_rate_limit(limits()), false),
    ] {
        let server = Server::once(500, "");
        let stack = Stack::new(policy.clone()).unwrap();
        stack
            .layer(server.clone())
            .oneshot(chat("a"))
            .await
            .unwrap();
        stack.call_once(server.clone(), chat("a")).await.unwrap();
        let named = server.named.lock().unwrap();
        assert_eq!(named.len(), 3, "two attempts of the first");
        let a = is_named.then(|| Model::new("a"));
        assert!(
            named.iter().all(|model| *model == a),
            "{policy:?} {named:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_and_a_circuit_are_kept_for_each_model() {
    let limit = Limit::requests(Quota::per_minute(1).unwrap());
    let limits = RateLimit::new([limit]).unwrap().with_key(KeyBy::Model);
    let policy = of_profile("openai").with_rate_limit(limits.with_max_wait(Duration::ZERO));
    let (_, service) = around(policy, &Client::new(|_| 200));
    let mut answers = Vec::new();
    for model in ["a", "b", "a"] {
        answers.push(service.clone().oneshot(chat(model)).await.is_ok());
    }
    assert_eq!(answers, [true, true, false]);
    let per_model = Breaker::new(Circuit::only_consecutive(NonZeroU32::MIN)).with_key(KeyBy::Model);
    let policy = of_profile("openai").with_breaker(per_model);
    let service = Stack::new(policy).unwrap().layer(Server::once(500, ""));
    let mut answers = Vec::new();
    for model in ["a", "b", "a"] {
        answers.push(service.clone().oneshot(chat(model)).await.is_ok());
    }
    assert_eq!(answers, [true, true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_look_before_a_batch_knows_the_model_of_a_request_that_was_not_sent() {
    let stack = Stack::new(paused_by("openai", KeyBy::Model)).unwrap();
    let service = stack.layer(Server::once(429, LIMITED));
    assert_eq!(refused(&service, chat("a")).await, None);
    let handle = stack.cooldown().unwrap();
    assert!(matches!(
        handle.preflight(&chat("a")),
        Preflight::Limited(_)
    ));
    assert_eq!(handle.preflight(&chat("b")), Preflight::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_the_pauses_of_models_unless_another_profile_names_them() {
    for (profile, then) in [("openai", Some(KeyKind::Model)), ("azure_openai", None)] {
        let stack = Stack::new(paused_by("openai", KeyBy::Model)).unwrap();
        let service = stack.layer(Server::once(429, LIMITED));
        assert_eq!(refused(&service, chat("a")).await, None);
        stack
            .reload(paused_by(profile, KeyBy::Model).with_isolation(true))
            .unwrap();
        assert_eq!(refused(&service, chat("a")).await, then, "{profile}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_model_and_no_bucket_is_told_by_what_is_shown() {
    let stack = Stack::new(paused_by("openai", KeyBy::Model)).unwrap();
    let service = stack.layer(Server::once(429, LIMITED));
    assert_eq!(refused(&service, chat("acme-secret-1")).await, None);
    let error = service
        .clone()
        .oneshot(chat("acme-secret-1"))
        .await
        .err()
        .unwrap();
    let all = stack.cooldown().unwrap().snapshots();
    let shown = format!("{error} {error:?} {all:?} {stack:?} {:?}", Key::ALL);
    assert!(!shown.contains("acme"), "{shown}");
}

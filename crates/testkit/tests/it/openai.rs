use std::sync::Arc;
use std::time::Duration;

use buttress_testkit::{Config, OpenAiLimits, Server};
use tokio::time::advance;

use crate::client::{complete, complete_as, send};

const CHAT: &str = "POST /v1/chat/completions";

fn server(limits: OpenAiLimits) -> Server {
    let config = Config::default().with_openai(limits).with_time_scale(60);
    Server::start(config).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_completion_says_what_it_used_and_what_is_left() {
    let server = server(OpenAiLimits::new(500, 30_000));
    let answer = complete(&server).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json()["usage"]["total_tokens"], 2 + 6);
    for (name, value) in [
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-limit-tokens", "30000"),
        ("x-ratelimit-remaining-requests", "499"),
        ("x-ratelimit-remaining-tokens", "29900"),
        ("x-ratelimit-reset-requests", "2ms"),
        ("x-ratelimit-reset-tokens", "4ms"),
    ] {
        assert_eq!(answer.header(name).as_deref(), Some(value), "{name}");
    }
    assert!(answer.header("x-request-id").unwrap().starts_with("req_"));
    assert!(answer.header("date").unwrap().ends_with("GMT"));
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_when_told_is_admitted_and_not_a_millisecond_before() {
    let server = server(OpenAiLimits::new(10, 30_000));
    for _ in 0..10 {
        assert_eq!(complete(&server).await.status(), 200);
    }
    let refused = complete(&server).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.number("retry-after-ms"), 100);
    assert_eq!(refused.number("retry-after"), 1);
    let error = &refused.json()["error"];
    assert_eq!(
        (&error["type"], &error["code"]),
        (&"requests".into(), &"rate_limit_exceeded".into())
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("Please try again in 100ms.")
    );
    advance(Duration::from_millis(99)).await;
    assert_eq!(complete(&server).await.status(), 429);
    advance(Duration::from_millis(1)).await;
    assert_eq!(complete(&server).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn of_many_clients_at_once_exactly_the_limit_is_admitted() {
    let server = Arc::new(server(OpenAiLimits::new(40, 30_000)));
    let clients: Vec<_> = (0..64)
        .map(|_| Arc::clone(&server))
        .map(|server| tokio::spawn(async move { complete(&server).await.status() }))
        .collect();
    let mut admitted = 0;
    for client in clients {
        admitted += u64::from(client.await.unwrap() == 200);
    }
    assert_eq!(admitted, 40);
    let seen = server.seen().completions;
    assert_eq!((seen.admitted, seen.limited), (40, 24));
}

#[tokio::test(start_paused = true)]
async fn tokens_run_out_before_requests_do() {
    let server = server(OpenAiLimits::new(500, 250));
    complete(&server).await;
    complete(&server).await;
    let refused = complete(&server).await;
    assert_eq!(refused.json()["error"]["type"], "tokens");
    // 50 tokens short, at 250 a second.
    assert_eq!(refused.number("retry-after-ms"), 200);
    assert_eq!(refused.number("x-ratelimit-remaining-requests"), 498);
}

#[tokio::test(start_paused = true)]
async fn a_request_over_the_whole_limit_is_told_so_and_not_when() {
    let server = server(OpenAiLimits::new(500, 99));
    let answer = complete(&server).await;
    assert_eq!(answer.status(), 429);
    let error = &answer.json()["error"];
    assert_eq!(error["code"], "rate_limit_exceeded");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("Request too large for m "));
    assert!(message.contains("Limit 99, Requested 100."));
    assert_eq!(answer.header("retry-after"), None);
    assert_eq!(server.seen().completions.too_large, 1);
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_is_another_error() {
    let server = server(OpenAiLimits::new(500, 30_000).with_quota(150));
    assert_eq!(complete(&server).await.status(), 200);
    let answer = complete(&server).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.json()["error"]["code"], "insufficient_quota");
    let seen = server.seen().completions;
    assert_eq!((seen.admitted, seen.quota_spent, seen.limited), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn streams_and_nonsense_are_bad_requests_and_cost_nothing() {
    let server = server(OpenAiLimits::default());
    for body in [r#"{"model":"m","messages":[],"stream":true}"#, "{"] {
        let answer = send(&server, CHAT, "", body).await;
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.json()["error"]["type"], "invalid_request_error");
        assert_eq!(answer.number("x-ratelimit-remaining-requests"), 500);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_long_is_not_read_to_its_end() {
    let server = server(OpenAiLimits::default());
    let answer = send(&server, CHAT, "", &"x".repeat(4 * 1_024 * 1_024 + 1)).await;
    assert_eq!(answer.status(), 413);
    assert_eq!(server.seen().completions.answers[&413], 1);
}

#[tokio::test(start_paused = true)]
async fn another_credential_has_limits_of_its_own() {
    let server = server(OpenAiLimits::new(1, 30_000));
    assert_eq!(
        complete_as(&server, "authorization: Bearer a")
            .await
            .status(),
        200
    );
    assert_eq!(
        complete_as(&server, "authorization: Bearer a")
            .await
            .status(),
        429
    );
    assert_eq!(
        complete_as(&server, "authorization: Bearer b")
            .await
            .status(),
        200
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_comes_too_soon_is_noticed() {
    let server = server(OpenAiLimits::new(1, 30_000));
    let job = |id| format!("x-job: {id}\nidempotency-key: {id}\nx-stainless-retry-count: 1");
    complete_as(&server, &job("first")).await;
    let refused = complete_as(&server, &job("second")).await;
    let wait = refused.number("retry-after-ms");
    advance(Duration::from_millis(wait - 1)).await;
    assert_eq!(complete_as(&server, &job("second")).await.status(), 429);
    assert_eq!(server.seen().early, 1);
    advance(Duration::from_millis(1)).await;
    assert_eq!(complete_as(&server, &job("second")).await.status(), 200);
    let seen = server.seen();
    assert_eq!(seen.early, 1);
    let early: Vec<_> = seen.arrivals.iter().map(|it| it.early).collect();
    assert_eq!(early, [false, false, true, false]);
    let job = seen.jobs["second"];
    assert_eq!((job.requests, job.done, job.confirmed), (3, 1, 1));
    assert_eq!(seen.completions.idempotency_keys, 2);
    assert_eq!(seen.completions.attempts["x-stainless-retry-count: 1"], 4);
    assert_eq!(
        (seen.completions.limited, seen.completions.answers[&429]),
        (2, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_honoured_is_answered_as_before_and_only_what_was_done_is_kept() {
    let limits = OpenAiLimits::new(1, 30_000);
    let config = Config::default().with_openai(limits).with_honoured_keys();
    let server = Server::start(config).unwrap();
    let key = |key| format!("x-job: j\nidempotency-key: {key}");
    let first = complete_as(&server, &key("one")).await;
    let again = complete_as(&server, &key("one")).await;
    assert_eq!((again.status(), again.json()), (200, first.json()));
    assert_eq!(server.seen().jobs["j"].done, 1);
    assert_eq!(complete_as(&server, &key("two")).await.status(), 429);
    advance(Duration::from_secs(60)).await;
    assert_eq!(complete_as(&server, &key("two")).await.status(), 200);
    assert_eq!(server.seen().jobs["j"].done, 2);
}

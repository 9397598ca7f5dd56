use std::time::Duration;

use buttress_testkit::{Config, GitHubLimits, SecondaryStatus, Server};
use tokio::time::advance;

use crate::client::{Answer, comment, read, send};

/// With a minute of seven seconds or so, in which no reset falls on a whole second.
fn server(limits: GitHubLimits) -> Server {
    let config = Config::default().with_github(limits).with_time_scale(9);
    Server::start(config).unwrap()
}

/// From the answer's own date to its reset.
fn to_reset(answer: &Answer) -> u64 {
    let date = httpdate::parse_http_date(&answer.header("date").unwrap()).unwrap();
    let date = date
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    answer.number("x-ratelimit-reset") - date
}

#[tokio::test(start_paused = true)]
async fn a_comment_is_created_and_counted() {
    let server = server(GitHubLimits::default());
    let answer = comment(&server).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.json()["body"], "Me too");
    for (name, value) in [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "4999"),
        ("x-ratelimit-used", "1"),
        ("x-ratelimit-resource", "core"),
    ] {
        assert_eq!(answer.header(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(server.seen().jobs["c"].done, 1);
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_primary_limit_says_when_and_means_it() {
    let server = server(GitHubLimits::default().with_requests_per_hour(1));
    assert_eq!(read(&server, "/repos/o/r/issues/7").await.status(), 200);
    let refused = comment(&server).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.number("x-ratelimit-remaining"), 0);
    assert_eq!(refused.header("retry-after"), None);
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("API rate limit exceeded"));
    let wait = to_reset(&refused);
    assert!((400..=402).contains(&wait), "{wait}");
    // An early one, and one at the time told.
    advance(Duration::from_secs(wait - 3)).await;
    let early = comment(&server).await;
    assert_eq!((early.status(), to_reset(&early)), (403, 3));
    assert_eq!(server.seen().early, 1);
    advance(Duration::from_secs(3)).await;
    assert_eq!(comment(&server).await.status(), 201);
    assert_eq!(server.seen().early, 1);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_is_free_and_tells_what_the_headers_tell() {
    let server = server(GitHubLimits::default().with_requests_per_hour(1));
    comment(&server).await;
    let answer = read(&server, "/rate_limit").await;
    assert_eq!(answer.status(), 200);
    let core = &answer.json()["resources"]["core"];
    assert_eq!((&core["remaining"], &core["used"]), (&0.into(), &1.into()));
    assert_eq!(core["reset"], answer.number("x-ratelimit-reset"));
    assert_eq!(answer.json()["rate"], *core);
}

#[tokio::test(start_paused = true)]
async fn a_secondary_refusal_is_over_after_its_retry_after() {
    let server = server(GitHubLimits::default().with_comments_per_minute(1));
    comment(&server).await;
    let refused = comment(&server).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.number("x-ratelimit-remaining"), 4_999);
    // A ninth of a minute is 6.67 seconds.
    assert_eq!(refused.number("retry-after"), 7);
    let body = refused.json();
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("secondary rate limit")
    );
    assert!(
        body["documentation_url"]
            .as_str()
            .unwrap()
            .ends_with("#secondary-rate-limits")
    );
    advance(Duration::from_secs(6)).await;
    assert_eq!(comment(&server).await.status(), 403);
    advance(Duration::from_secs(1)).await;
    assert_eq!(comment(&server).await.status(), 201);
    assert_eq!(server.seen().comments.limited, 2);
}

#[tokio::test(start_paused = true)]
async fn a_secondary_refusal_may_say_nothing_about_time() {
    let limits = GitHubLimits::default()
        .with_points_per_minute(5)
        .with_secondary_status(SecondaryStatus::TooManyRequests)
        .without_retry_after();
    let server = server(limits);
    comment(&server).await;
    let refused = read(&server, "/repos/o/r/issues/7").await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.header("retry-after"), None);
}

#[tokio::test(start_paused = true)]
async fn a_comment_without_a_text_is_not_created() {
    let server = server(GitHubLimits::default());
    let answer = send(
        &server,
        "POST /repos/o/r/issues/7/comments",
        "x-job: c",
        "{}",
    )
    .await;
    assert_eq!(answer.status(), 422);
    assert_eq!(server.seen().jobs["c"].done, 0);
}

#[tokio::test(start_paused = true)]
async fn other_places_are_not_found() {
    let server = server(GitHubLimits::default());
    assert_eq!(read(&server, "/").await.status(), 404);
    assert_eq!(server.seen().other.answers[&404], 1);
}

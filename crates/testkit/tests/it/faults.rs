use std::time::Duration;

use buttress_testkit::{Config, Fault, Hint, OddBody, Server};
use http::{HeaderValue, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::advance;

use crate::client::{Answer, comment, complete, complete_as, request};

const SECOND: u64 = 1_000_000_000;

async fn one(fault: Fault) -> (Server, Answer) {
    let server = Server::start(Config::default()).unwrap();
    server.push_fault(fault);
    let answer = complete_as(&server, "x-job: j").await;
    (server, answer)
}

/// How often the job was done, and how often its client was told so.
fn job(server: &Server) -> (u64, u64) {
    let job = server.seen().jobs["j"];
    (job.done, job.confirmed)
}

#[tokio::test]
async fn a_server_error_is_in_the_words_of_the_provider() {
    let (server, answer) = one(Fault::ServerError).await;
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.json()["error"]["type"], "server_error");
    assert_eq!(answer.number("x-ratelimit-remaining-requests"), 500);
    assert_eq!(job(&server), (0, 0));
    server.push_fault(Fault::ServerError);
    assert_eq!(comment(&server).await.json()["message"], "Server Error");
}

#[tokio::test]
async fn an_unavailable_server_may_say_when() {
    let (_server, answer) = one(Fault::Unavailable(Hint::None)).await;
    assert_eq!((answer.status(), answer.header("retry-after")), (503, None));
    let (_server, answer) = one(Fault::Unavailable(Hint::Seconds(30))).await;
    assert_eq!((answer.status(), answer.number("retry-after")), (503, 30));
    let (_server, answer) = one(Fault::Unavailable(Hint::Millis(1_500))).await;
    assert_eq!(
        (
            answer.number("retry-after-ms"),
            answer.number("retry-after")
        ),
        (1_500, 2)
    );
}

#[tokio::test]
async fn any_value_can_stand_in_retry_after() {
    for value in [
        "-1",
        "99999999999999999999",
        "soon",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        let fault = Fault::RateLimited(Hint::Value(HeaderValue::from_static(value)));
        let (_server, answer) = one(fault).await;
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.header("retry-after").as_deref(), Some(value));
    }
}

#[tokio::test]
async fn a_rate_limit_of_no_limit_leaves_what_remains() {
    let (server, answer) = one(Fault::RateLimited(Hint::None)).await;
    assert_eq!(answer.json()["error"]["code"], "rate_limit_exceeded");
    assert_eq!(answer.number("x-ratelimit-remaining-requests"), 500);
    let seen = server.seen().completions;
    assert_eq!((seen.limited, seen.faults["rate_limited"]), (0, 1));
    server.push_fault(Fault::RateLimited(Hint::None));
    let answer = comment(&server).await;
    assert!(
        answer.json()["message"]
            .as_str()
            .unwrap()
            .contains("secondary rate limit")
    );
}

#[tokio::test]
async fn the_edge_answers_in_html_and_without_the_headers_of_the_provider() {
    for (fault, status) in [
        (Fault::EdgeBadGateway, 502),
        (Fault::EdgeTooManyRequests, 429),
    ] {
        let (_server, answer) = one(fault).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.header("content-type").as_deref(), Some("text/html"));
        assert!(answer.body().starts_with(b"<html>"));
        for name in ["retry-after", "x-ratelimit-limit-requests", "x-request-id"] {
            assert_eq!(answer.header(name), None, "{name}");
        }
    }
}

#[tokio::test]
async fn odd_bodies_arrive_as_they_are() {
    let odd = |odd| one(Fault::OddBody(StatusCode::SERVICE_UNAVAILABLE, odd));
    let (_server, answer) = odd(OddBody::Truncated).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.body().len() as u64, answer.number("content-length"));
    assert!(serde_json::from_slice::<serde_json::Value>(answer.body()).is_err());
    let (_server, answer) = odd(OddBody::Huge).await;
    assert!(answer.body().len() > 64 * 1_024);
    assert_eq!(answer.json()["error"]["code"], "server_is_overloaded");
    let (_server, answer) = odd(OddBody::NotUtf8).await;
    assert!(std::str::from_utf8(answer.body()).is_err());
}

#[tokio::test]
async fn a_reset_before_the_head_sends_nothing_and_does_nothing() {
    let (server, answer) = one(Fault::ResetBeforeHead).await;
    assert!(answer.is_reset(), "{answer:?}");
    assert!(answer.bytes.is_empty());
    assert_eq!(job(&server), (0, 0));
    let seen = server.seen().completions;
    assert!(seen.answers.is_empty());
    assert_eq!(seen.faults["reset_before_head"], 1);
}

#[tokio::test]
async fn a_reset_in_the_head_comes_after_the_deed() {
    let (server, answer) = one(Fault::ResetInHead).await;
    assert!(answer.is_reset(), "{answer:?}");
    assert!(answer.bytes.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert_eq!(answer.head_end(), None);
    assert_eq!(job(&server), (1, 0));
}

#[tokio::test]
async fn a_reset_in_the_body_leaves_half_of_what_was_promised() {
    let (server, answer) = one(Fault::ResetInBody).await;
    assert!(answer.is_reset(), "{answer:?}");
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.body().len() as u64,
        answer.number("content-length") / 2
    );
    assert_eq!(job(&server), (1, 0));
}

/// On the server's clock, which only its own pauses move here.
async fn time_passed(fault: Fault) -> (u64, Answer) {
    let (server, answer) = one(fault).await;
    complete(&server).await;
    let seen = server.seen();
    assert_eq!(seen.jobs["j"].confirmed, 1);
    (seen.arrivals[1].at - seen.arrivals[0].at, answer)
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_the_answer_later() {
    let (passed, answer) = time_passed(Fault::SlowHead(Duration::from_secs(5))).await;
    assert!(passed >= 5 * SECOND);
    assert_eq!(answer.json()["usage"]["total_tokens"], 8);
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_whole_later() {
    let (passed, answer) = time_passed(Fault::SlowBody(Duration::from_secs(5))).await;
    assert!(passed >= 5 * SECOND);
    assert_eq!(answer.json()["usage"]["total_tokens"], 8);
}

#[tokio::test(start_paused = true)]
async fn latency_is_in_every_answer() {
    let config = Config::default().with_latency(Duration::from_secs(2));
    let server = Server::start(config).unwrap();
    complete(&server).await;
    complete(&server).await;
    let arrivals = server.seen().arrivals;
    assert!(arrivals[1].at - arrivals[0].at >= 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_stops_when_the_client_leaves() {
    let server = Server::start(Config::default()).unwrap();
    server.push_fault(Fault::EndlessBody);
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let request = request("GET /rate_limit", "x-job: j", "");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    while answer.matches("1\r\n \r\n").count() < 3 {
        answer.push(stream.read_u8().await.unwrap().into());
    }
    assert!(answer.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(server.seen().rate_limit.in_flight.now, 1);
    drop(stream);
    // Less than a tenth of the time after which it would stop by itself.
    for _ in 0..1_000 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if server.seen().connections.now == 0 {
            break;
        }
    }
    assert_eq!(server.seen().connections.now, 0);
    assert_eq!(server.seen().rate_limit.in_flight.now, 0);
    assert_eq!(job(&server), (1, 0));
}

#[tokio::test]
async fn a_storm_lasts_until_it_is_over() {
    let server = Server::start(Config::default()).unwrap();
    server.storm_for(Fault::RateLimited(Hint::None), 2);
    for status in [429, 429, 200] {
        assert_eq!(complete(&server).await.status(), status);
    }
    server.storm(Fault::EdgeBadGateway);
    for status in [502, 502, 502] {
        assert_eq!(complete(&server).await.status(), status);
    }
    server.calm();
    assert_eq!(complete(&server).await.status(), 200);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let config = Config::default()
            .with_seed(7)
            .with_fault_share(Fault::ServerError, 300)
            .with_fault_share(Fault::EdgeBadGateway, 300);
        let server = Server::start(config).unwrap();
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(complete(&server).await.status());
        }
        assert!([200, 500, 502].iter().all(|it| statuses.contains(it)));
        assert_eq!(
            server.seen().faults(),
            statuses.iter().filter(|it| **it != 200).count() as u64
        );
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_down_for_every_route_until_its_time_is_over() {
    let server = Server::start(Config::default()).unwrap();
    server.go_down(Fault::Unavailable(Hint::None), Duration::from_secs(5));
    assert_eq!(complete(&server).await.status(), 503);
    advance(Duration::from_secs(4)).await;
    assert_eq!(comment(&server).await.status(), 503);
    advance(Duration::from_secs(1)).await;
    assert_eq!(comment(&server).await.status(), 201);
    let outage = server.seen().outage;
    assert_eq!(outage.requests, 2);
    assert!(outage.longest_quiet >= 4 * SECOND);
}

use std::time::Duration;

use buttress_testkit::{Config, Endpoint, Fault, Server, Snapshot};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{complete, exchange, read, request};

const HOUR: Duration = Duration::from_secs(3_600);

async fn until(server: &Server, condition: impl Fn(&Snapshot) -> bool) {
    while !condition(&server.seen()) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let server = Server::start(Config::default()).unwrap();
    let open = request("GET /rate_limit", "", "");
    let last = request("GET /repos/o/r/issues/7", "connection: close", "");
    let answer = exchange(server.addr(), &format!("{open}{open}{last}")).await;
    let text = String::from_utf8(answer.bytes).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3);
    let seen = server.seen();
    assert_eq!((seen.rate_limit.requests, seen.issues.requests), (2, 1));
    assert_eq!(seen.connections.highest, 1);
}

#[tokio::test]
async fn a_dropped_server_closes_its_connections_and_its_port() {
    let server = Server::start(Config::default()).unwrap();
    let addr = server.addr();
    let idle = TcpStream::connect(addr).await;
    server.storm(Fault::SlowHead(HOUR));
    let waiting =
        tokio::spawn(async move { exchange(addr, &request("GET /rate_limit", "", "")).await });
    until(&server, |seen| seen.rate_limit.in_flight.now == 1).await;
    drop(server);
    assert!(waiting.await.unwrap().bytes.is_empty());
    let mut rest = Vec::new();
    let _ = idle.unwrap().read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn no_more_connections_are_served_than_allowed() {
    let server = Server::start(Config::default().with_max_connections(1)).unwrap();
    let addr = server.addr();
    let mut first = TcpStream::connect(addr).await.unwrap();
    let text = request("GET /rate_limit", "", "");
    first.write_all(text.as_bytes()).await.unwrap();
    until(&server, |seen| seen.requests() == 1).await;
    let second = tokio::spawn(async move {
        let text = request("GET /rate_limit", "connection: close", "");
        exchange(addr, &text).await
    });
    // Many times as often as the second needs to be served, were it accepted.
    for _ in 0..2_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.seen().requests(), 1);
    drop(first);
    assert_eq!(second.await.unwrap().status(), 200);
    assert_eq!(server.seen().connections.highest, 1);
}

#[tokio::test]
async fn requests_in_flight_are_counted_by_endpoint() {
    let server = Server::start(Config::default()).unwrap();
    server.storm(Fault::SlowHead(HOUR));
    let addr = server.addr();
    let clients: Vec<_> = (0..3)
        .map(|_| {
            tokio::spawn(async move { exchange(addr, &request("GET /rate_limit", "", "")).await })
        })
        .collect();
    until(&server, |seen| seen.rate_limit.in_flight.now == 3).await;
    clients.iter().for_each(tokio::task::JoinHandle::abort);
    until(&server, |seen| seen.rate_limit.in_flight.now == 0).await;
    let seen = server.seen();
    assert_eq!(seen.endpoint(Endpoint::RateLimit).in_flight.highest, 3);
    assert_eq!(seen.completions.in_flight.highest, 0);
}

#[tokio::test]
async fn a_client_that_leaves_in_its_body_gets_no_answer() {
    let server = Server::start(Config::default()).unwrap();
    let whole = request(
        "POST /v1/chat/completions",
        "x-job: j",
        "{\"model\":\"m\",\"messages\":[]}",
    );
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let half = &whole.as_bytes()[..whole.len() - 1];
    stream.write_all(half).await.unwrap();
    until(&server, |seen| seen.requests() == 1).await;
    drop(stream);
    until(&server, |seen| seen.connections.now == 0).await;
    let seen = server.seen();
    assert!(seen.completions.answers.is_empty());
    assert_eq!(seen.jobs["j"].done, 0);
}

#[tokio::test]
async fn what_was_seen_can_be_written_as_json() {
    let server = Server::start(Config::default()).unwrap();
    complete(&server).await;
    read(&server, "/nowhere").await;
    let json = serde_json::to_value(server.seen()).unwrap();
    assert_eq!(json["completions"]["answers"]["200"], 1);
    assert_eq!(json["arrivals"][1]["endpoint"], "other");
    assert!(!json.to_string().contains("Bearer"));
}

#[tokio::test]
async fn the_url_is_that_of_the_address() {
    let server = Server::start(Config::default()).unwrap();
    assert_eq!(
        server.url(),
        format!("http://127.0.0.1:{}", server.addr().port())
    );
}

#[test]
fn without_a_runtime_it_does_not_start() {
    assert!(Server::start(Config::default()).is_err());
}

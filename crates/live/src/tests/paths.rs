//! What each path answers.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use buttress_core::Key;
use futures_util::StreamExt;
use serde_json::Value;
use tower::ServiceExt;

use super::{Hands, at, pause};
use crate::Board;

async fn ask(board: &Board, method: Method, path: &str) -> Response {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::empty()).unwrap();
    board.router().oneshot(request).await.unwrap()
}

async fn get(board: &Board, path: &str) -> Response {
    ask(board, Method::GET, path).await
}

#[tokio::test(start_paused = true)]
async fn each_answer_forbids_what_the_page_does_not_need() {
    let board = Board::new([]);
    for path in ["/", "/snapshot.json", "/events"] {
        for method in [Method::GET, Method::POST] {
            let answer = ask(&board, method.clone(), path).await;
            let header = |name| answer.headers()[name].to_str().unwrap();
            assert!(header("content-security-policy").starts_with("default-src 'none'"));
            assert_eq!(header("cache-control"), "no-store", "{method} {path}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_can_be_changed_through_the_page() {
    let board = Board::new([]);
    for path in ["/", "/snapshot.json", "/events"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = ask(&board, method, path).await;
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_gets_a_snapshot_at_once_and_one_a_second() {
    let hands = Hands::default();
    let board = Board::new([hands
        .upstream()
        .with_cooldown(|| vec![(Key::ALL, pause(at(20_000)))])]);
    let mut events = get(&board, "/events").await.into_body().into_data_stream();
    for seconds in [0, 1, 2] {
        hands.put(seconds * 1_000);
        let mut next = tokio_test::task::spawn(events.next());
        if seconds > 0 {
            tokio_test::assert_pending!(next.poll());
            tokio::time::advance(Duration::from_millis(1_000)).await;
        }
        let event = tokio_test::assert_ready!(next.poll()).unwrap().unwrap();
        let text = std::str::from_utf8(&event).unwrap();
        let text = text.strip_prefix("data: ").unwrap().trim_end();
        let json: Value = serde_json::from_str(text).unwrap();
        let left = &json["upstreams"][0]["pauses"]["rows"][0]["ends_in_ms"];
        assert_eq!(*left, 20_000 - seconds * 1_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_was_slow_gets_what_is_now_and_no_burst() {
    let board = Board::new([]);
    let mut events = get(&board, "/events").await.into_body().into_data_stream();
    events.next().await;
    tokio::time::advance(Duration::from_secs(10)).await;
    for _ in 0..2 {
        let mut next = tokio_test::task::spawn(events.next());
        assert!(tokio_test::assert_ready!(next.poll()).is_some());
        drop(next);
        let mut next = tokio_test::task::spawn(events.next());
        tokio_test::assert_pending!(next.poll());
        tokio::time::advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn there_is_room_for_sixteen_readers_and_one_that_goes_makes_room() {
    let board = Board::new([]);
    let mut readers = Vec::new();
    for _ in 0..16 {
        readers.push(get(&board, "/events").await);
    }
    assert!(readers.iter().all(|it| it.status() == StatusCode::OK));
    let refused = get(&board, "/events").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    readers.pop();
    assert_eq!(get(&board, "/events").await.status(), StatusCode::OK);
    // The page and the snapshot are there for everybody.
    assert_eq!(get(&board, "/").await.status(), StatusCode::OK);
}

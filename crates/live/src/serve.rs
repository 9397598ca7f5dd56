//! The three paths, and what is said with each answer.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::board::Board;
use crate::page;

/// The page counts down by itself between two snapshots, so that more would show nothing new to an eye.
const EVERY: Duration = Duration::from_secs(1);

/// Nothing is kept by a cache, embedded by another site, or guessed to be another type.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(page::POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

pub(crate) fn router(board: Board) -> Router {
    Router::new()
        .route("/", get(html))
        .route("/snapshot.json", get(snapshot))
        .route("/events", get(events))
        .layer(map_response(with_headers))
        .with_state(board)
}

async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    response
}

async fn html() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        page::HTML,
    )
}

async fn snapshot(State(board): State<Board>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], board.json())
}

/// A snapshot at once, and one a second until the reader goes.
async fn events(State(board): State<Board>) -> Response {
    let Ok(place) = board.readers().clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many readers").into_response();
    };
    Sse::new(snapshots(board, place)).into_response()
}

/// Nothing runs when nobody reads: a reader that is slow gets fewer, and one that goes takes the stream along, and gives
/// its place back.
fn snapshots(
    board: Board,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(
        (ticks(), board, place),
        async |(mut ticks, board, place)| {
            ticks.tick().await;
            let event = Event::default().data(board.json());
            Some((Ok(event), (ticks, board, place)))
        },
    )
}

fn ticks() -> Interval {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

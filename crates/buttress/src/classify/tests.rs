//! The layer over a client that answers at once, with bodies that do as they are told.

mod bodies;
mod classes;
#[cfg(feature = "providers")]
mod profiles;
#[cfg(feature = "providers")]
mod streams;
#[cfg(feature = "providers")]
mod trailers;

use std::cell::Cell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use buttress_core::{BoxError, Outcome};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Empty;
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;

use super::{ClassifyLayer, PeekedBody, Rules};
use crate::carrier::Carrier;
use crate::time::Clock;

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

/// What a body does when it is polled.
enum Step {
    Frame(Frame<Bytes>),
    Error(&'static str),
    /// Nothing yet; something at the next poll.
    Pause,
    /// Nothing, ever.
    Stall,
    /// This frame, again and again.
    Flood(Bytes),
}

/// A body that follows a script, and counts how often it was asked.
struct Script {
    steps: VecDeque<Step>,
    polls: Arc<AtomicUsize>,
    /// Whether it tells its length.
    is_sized: bool,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            polls: Arc::default(),
            is_sized: false,
        }
    }

    fn of(chunks: &[&'static [u8]]) -> Self {
        Self::new(chunks.iter().map(|chunk| data(chunk)))
    }
}

fn data(bytes: &'static [u8]) -> Step {
    Step::Frame(Frame::data(Bytes::from_static(bytes)))
}

fn trailers(name: &'static str, value: &'static str) -> Step {
    let mut fields = HeaderMap::new();
    fields.insert(name, HeaderValue::from_static(value));
    Step::Frame(Frame::trailers(fields))
}

impl Body for Script {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        match self.steps.pop_front() {
            Some(Step::Frame(frame)) => Poll::Ready(Some(Ok(frame))),
            Some(Step::Error(error)) => Poll::Ready(Some(Err(error))),
            Some(Step::Pause) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                Poll::Pending
            }
            Some(Step::Flood(bytes)) => {
                self.steps.push_front(Step::Flood(bytes.clone()));
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.steps.iter().filter_map(|step| match step {
            Step::Frame(frame) => frame.data_ref(),
            _ => None,
        });
        let left = data.map(|data| data.len() as u64).sum();
        match self.is_sized {
            true => SizeHint::with_exact(left),
            false => SizeHint::default(),
        }
    }
}

fn answer<B>(status: u16, body: B) -> Response<B> {
    Response::builder().status(status).body(body).unwrap()
}

/// What the layer makes of `response`, where it has nothing to wait for.
fn judge<B: Body>(layer: &ClassifyLayer, response: Response<B>) -> Response<PeekedBody<B>> {
    let mut call = task::spawn(layer.layer(once(response)).oneshot(()));
    match call.poll() {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(error)) => panic!("{error}"),
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}

/// A client that has one answer.
fn once<B>(
    response: Response<B>,
) -> impl tower_service::Service<
    (),
    Response = Response<B>,
    Error = Infallible,
    Future = Ready<Result<Response<B>, Infallible>>,
> {
    let mut response = Some(response);
    service_fn(move |()| ready(Ok(response.take().expect("called once"))))
}

fn outcome<B>(response: &Response<B>) -> Option<Outcome> {
    response.extensions().get().copied()
}

/// What a frame is, for comparison.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Data(Bytes),
    Trailers(HeaderMap),
    Error(String),
}

impl Seen {
    fn new<E: ToString>(frame: Result<Frame<Bytes>, E>) -> Self {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => Self::Data(data),
            Ok(Err(frame)) => Self::Trailers(frame.into_trailers().unwrap()),
            Err(error) => Self::Error(error.to_string()),
        }
    }

    fn data(bytes: &'static [u8]) -> Self {
        Self::Data(Bytes::from_static(bytes))
    }
}

/// All frames of a body that has an end. What it says of itself on the way is held to what it then does.
fn frames<B>(body: B) -> Vec<Seen>
where
    B: Body<Data = Bytes>,
    B::Error: ToString,
{
    let mut body = task::spawn(Box::pin(body));
    let mut frames = Vec::new();
    loop {
        let ended = body.is_end_stream();
        let frame = body.enter(|cx, body| body.poll_frame(cx));
        let frame = match frame {
            Poll::Pending => continue,
            Poll::Ready(frame) => frame,
        };
        assert!(!ended || frame.is_none(), "more after its end");
        match frame {
            Some(frame) => frames.push(Seen::new(frame)),
            None => return frames,
        }
    }
}

fn generic() -> ClassifyLayer {
    ClassifyLayer::new(Rules::new())
}

/// A layer whose one rule reads bodies and has no opinion.
fn peeking() -> ClassifyLayer {
    let rule = |_: &super::Reply<'_>| super::Answer::NoOpinion;
    ClassifyLayer::new(Rules::new().then(rule))
}

#[test]
fn an_attempt_is_measured_from_the_time_of_the_turn() {
    let clock = Clock::default();
    let turn = clock.turn();
    let began = turn.now();
    clock.pass();
    let fails = service_fn(|(): ()| {
        let response = Response::builder().status(500).body(Empty::<Bytes>::new());
        ready(Ok::<_, Infallible>(response.unwrap()))
    });
    let mut client = ClassifyLayer::new(Rules::new()).layer(fails);
    let response = assert_ready_ok!(task::spawn(client.call(())).poll());
    drop(turn);
    let outcome = response.outcome(clock);
    assert_eq!(outcome.elapsed(), outcome.received().since(began));
    let response = assert_ready_ok!(task::spawn(client.call(())).poll());
    let outcome = response.outcome(clock);
    assert!(outcome.elapsed() < outcome.received().since(began));
}

#[test]
fn the_client_is_called_outside_of_the_turn() {
    let clock = Clock::default();
    let turn = clock.turn();
    clock.pass();
    let called = Cell::new(turn.now());
    let client = service_fn(|(): ()| {
        called.set(clock.in_turn());
        ready(Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())))
    });
    let mut client = ClassifyLayer::new(Rules::new()).layer(client);
    assert_ready_ok!(task::spawn(client.call(())).poll());
    assert!(called.get() > turn.now());
}

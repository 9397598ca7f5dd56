//! Whatever a body does, and wherever the looking at it stops: what comes out is what went in.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use buttress::classify::{Answer, ClassifyLayer, Reply, Rules};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Sleep;
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

#[derive(Clone, Debug)]
enum Step {
    Data(usize),
    Trailers(u8),
    /// Nothing for so many milliseconds.
    Wait(u64),
}

struct Stepping {
    steps: VecDeque<Step>,
    timer: Option<Pin<Box<Sleep>>>,
    breaks: bool,
    is_sized: bool,
}

impl Body for Stepping {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if let Some(timer) = &mut self.timer {
            std::task::ready!(timer.as_mut().poll(cx));
            self.timer = None;
        }
        let frame = match self.steps.pop_front() {
            Some(Step::Wait(millis)) => {
                let wait = Duration::from_millis(millis);
                self.timer = Some(Box::pin(tokio::time::sleep(wait)));
                return self.poll_frame(cx);
            }
            Some(step) => Ok(frame(&step)),
            None if std::mem::take(&mut self.breaks) => Err("broken"),
            None => return Poll::Ready(None),
        };
        Poll::Ready(Some(frame))
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && !self.breaks && self.timer.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.is_sized {
            true => SizeHint::with_exact(length(&self.steps)),
            false => SizeHint::default(),
        }
    }
}

/// A frame that no other is like, as far as its length allows.
fn frame(step: &Step) -> Frame<Bytes> {
    match step {
        Step::Data(length) => Frame::data((0..=250_u8).cycle().take(*length).collect()),
        Step::Trailers(number) => {
            let mut fields = HeaderMap::new();
            fields.insert("number", HeaderValue::from(u16::from(*number)));
            Frame::trailers(fields)
        }
        Step::Wait(_) => Frame::data(Bytes::new()),
    }
}

fn length<'a>(steps: impl IntoIterator<Item = &'a Step>) -> u64 {
    let lengths = steps.into_iter().map(|step| match step {
        Step::Data(length) => *length as u64,
        Step::Trailers(_) | Step::Wait(_) => 0,
    });
    lengths.sum()
}

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Data(Bytes),
    Trailers(HeaderMap),
    Error(&'static str),
}

fn seen(frame: Result<Frame<Bytes>, &'static str>) -> Seen {
    match frame.map(Frame::into_data) {
        Ok(Ok(data)) => Seen::Data(data),
        Ok(Err(frame)) => Seen::Trailers(frame.into_trailers().unwrap_or_default()),
        Err(error) => Seen::Error(error),
    }
}

/// The frames that come out, each with what the body said of itself before it.
async fn pass(body: Stepping) -> Vec<(Option<Seen>, SizeHint, bool)> {
    let rule = |_: &Reply<'_>| Answer::NoOpinion;
    let layer = ClassifyLayer::new(Rules::new().then(rule));
    let mut body = Some(body);
    let client = service_fn(move |()| {
        let body = body.take().expect("called once");
        let mut response = Response::new(body);
        *response.status_mut() = http::StatusCode::BAD_GATEWAY;
        std::future::ready(Ok::<_, &'static str>(response))
    });
    let response = layer.layer(client).oneshot(()).await;
    let mut body = pin!(response.expect("an answer is an answer").into_body());
    let mut frames = Vec::new();
    loop {
        let (hint, is_end) = (body.size_hint(), body.is_end_stream());
        let frame = poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
        let is_over = frame.is_none();
        frames.push((frame.map(seen), hint, is_end));
        if is_over {
            return frames;
        }
    }
}

fn paused() -> Runtime {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime without sockets")
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_usize..50).prop_map(Step::Data),
        1 => Just(Step::Data(0)),
        1 => prop_oneof![Just(65_535_usize), Just(65_536), Just(65_537), Just(30_000)].prop_map(Step::Data),
        1 => (0_u64..1_500).prop_map(Step::Wait),
    ];
    let trailers = proptest::option::of(any::<u8>().prop_map(Step::Trailers));
    (proptest::collection::vec(step, 0..20), trailers).prop_map(|(mut steps, trailers)| {
        steps.extend(trailers);
        steps
    })
}

proptest! {
    #[test]
    fn the_frames_that_come_out_are_those_that_went_in(steps in steps(), breaks: bool, is_sized: bool) {
        let is_frame = |step: &&Step| !matches!(step, Step::Wait(_));
        let mut expected: Vec<_> = steps.iter().filter(is_frame).map(|step| Some(seen(Ok(frame(step))))).collect();
        expected.extend(breaks.then_some(Some(Seen::Error("broken"))));
        expected.push(None);
        let body = Stepping { steps: steps.into(), timer: None, breaks, is_sized };
        let passed = paused().block_on(pass(body));
        let frames: Vec<_> = passed.into_iter().map(|(frame, _, _)| frame).collect();
        prop_assert!(frames == expected, "{frames:?}");
    }

    #[test]
    fn what_a_body_says_of_itself_is_what_it_then_does(steps in steps(), is_sized: bool) {
        let mut left = length(&steps);
        let body = Stepping { steps: steps.into(), timer: None, breaks: false, is_sized };
        for (frame, hint, is_end) in paused().block_on(pass(body)) {
            prop_assert!(hint.lower() <= left && hint.upper().is_none_or(|upper| left <= upper), "{hint:?} {left}");
            prop_assert!(!is_sized || hint.exact() == Some(left), "{hint:?} {left}");
            prop_assert!(!is_end || frame.is_none());
            if let Some(Seen::Data(data)) = frame {
                left -= data.len() as u64;
            }
        }
        prop_assert_eq!(left, 0);
    }
}

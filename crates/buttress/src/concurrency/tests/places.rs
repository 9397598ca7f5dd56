//! How long a place is kept, and how many there are.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame};

use super::*;

/// Frames that come one by one, and an end that is known with the last of them or only after it.
#[derive(Debug)]
struct Frames {
    frames: VecDeque<Result<&'static str, &'static str>>,
    knows_its_end: bool,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        let next = self.frames.pop_front();
        Poll::Ready(next.map(|frame| frame.map(|data| Frame::data(Bytes::from(data)))))
    }

    fn is_end_stream(&self) -> bool {
        self.knows_its_end && self.frames.is_empty()
    }
}

type Streaming = super::super::PermitBody<Frames>;

/// A body on its way, and the numbers.
fn streaming(
    frames: &[Result<&'static str, &'static str>],
    knows_its_end: bool,
) -> (Pin<Box<Streaming>>, Handle) {
    let mut rig = Rig::new(&layer(2));
    let mut call = rig.call(1);
    let frames = frames.iter().copied().collect();
    let body = Frames {
        frames,
        knows_its_end,
    };
    rig.sent().1.send_response(Response::new(body));
    let response = assert_ready_ok!(call.poll());
    (Box::pin(response.into_body()), rig.handle)
}

fn poll(body: &mut Pin<Box<Streaming>>) -> Option<Result<Frame<Bytes>, &'static str>> {
    let mut body = task::spawn(std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)));
    assert_ready!(body.poll())
}

#[tokio::test(start_paused = true)]
async fn a_place_is_kept_until_the_body_has_ended() {
    let (mut body, handle) = streaming(&[Ok("a"), Ok("b")], false);
    for _ in 0..2 {
        assert!(matches!(poll(&mut body), Some(Ok(_))));
        assert_eq!(handle.in_flight(), 1);
    }
    assert!(poll(&mut body).is_none());
    assert_eq!(handle.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_frame_gives_it_back_if_it_is_known_to_be_the_last() {
    let (mut body, handle) = streaming(&[Ok("a"), Ok("b")], true);
    assert!(matches!(poll(&mut body), Some(Ok(_))));
    assert_eq!(handle.in_flight(), 1);
    assert!(matches!(poll(&mut body), Some(Ok(_))));
    assert_eq!(handle.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_dropped_or_fails_gives_it_back() {
    let (body, handle) = streaming(&[Ok("a")], false);
    assert_eq!(handle.in_flight(), 1);
    drop(body);
    assert_eq!(handle.in_flight(), 0);
    let (mut body, handle) = streaming(&[Err("reset"), Ok("a")], false);
    assert!(matches!(poll(&mut body), Some(Err(_))));
    assert_eq!(handle.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_response_without_a_body_and_an_error_give_it_back_at_once() {
    let mut rig = Rig::new(&layer(2));
    let mut call = rig.call(1);
    rig.sent().1.send_response(empty(200));
    let _response = assert_ready_ok!(call.poll());
    assert_eq!(rig.numbers(), (0, 0));
    let mut call = rig.call(2);
    rig.sent().1.send_error("reset");
    assert_ready_err!(call.poll());
    assert_eq!(rig.numbers(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_congestion_and_what_is_not() {
    for (status, limit) in [
        (200, 3),
        (404, 3),
        (429, 1),
        (503, 1),
        (504, 1),
        (529, 1),
        (500, 2),
    ] {
        let mut rig = Rig::new(&layer(2));
        let mut call = rig.call(1);
        rig.sent().1.send_response(empty(status));
        assert_ready_ok!(call.poll());
        assert_eq!(rig.handle.limit(), limit, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_congestion_decreases_once() {
    let aimd = Aimd::default().with_initial(10).with_bounds(1, 10);
    let mut rig = Rig::new(&ConcurrencyLayer::new(Algorithm::Aimd(aimd)));
    let calls: Vec<_> = (0..10).map(|number| rig.call(number)).collect();
    advance(SECOND).await;
    for mut call in calls {
        rig.sent().1.send_response(empty(429));
        assert_ready_ok!(call.poll());
    }
    assert_eq!(rig.handle.limit(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_gives_its_place_back_and_shows_nothing() {
    let mut rig = Rig::<Empty<Bytes>>::new(&layer(2));
    let call = rig.call(1);
    assert_eq!(rig.numbers(), (1, 0));
    drop(call);
    assert_eq!((rig.numbers(), rig.handle.limit()), ((0, 0), 2));
}

#[tokio::test(start_paused = true)]
async fn a_panic_inside_gives_the_place_back() {
    let layer = layer(2);
    let panics = tower::service_fn(|_: u32| async {
        if true {
            panic!("inside");
        }
        Ok::<_, tower::BoxError>(empty(200))
    });
    let mut service = mock::Spawn::new(layer.layer(panics));
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(1));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call.poll()));
    assert!(panicked.is_err());
    drop(call);
    assert_eq!(layer.handle().in_flight(), 0);
}

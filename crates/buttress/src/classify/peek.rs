//! Looking at the beginning of a body without taking anything from it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame};
use tokio::time::Sleep;

use super::peeked_body::{Frames, PeekedBody};
use crate::time::sleep;

/// As much of a body as rules are shown.
const MOST_BYTES: usize = 64 * 1024;

/// As many frames as are kept, so that a body of empty frames ends too.
const MOST_FRAMES: usize = 1_024;

/// A body of which the beginning is being read.
pub(super) struct Peek<B: Body> {
    body: Pin<Box<B>>,
    frames: Frames<B::Error>,
    bytes: usize,
    has_ended: bool,
    timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<B: Body> Peek<B> {
    pub(super) fn new(body: B, timeout: Duration) -> Self {
        let body = Box::pin(body);
        Self {
            body,
            frames: VecDeque::new(),
            bytes: 0,
            has_ended: false,
            timeout,
            timer: None,
        }
    }

    /// Ready when enough was seen, when there is no more, or when it takes too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.bytes < MOST_BYTES && self.frames.len() < MOST_FRAMES && !self.has_ended {
            match self.body.as_mut().poll_frame(cx) {
                Poll::Ready(frame) => self.keep(frame),
                Poll::Pending => {
                    let timer = self.timer.get_or_insert_with(|| sleep(self.timeout));
                    return timer.as_mut().poll(cx);
                }
            }
        }
        Poll::Ready(())
    }

    fn keep(&mut self, frame: Option<Result<Frame<B::Data>, B::Error>>) {
        self.has_ended = !matches!(frame, Some(Ok(_)));
        let Some(frame) = frame else { return };
        let frame = frame.map(|frame| frame.map_data(into_bytes));
        if let Some(data) = frame.as_ref().ok().and_then(Frame::data_ref) {
            self.bytes = self.bytes.saturating_add(data.len());
        }
        self.frames.push_back(frame);
    }

    /// The bytes that were seen, at most 64 KiB.
    pub(super) fn seen(&self) -> Cow<'_, [u8]> {
        let mut data = self
            .frames
            .iter()
            .filter_map(|frame| frame.as_ref().ok()?.data_ref());
        let first = data
            .next()
            .map_or(&[][..], |data| &data[..data.len().min(MOST_BYTES)]);
        let mut seen = Cow::Borrowed(first);
        for data in data {
            let room = MOST_BYTES.saturating_sub(seen.len());
            seen.to_mut()
                .extend_from_slice(&data[..data.len().min(room)]);
        }
        seen
    }

    /// The whole body again.
    pub(super) fn into_body(self) -> PeekedBody<B> {
        PeekedBody::peeked(self.frames, (!self.has_ended).then_some(self.body))
    }
}

/// No copy where the data is [`Bytes`], as it is for every client.
pub(super) fn into_bytes(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

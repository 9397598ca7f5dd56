//! The bodies of answers, whole and otherwise.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::gauge::Guard;

/// Between two bytes of a body that never ends: slow enough to hold a client, quick enough to see that it has left.
const DRIP: Duration = Duration::from_millis(20);

/// Where a body that never ends does, so that a forgotten client is no task for ever: 22 minutes of drips.
const MOST_DRIPS: u32 = 64 * 1_024;

#[derive(Debug)]
pub(crate) struct AnswerBody {
    flow: Flow,
    // The exchange is over when its body is.
    _exchange: Guard,
}

#[derive(Debug)]
enum Flow {
    Whole(Bytes),
    /// Sent after the pause; the first half is sent before it.
    Halves(Bytes, Bytes, Pin<Box<Sleep>>),
    Drips(u32, Pin<Box<Sleep>>),
}

impl AnswerBody {
    pub(crate) fn whole(bytes: Bytes, exchange: Guard) -> Self {
        Self::new(Flow::Whole(bytes), exchange)
    }

    /// The second half comes `pause` after the first. The pause begins with the answer, not with the first half being
    /// read.
    pub(crate) fn slow(mut bytes: Bytes, pause: Duration, exchange: Guard) -> Self {
        let first = bytes.split_to(bytes.len() / 2);
        let flow = Flow::Halves(first, bytes, Box::pin(sleep(pause)));
        Self::new(flow, exchange)
    }

    pub(crate) fn endless(exchange: Guard) -> Self {
        Self::new(Flow::Drips(MOST_DRIPS, Box::pin(sleep(DRIP))), exchange)
    }

    fn new(flow: Flow, exchange: Guard) -> Self {
        Self {
            flow,
            _exchange: exchange,
        }
    }
}

impl Flow {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self {
            Self::Whole(bytes) => Poll::Ready(taken(bytes)),
            Self::Halves(first, _, _) if !first.is_empty() => Poll::Ready(taken(first)),
            Self::Halves(_, rest, pause) => {
                ready!(pause.as_mut().poll(cx));
                Poll::Ready(taken(rest))
            }
            Self::Drips(0, _) => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            Self::Drips(left, pause) => {
                ready!(pause.as_mut().poll(cx));
                *left -= 1;
                let next = pause.deadline() + DRIP;
                pause.as_mut().reset(next);
                Poll::Ready(Some(Ok(Bytes::from_static(b" "))))
            }
        }
    }

    fn left(&self) -> Option<usize> {
        match self {
            Self::Whole(bytes) => Some(bytes.len()),
            Self::Halves(first, rest, _) => Some(first.len() + rest.len()),
            Self::Drips(..) => None,
        }
    }
}

fn taken(bytes: &mut Bytes) -> Option<io::Result<Bytes>> {
    let bytes = std::mem::take(bytes);
    (!bytes.is_empty()).then_some(Ok(bytes))
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let bytes = ready!(self.get_mut().flow.poll(cx));
        Poll::Ready(bytes.map(|it| it.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.flow.left() == Some(0)
    }

    // Known lengths become a `content-length`.
    fn size_hint(&self) -> SizeHint {
        let left = self.flow.left();
        left.map_or_else(SizeHint::default, |it| SizeHint::with_exact(it as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt;

    use super::*;
    use crate::gauge::Live;

    fn guard() -> Guard {
        Arc::new(Live::default()).enter()
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_whole_in_the_end() {
        let body = AnswerBody::slow(Bytes::from_static(b"abc"), Duration::from_secs(9), guard());
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_a_slow_body_is_there_at_once_and_the_rest_is_not() {
        let mut body =
            AnswerBody::slow(Bytes::from_static(b"abcd"), Duration::from_secs(9), guard());
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut poll = || Pin::new(&mut body).poll_frame(&mut cx);
        let Poll::Ready(Some(Ok(first))) = poll() else {
            panic!("the first half is not there");
        };
        assert_eq!(first.into_data().unwrap(), "ab");
        assert!(poll().is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_has_a_bound_and_breaks_there() {
        let mut body = AnswerBody::endless(guard());
        let mut drips = 0;
        let error = loop {
            match body.frame().await.expect("no end but an error") {
                Ok(_) => drips += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(drips, MOST_DRIPS);
    }

    #[tokio::test(start_paused = true)]
    async fn an_exchange_ends_with_its_body() {
        let live = Arc::new(Live::default());
        let body = AnswerBody::whole(Bytes::new(), live.enter());
        assert_eq!(live.read().now, 1);
        drop(body);
        assert_eq!(live.read().now, 0);
    }
}

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::peek::into_bytes;
use super::watch::Watch;

/// What was seen of a body, errors included.
pub(super) type Frames<E> = VecDeque<Result<Frame<Bytes>, E>>;

pin_project! {
    /// A body that may have been looked at, or is looked at as it passes. It yields the same frames, in the same order,
    /// as if it were not.
    pub struct PeekedBody<B> where B: Body {
        #[pin]
        inner: Inner<B>,
    }
}

pin_project! {
    #[project = InnerProj]
    enum Inner<B> where B: Body {
        Untouched { #[pin] body: B },
        // Boxed: only a stream of events, or an answer of gRPC, is watched.
        Watched { #[pin] body: B, watch: Box<Watch> },
        // Boxed: only the body of a failure comes here.
        Peeked {
            frames: Frames<B::Error>,
            rest: Option<Pin<Box<B>>>,
        },
    }
}

impl<B: Body> PeekedBody<B> {
    pub(super) fn untouched(body: B) -> Self {
        Self {
            inner: Inner::Untouched { body },
        }
    }

    pub(super) fn watched(body: B, watch: Box<Watch>) -> Self {
        Self {
            inner: Inner::Watched { body, watch },
        }
    }

    pub(super) fn peeked(frames: Frames<B::Error>, rest: Option<Pin<Box<B>>>) -> Self {
        Self {
            inner: Inner::Peeked { frames, rest },
        }
    }
}

impl<B: Body> Body for PeekedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let rest = match self.project().inner.project() {
            InnerProj::Untouched { body } => body,
            InnerProj::Watched { body, watch } => return poll_watched(body, watch, cx),
            InnerProj::Peeked { frames, rest } => match (frames.pop_front(), rest) {
                (Some(frame), _) => return Poll::Ready(Some(frame)),
                (None, Some(rest)) => rest.as_mut(),
                (None, None) => return Poll::Ready(None),
            },
        };
        rest.poll_frame(cx).map(in_bytes)
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Untouched { body } | Inner::Watched { body, .. } => body.is_end_stream(),
            Inner::Peeked { frames, rest } => {
                frames.is_empty() && rest.as_ref().is_none_or(|rest| rest.is_end_stream())
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Untouched { body } | Inner::Watched { body, .. } => body.size_hint(),
            Inner::Peeked { frames, rest } => {
                longer(&Self::rest_hint(frames, rest.as_ref()), bytes_in(frames))
            }
        }
    }
}

impl<B: Body> PeekedBody<B> {
    /// How much follows the frames that were seen. A body that broke is not whole, and has no length: whoever sent it on
    /// by its length would never meet the error.
    fn rest_hint(frames: &Frames<B::Error>, rest: Option<&Pin<Box<B>>>) -> SizeHint {
        match rest {
            Some(rest) => rest.size_hint(),
            None if frames.back().is_some_and(Result::is_err) => SizeHint::default(),
            None => SizeHint::with_exact(0),
        }
    }
}

type Polled<D, E> = Option<Result<Frame<D>, E>>;

fn in_bytes<D: Buf, E>(frame: Polled<D, E>) -> Polled<Bytes, E> {
    frame.map(|frame| frame.map(|frame| frame.map_data(into_bytes)))
}

fn poll_watched<B: Body>(
    mut body: Pin<&mut B>,
    watch: &mut Watch,
    cx: &mut Context<'_>,
) -> Poll<Polled<Bytes, B::Error>> {
    let frame = in_bytes(ready!(body.as_mut().poll_frame(cx)));
    match &frame {
        Some(Ok(frame)) => watch.look(frame),
        Some(Err(_)) => watch.broke(),
        None => watch.end(),
    }
    // Whoever knows the length from a header stops after the last frame, and does not ask for the end.
    if body.is_end_stream() {
        watch.end();
    }
    Poll::Ready(frame)
}

fn bytes_in<E>(frames: &Frames<E>) -> u64 {
    let data = frames
        .iter()
        .filter_map(|frame| frame.as_ref().ok()?.data_ref());
    data.map(|data| data.len() as u64).sum()
}

fn longer(rest: &SizeHint, bytes: u64) -> SizeHint {
    let mut hint = SizeHint::new();
    hint.set_lower(rest.lower().saturating_add(bytes));
    if let Some(upper) = rest.upper() {
        hint.set_upper(upper.saturating_add(bytes));
    }
    hint
}

impl<B: Body> fmt::Debug for PeekedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeekedBody").finish_non_exhaustive()
    }
}

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use buttress_core::usage::Usage;
use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::rate_limit::Ticket;

pin_project! {
    /// A body that is looked at in passing. It yields the same frames, at the same time, as if it were not.
    pub struct UsageBody<B> {
        #[pin]
        inner: B,
        account: Option<Account>,
    }
}

/// What has been seen, settled once: at the end of the body, or when it is dropped after it has named its total.
struct Account {
    usage: Usage,
    has_ended: bool,
    ticket: Ticket,
}

impl Drop for Account {
    fn drop(&mut self) {
        // A stream that was left in the middle has used what nobody knows.
        let known = self.has_ended || self.usage.is_total();
        if let Some(total) = self.usage.total().filter(|_| known) {
            self.ticket.settle(u32::try_from(total).unwrap_or(u32::MAX));
        }
    }
}

impl<B> UsageBody<B> {
    /// A body that is not looked at.
    #[cfg(feature = "stack")]
    pub(crate) fn unseen(inner: B) -> Self {
        Self::new(inner, None)
    }

    /// `None`: this one is not looked at.
    pub(super) fn new(inner: B, ticket: Option<Ticket>) -> Self {
        let account = ticket.map(|ticket| Account {
            usage: Usage::default(),
            has_ended: false,
            ticket,
        });
        Self { inner, account }
    }
}

impl<B: Body> Body for UsageBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(cx));
        let frame = frame.map(|frame| frame.map(|frame| frame.map_data(into_bytes)));
        if let Some(account) = this.account {
            let data = frame
                .as_ref()
                .and_then(|frame| frame.as_ref().ok()?.data_ref());
            data.inspect(|data| account.usage.look(data));
            account.has_ended = frame.is_none() || this.inner.is_end_stream();
        }
        if this
            .account
            .as_ref()
            .is_some_and(|account| account.has_ended)
        {
            drop(this.account.take());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// No copy where the data is [`Bytes`], as it is for every client.
fn into_bytes(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

impl<B> fmt::Debug for UsageBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsageBody").finish_non_exhaustive()
    }
}

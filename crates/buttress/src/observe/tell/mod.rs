//! Telling of something when it begins and when it ends: the layer that [`call`](super::call) and
//! [`attempt`](super::attempt) both are.

mod future;
mod layer;
mod service;

use std::time::Duration;

use buttress_core::{Event, Outcome};

pub use self::future::ResponseFuture;
pub(super) use self::layer::Shared;
pub use self::layer::TellLayer;
pub use self::service::Teller;

use super::describe::Describe;
use super::span::Span;

/// What is told of: a call, or an attempt.
pub(super) trait Subject: Sized {
    /// What its layer is called.
    const LAYER: &'static str;
    /// What its service is called.
    const SERVICE: &'static str;

    /// It begins, and its span with it; `None` if nobody would hear of it.
    fn begin<D: Describe<Req>, Req>(shared: &Shared<D>, request: &Req) -> Option<(Self, Span)>;

    /// Does `work` as a part of it.
    fn inside<T>(&mut self, work: impl FnOnce() -> T) -> T;

    /// What is told of its end.
    fn ended<'a>(&'a self, answer: &Answer<'a>) -> Event<'a>;
}

/// What came of it.
pub(super) struct Answer<'a> {
    /// What it meant; `None` if it was dropped.
    pub(super) outcome: Option<&'a Outcome>,
    pub(super) status: Option<u16>,
    pub(super) elapsed: Duration,
}

use http::Request;

use super::ticket::Ticket;

/// What a call costs.
///
/// Functions of the request to its cost are terms.
pub trait Terms<Req> {
    /// What it costs, in the units of the quotas that count costs.
    fn cost(&self, request: &Req) -> u32;

    /// Where to note what was paid, to be settled later.
    fn ticket(&self, _request: &Req) -> Option<Ticket> {
        None
    }
}

impl<Req, F: Fn(&Req) -> u32> Terms<Req> for F {
    fn cost(&self, request: &Req) -> u32 {
        self(request)
    }
}

/// Each request costs one.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnePerRequest;

impl<Req> Terms<Req> for OnePerRequest {
    fn cost(&self, _request: &Req) -> u32 {
        1
    }
}

/// What a call costs: a request extension, read by [`ByExtension`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(pub u32);

/// Each call costs what its [`Cost`] says, and one if it has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByExtension;

impl<B> Terms<Request<B>> for ByExtension {
    fn cost(&self, request: &Request<B>) -> u32 {
        request.extensions().get().map_or(1, |Cost(cost)| *cost)
    }

    fn ticket(&self, request: &Request<B>) -> Option<Ticket> {
        request.extensions().get().cloned()
    }
}

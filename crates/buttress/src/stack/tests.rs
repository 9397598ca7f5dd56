mod costs;
mod figures;
mod headers;
mod keys;
mod learning;
mod levels;
mod load;
mod order;
mod reload;
mod told;
mod wiring;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use buttress_core::policy::{Policy, ProfileName};
use http::{Request, Response, StatusCode};
use tower_layer::Layer;
use tower_service::Service;

use super::{Stack, Stacked};

pub(super) type Body = String;
pub(super) type Ask = Request<Body>;

/// A client that answers at once, by the number of the attempt.
#[derive(Clone, Debug)]
pub(super) struct Client {
    attempts: Arc<AtomicU32>,
    answer: fn(u32) -> u16,
}

impl Client {
    pub(super) fn new(answer: fn(u32) -> u16) -> Self {
        let attempts = Arc::default();
        Self { attempts, answer }
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }
}

impl Service<Ask> for Client {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Ask) -> Self::Future {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed) + 1;
        let mut response = Response::new(Body::new());
        *response.status_mut() = StatusCode::from_u16((self.answer)(attempt)).unwrap();
        std::future::ready(Ok(response))
    }
}

pub(super) fn bare() -> Policy {
    Policy::bare(ProfileName::default())
}

pub(super) fn ask() -> Ask {
    Request::get("https://api.example.com/v1")
        .body(Body::new())
        .unwrap()
}

pub(super) fn around(policy: Policy, client: &Client) -> (Stack, Stacked<Client>) {
    let stack = Stack::new(policy).unwrap();
    let service = stack.layer(client.clone());
    (stack, service)
}

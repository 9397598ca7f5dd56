//! Clients that answer when they are told to, and a limit of two.

mod apart;
mod events;
mod places;
mod queue;

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Empty;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower_layer::Layer;
use tower_test::mock::{self, Mock, SendResponse};

use super::{Aimd, Algorithm, Concurrency, ConcurrencyLayer, Handle, ResponseFuture, Vegas};

const SECOND: Duration = Duration::from_secs(1);

type Client<B> = Mock<u32, Response<B>>;
type Call<B> = task::Spawn<ResponseFuture<Client<B>, (), u32>>;

/// From one place up to three.
fn layer(places: u32) -> ConcurrencyLayer {
    let aimd = Aimd::default().with_initial(places).with_bounds(1, 3);
    ConcurrencyLayer::new(Algorithm::Aimd(aimd))
}

struct Rig<B: 'static = Empty<Bytes>> {
    service: mock::Spawn<Concurrency<Client<B>>>,
    client: mock::Handle<u32, Response<B>>,
    handle: Handle,
}

impl<B: http_body::Body + std::fmt::Debug + 'static> Rig<B> {
    fn new(layer: &ConcurrencyLayer) -> Self {
        let (service, client) = mock::spawn_with(|client| layer.layer(client));
        let handle = layer.handle();
        Self {
            service,
            client,
            handle,
        }
    }

    fn call(&mut self, number: u32) -> Call<B> {
        assert_ready_ok!(self.service.poll_ready());
        let mut call = task::spawn(self.service.call(number));
        assert_pending!(call.poll());
        call
    }

    fn sent(&mut self) -> (u32, SendResponse<Response<B>>) {
        assert_ready!(self.client.poll_request()).unwrap()
    }

    fn nothing_is_sent(&mut self) {
        assert_pending!(self.client.poll_request());
    }

    /// Places taken, and calls that wait for one.
    fn numbers(&self) -> (u32, usize) {
        (self.handle.in_flight(), self.handle.waiting())
    }
}

fn empty(status: u16) -> Response<Empty<Bytes>> {
    Response::builder()
        .status(status)
        .body(Empty::new())
        .unwrap()
}

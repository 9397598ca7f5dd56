//! The layer between a mocked client and paused time.
//!
//! The mocked client panics if it is called without having been made ready, and every pending is a poll that said so.

mod ends;
mod nested;
mod requests;
mod waits;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress_core::backoff::{Backoff, Jitter};
use buttress_core::history::End;
use buttress_core::{Event, History, Observer};
use http::{Request, Response};
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower_layer::Layer;
use tower_test::mock::{self, Handle, Mock, SendResponse};

use super::{Http, ResponseFuture, Retries, Retry, RetryLayer};

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

/// A body that shows whether somebody still holds it.
type Held = Arc<()>;
type Reply = Response<Held>;
type Inner<B> = Mock<Request<B>, Reply>;
type Calling<B> = task::Spawn<ResponseFuture<Inner<B>, Http, Request<B>>>;

struct Rig<B: 'static = &'static str> {
    service: mock::Spawn<Retry<Inner<B>, Http>>,
    client: Handle<Request<B>, Reply>,
}

impl<B: 'static> Rig<B> {
    fn new(layer: &RetryLayer) -> Self {
        let (service, client) = mock::spawn_with(|inner| layer.layer(inner));
        Self { service, client }
    }

    /// A call of which the first attempt is on its way.
    fn call(&mut self, request: Request<B>) -> Calling<B> {
        assert_ready_ok!(self.service.poll_ready());
        let mut call = task::spawn(self.service.call(request));
        assert_pending!(call.poll());
        call
    }

    fn sent(&mut self) -> (Request<B>, SendResponse<Reply>) {
        assert_ready!(self.client.poll_request()).unwrap()
    }

    fn answer(&mut self, reply: Reply) {
        self.sent().1.send_response(reply);
    }

    fn nothing_is_sent(&mut self) {
        assert!(self.client.poll_request().is_pending());
    }
}

/// Waits that can be foretold: 1, 2, 4 … seconds, and hints to the letter.
fn retries() -> Retries {
    let backoff = Backoff::new(SECOND, 60 * SECOND).unwrap();
    let backoff = backoff.with_jitter(Jitter::None);
    Retries::default().with_margin(false).with_backoff(backoff)
}

fn layer() -> RetryLayer {
    RetryLayer::new(retries())
}

fn get() -> Request<&'static str> {
    Request::get("http://a/b").body("body").unwrap()
}

fn post() -> Request<&'static str> {
    Request::post("http://a/b").body("body").unwrap()
}

fn reply(status: u16) -> Reply {
    Response::builder()
        .status(status)
        .body(Held::default())
        .unwrap()
}

fn told(status: u16, retry_after: &'static str) -> Reply {
    Response::builder()
        .status(status)
        .header("retry-after", retry_after)
        .body(Held::default())
        .unwrap()
}

fn history(reply: &Reply) -> &History {
    reply.extensions().get().unwrap()
}

fn end(reply: &Reply) -> (u32, End) {
    (history(reply).attempts(), history(reply).end())
}

/// Lets `wait` pass, and polls: what is to be done at that moment is done.
async fn after<B: 'static>(wait: Duration, call: &mut Calling<B>) {
    tokio::time::advance(wait).await;
    assert!(call.is_woken(), "nobody wakes the call");
    assert_pending!(call.poll());
}

/// Everything that was told, one line each.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn write(&self, line: fmt::Arguments<'_>) {
        self.0.lock().unwrap().push(line.to_string());
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        match *event {
            Event::RetryScheduled {
                attempt,
                outcome,
                wait,
                cause,
            } => self.write(format_args!(
                "{attempt} {} {wait:?} {}",
                outcome.class(),
                cause.name()
            )),
            Event::RetryEnded {
                attempts,
                class,
                end,
                waited,
            } => self.write(format_args!("end {attempts} {class} {end:?} {waited:?}")),
            Event::NestedRetry { attempts } => self.write(format_args!("nested {attempts}")),
            // What goes with each of these is looked at where all events of a stack are.
            Event::WaitBegan { .. } | Event::Waited { .. } | Event::BudgetLevel { .. } => {}
            _ => self.write(format_args!("unexpected {event:?}")),
        }
    }
}

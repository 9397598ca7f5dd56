mod cancel;
mod contract;
mod events;
mod handle;
mod keys;
mod post_mortem;
mod retry;
mod streams;

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use buttress_core::{BoxError, Rejected, Why};
use http::{Request, Response, StatusCode};
use tower_service::Service;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Answers with what is on its list, and with 200 when that is used up; writes down when it was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<Vec<Response<()>>>>,
    asked: Arc<Mutex<u32>>,
}

impl Script {
    fn of(answers: impl IntoIterator<Item = Response<()>>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self {
            answers: Arc::new(Mutex::new(answers)),
            asked: Arc::default(),
        }
    }

    fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }
}

impl<Req> Service<Req> for Script {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Req) -> Self::Future {
        *self.asked.lock().unwrap() += 1;
        let answer = self.answers.lock().unwrap().pop();
        ready(Ok(answer.unwrap_or_default()))
    }
}

fn request() -> Request<()> {
    Request::new(())
}

fn limited(seconds: u64) -> Response<()> {
    let answer = Response::builder().status(StatusCode::TOO_MANY_REQUESTS);
    answer.header("retry-after", seconds).body(()).unwrap()
}

/// No margins, so that times are exact.
fn exact() -> CooldownLayer {
    CooldownLayer::new().with_pauses(Pauses::default().with_margin(false))
}

fn why(error: &BoxError) -> Option<Why> {
    Rejected::find(&**error).map(|rejected| rejected.why)
}

//! tower's own layers.

use std::future::Ready;
use std::time::Duration;

use tower::ServiceBuilder;
use tower::limit::{ConcurrencyLimit, RateLimit, rate::Rate};
use tower::load_shed::LoadShed;
use tower::retry::{Policy, Retry};
use tower::timeout::Timeout;

use crate::bench::Bench;
use crate::load::{Http, Load, Unit};

/// Calls per second and calls at once: more than are ever made.
const CALLS: u64 = 1_000_000_000;
const AT_ONCE: usize = 1_000;
const SECOND: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn rows(bench: &mut Bench) {
    let inner = Unit::inner;
    let limited = RateLimit::new(inner(), Rate::new(CALLS, SECOND));
    bench.row::<Unit, _>("tower RateLimit", None, limited);
    let limited = ConcurrencyLimit::new(inner(), AT_ONCE);
    bench.row::<Unit, _>("tower ConcurrencyLimit", None, limited);
    bench.row::<Unit, _>("tower Timeout", None, Timeout::new(inner(), TIMEOUT));
    bench.row::<Unit, _>("tower Retry", None, Retry::new(Keep, inner()));
    bench.row::<Http, _>("tower Retry, http", None, Retry::new(Keep, Http::inner()));
    bench.row::<Unit, _>("tower LoadShed", None, LoadShed::new(inner()));
    stack::<Unit>(bench, "tower stack");
    stack::<Http>(bench, "tower stack, http");
}

/// Rate, concurrency, retry, timeout. The rate is outside: tower's `RateLimit` cannot be cloned, which retry asks of
/// what it wraps.
fn stack<L: Load>(bench: &mut Bench, name: &'static str) {
    let stack = ServiceBuilder::new()
        .rate_limit(CALLS, SECOND)
        .concurrency_limit(AT_ONCE)
        .retry(Keep)
        .timeout(TIMEOUT)
        .service(L::inner());
    bench.row::<L, _>(name, None, stack);
}

/// Keeps a copy of every request, as a policy that may retry must, and never does.
#[derive(Clone, Debug)]
struct Keep;

impl<Request: Clone, Response, Error> Policy<Request, Response, Error> for Keep {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request, _: &mut Result<Response, Error>) -> Option<Self::Future> {
        None
    }

    fn clone_request(&mut self, request: &Request) -> Option<Request> {
        Some(request.clone())
    }
}

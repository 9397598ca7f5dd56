//! Where nobody listens: a program of its own, as `tracing` and `log` each have one listener for all of a program.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use buttress::BoxError;
use buttress::observe::{About, AttemptLayer, CallLayer, Describe, Observer, Routine, Tracing};
use http::{Request, Response};
use log::LevelFilter;
use tokio_test::{assert_ready_ok, task};
use tower::{Layer, Service, service_fn};

/// Counts how often it is asked about a request.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicU32>);

impl<Req> Describe<Req> for Asked {
    fn about<'a>(&'a self, _request: &'a Req) -> About<'a> {
        self.0.fetch_add(1, Ordering::Relaxed);
        About::default()
    }
}

/// How often somebody asks about the request of one call that is observed, with spans.
fn asked_by(observer: Arc<dyn Observer>) -> u32 {
    let asked = Asked::default();
    let call = CallLayer::new(Arc::clone(&observer)).with_requests(asked.clone());
    let attempt = AttemptLayer::new(observer).with_requests(asked.clone());
    let client = service_fn(async |_: Request<()>| Ok::<_, BoxError>(Response::new(())));
    let client = attempt.with_spans().layer(client);
    let mut client = call.with_spans().layer(client);
    let mut answer = task::spawn(client.call(Request::new(())));
    assert_ready_ok!(answer.poll());
    asked.0.load(Ordering::Relaxed)
}

#[test]
fn nothing_is_found_out_about_a_request_where_no_subscriber_and_no_logger_listens() {
    assert_eq!(asked_by(Arc::new(Tracing)), 0);
    assert!(!Tracing.listens_to(Routine::CallEnded));
    // Its method, for the attempt.
    log::set_max_level(LevelFilter::Warn);
    assert!(Tracing.listens_to(Routine::CallEnded));
    assert_eq!(asked_by(Arc::new(Tracing)), 1);
    log::set_max_level(LevelFilter::Error);
    assert_eq!(asked_by(Arc::new(Tracing)), 0);
}

//! What the layers allocate where all goes well.
//!
//! Counted on the thread that runs the test. Each kind of call is made once before it is counted, as what is made once
//! and kept is no cost of a call.

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use buttress::BoxError;
use buttress::classify::{ClassifyLayer, Rules};
use buttress::observe::{AttemptLayer, CallLayer, Metrics, Observer, Tracing};
use buttress::providers::openai;
use buttress::rate_limit::{Grammar, Increase, Quota, RateLimitLayer};
use buttress::retry::{Http, Replay, Retries, RetryLayer};
use buttress::stack::Stack;
use buttress::stack::policy::{Concurrency, Limit, RateLimit};
use buttress::upstreams::{Upstream, UpstreamName, Upstreams};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use tower_layer::Layer;
use tower_service::Service;

type Ask = Request<Full<Bytes>>;

/// Answers at once, and allocates nothing.
#[derive(Clone)]
struct Client;

impl Service<Ask> for Client {
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Ask) -> Self::Future {
        std::future::ready(Ok(Response::new(Full::default())))
    }
}

const HEADERS: [(&str, &str); 8] = [
    ("host", "api.example.com"),
    ("authorization", "Bearer token"),
    ("content-type", "application/json"),
    ("accept", "application/json"),
    ("user-agent", "test"),
    ("x-request-id", "1"),
    ("x-organization", "2"),
    ("accept-encoding", "identity"),
];

fn request() -> Ask {
    let mut request = Request::new(Full::new(Bytes::from_static(b"{}")));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static("https://api.example.com/v1/chat/completions");
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    request.extensions_mut().insert(7_u8);
    request
}

fn call<S: Service<Ask>>(service: &mut S, request: Ask) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    if service.poll_ready(&mut cx).is_pending() {
        return false;
    }
    let future = pin!(service.call(request));
    matches!(black_box(future.poll(&mut cx)), Poll::Ready(Ok(_)))
}

/// What one call allocates. The request is made outside.
fn cost<S: Service<Ask>>(service: &mut S) -> AllocationInfo {
    assert!(call(service, request()));
    let request = request();
    let mut is_done = false;
    let info = measure(|| is_done = call(service, request));
    assert!(is_done);
    info
}

fn classify() -> ClassifyLayer {
    ClassifyLayer::new(Rules::new().then(openai::PROFILE))
}

#[test]
fn the_client_alone_allocates_nothing() {
    assert_eq!(cost(&mut Client).count_total, 0);
}

#[test]
fn to_classify_a_success_allocates_nothing() {
    assert_eq!(cost(&mut classify().layer(Client)).count_total, 0);
}

#[test]
fn a_success_costs_the_copy_of_the_request_and_nothing_more() {
    let request = request();
    let copy = measure(|| drop(black_box(Http::default().copy(&request))));
    assert!(copy.count_total > 0, "nothing was counted");
    let mut stack = RetryLayer::new(Retries::default()).layer(classify().layer(Client));
    let stack = cost(&mut stack);
    assert_eq!(
        (stack.count_total, stack.bytes_total),
        (copy.count_total, copy.bytes_total)
    );
    let mut retry = RetryLayer::new(Retries::default()).layer(Client);
    let retry = cost(&mut retry);
    assert_eq!(
        (retry.count_total, retry.bytes_total),
        (copy.count_total, copy.bytes_total)
    );
}

/// Keeps one number for all that is counted: it is the recorder's own, and so not counted here.
struct Numbers(Arc<AtomicU64>);

struct Nothing;

impl metrics::HistogramFn for Nothing {
    fn record(&self, _value: f64) {}
}

impl metrics::Recorder for Numbers {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn register_counter(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        metrics::Counter::from_arc(Arc::clone(&self.0))
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }

    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        metrics::Histogram::from_arc(Arc::new(Nothing))
    }
}

#[test]
fn to_count_and_time_a_call_and_its_attempt_allocates_nothing() {
    let numbers = Numbers(Arc::default());
    let counted = Arc::clone(&numbers.0);
    metrics::with_local_recorder(&numbers, || {
        let metrics = Metrics::new("openai").with_http_names("api.example.com");
        let observer: Arc<dyn Observer> = Arc::new((metrics, Tracing));
        let attempt = AttemptLayer::new(Arc::clone(&observer)).with_spans();
        let call = CallLayer::new(Arc::clone(&observer)).with_spans();
        let inner = attempt.layer(classify().with_observer(observer).layer(Client));
        assert_eq!(cost(&mut call.layer(inner)).count_total, 0);
    });
    let calls_and_attempts = 2 * 2;
    assert_eq!(
        counted.load(std::sync::atomic::Ordering::Relaxed),
        calls_and_attempts
    );
}

/// Every layer there is, but for the tokens, whose estimate is read from the body.
fn full() -> Result<Stack, BoxError> {
    let quota = Quota::per_second(1_000_000)?;
    let stack = Stack::builder()
        .profile("openai")
        .attempt_timeout(Duration::from_secs(30))
        .concurrency(Concurrency::default())
        .rate_limit(RateLimit::new([Limit::requests(quota)])?)
        .build()?;
    Ok(stack)
}

#[test]
fn a_success_through_the_full_stack_costs_the_copy_of_the_request_and_nothing_more() {
    let names = full().unwrap().layers();
    assert_eq!(names.len(), 10, "{names:?}");
    let request = request();
    let copy = measure(|| drop(black_box(Http::default().copy(&request))));
    let stack = cost(&mut full().unwrap().layer(Client));
    assert_eq!(
        (stack.count_total, stack.bytes_total),
        (copy.count_total, copy.bytes_total)
    );
}

#[test]
fn to_find_the_stack_of_a_request_allocates_nothing() {
    let upstream =
        Upstream::new(full().unwrap().policy()).with_host("api.example.com".parse().unwrap());
    let upstreams = Upstreams::new([(UpstreamName::new("one").unwrap(), upstream)]).unwrap();
    let routed = cost(&mut upstreams.layer(Client));
    let direct = cost(&mut full().unwrap().layer(Client));
    assert_eq!(routed.count_total, direct.count_total);
}

#[test]
fn a_stack_without_retries_allocates_nothing() {
    let policy = full().unwrap().policy().with_retry(None);
    let stack = Stack::new(policy).unwrap();
    assert_eq!(cost(&mut stack.layer(Client)).count_total, 0);
}

#[test]
fn a_reload_costs_a_call_nothing_but_the_first_time() {
    let stack = full().unwrap();
    let mut service = stack.layer(Client);
    let before = cost(&mut service);
    stack.reload(stack.policy().with_isolation(false)).unwrap();
    assert!(call(&mut service, request()));
    assert_eq!(cost(&mut service).count_total, before.count_total);
}

/// Answers at once, with what OpenAI says of its quotas.
#[derive(Clone)]
struct Publishing;

impl Service<Ask> for Publishing {
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Ask) -> Self::Future {
        let mut response = Response::new(Full::default());
        for (name, value) in [
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-remaining-requests", "499"),
            ("x-ratelimit-reset-requests", "120ms"),
        ] {
            let value = HeaderValue::from_static(value);
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        std::future::ready(Ok(response))
    }
}

#[test]
fn to_learn_from_a_success_allocates_nothing() -> Result<(), Box<dyn std::error::Error>> {
    let alone = cost(&mut Publishing).count_total;
    let layer = RateLimitLayer::new([Quota::per_second(1_000)?]);
    let learning = layer.clone().with_learning(Grammar::OpenAi);
    let learning = learning.with_adaptive(Increase::Cubic).with_pacing(false);
    for info in [
        cost(&mut layer.layer(Publishing)),
        cost(&mut learning.layer(Publishing)),
    ] {
        assert_eq!(info.count_total, alone);
    }
    Ok(())
}

#[test]
fn what_is_allocated_is_given_back() {
    let mut stack = RetryLayer::new(Retries::default()).layer(classify().layer(Client));
    assert!(call(&mut stack, request()));
    let info = measure(|| assert!(call(&mut stack, request())));
    assert_eq!(info.count_current, 0);
}

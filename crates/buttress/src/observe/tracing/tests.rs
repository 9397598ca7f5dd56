use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress_core::backoff::{Backoff, Jitter};
use buttress_core::{BoxError, Observer};
use http::{HeaderName, HeaderValue, Request, Response};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Service, ServiceBuilder, service_fn};
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::*;
use crate::classify::{ClassifyLayer, Rules};
use crate::cooldown::CooldownLayer;
use crate::observe::{AttemptLayer, CallLayer, CorrelationId, HttpRequests};
use crate::retry::{Retries, RetryLayer};

const SECOND: Duration = Duration::from_secs(1);

/// What is written while this is there.
struct Log {
    written: Written,
    _default: DefaultGuard,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn at(level: Level) -> Self {
        Self::with_spans(level, FmtSpan::NONE)
    }

    fn with_spans(level: Level, spans: FmtSpan) -> Self {
        let written = Written::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(written.clone())
            .with_max_level(level)
            .with_span_events(spans)
            .with_ansi(false)
            .with_target(false)
            .without_time();
        Self {
            written,
            _default: tracing::subscriber::set_default(subscriber.finish()),
        }
    }

    fn lines(&self) -> Vec<String> {
        let written = std::mem::take(&mut *self.written.0.lock().unwrap());
        let written = String::from_utf8(written).unwrap();
        written.lines().map(|line| line.trim().to_owned()).collect()
    }
}

fn request() -> Request<String> {
    Request::get("https://user:hunter2@api.example.com:8443/hunter2?key=hunter2")
        .header("authorization", "Bearer hunter2")
        .header("x-request-id", "job-7")
        .body("hunter2".to_owned())
        .unwrap()
}

/// A client that answers so, one status after the other, and a hint of two seconds where it is not well.
macro_rules! client {
    ($statuses:expr) => {{
        let statuses: &[u16] = &$statuses;
        let statuses = Arc::new(Mutex::new(statuses.to_vec().into_iter()));
        service_fn(move |_: Request<String>| {
            let status = statuses.lock().unwrap().next().unwrap_or(200);
            let mut answer = Response::new(String::from("hunter2"));
            *answer.status_mut() = status.try_into().unwrap();
            if status == 429 {
                let two = HeaderValue::from_static("2");
                answer.headers_mut().insert("retry-after", two);
            }
            std::future::ready(Ok::<_, BoxError>(answer))
        })
    }};
}

/// Everything that tells, around a client.
macro_rules! stack {
    ($client:expr) => {{
        let observer: Arc<dyn Observer> = Arc::new(Tracing);
        let requests = HttpRequests::default();
        let requests = requests.with_correlation_header(HeaderName::from_static("x-request-id"));
        let backoff = Backoff::new(SECOND, SECOND).unwrap();
        let retries = Retries::default().with_backoff(backoff.with_jitter(Jitter::None));
        let call = CallLayer::new(observer.clone()).with_requests(requests);
        let retry = RetryLayer::new(retries.with_margin(false));
        ServiceBuilder::new()
            .layer(call.with_spans())
            .layer(retry.with_observer(observer.clone()))
            .layer(AttemptLayer::new(observer.clone()).with_spans())
            .layer(ClassifyLayer::new(Rules::new()).with_observer(observer))
            .service($client)
    }};
}

/// Polls until it is ready, and lets as many seconds pass as are asked for.
macro_rules! run {
    ($service:expr, $request:expr, $seconds:expr) => {{
        let mut call = task::spawn($service.call($request));
        for () in std::iter::repeat_n((), $seconds) {
            assert_pending!(call.poll());
            advance(SECOND).await;
        }
        assert_ready!(call.poll())
    }};
}

const CALL: &str =
    "call{correlation_id=\"job-7\" http.request.method=\"GET\" server.address=\"api.example.com\"";

#[tokio::test(start_paused = true)]
async fn a_call_that_met_no_trouble_is_one_line_at_debug() {
    let log = Log::at(Level::DEBUG);
    let mut service = stack!(client!([200]));
    run!(service, request(), 0).unwrap();
    let line =
        format!("DEBUG {CALL}}}: call done class=\"ok\" attempts=1 waited_ms=0 elapsed_ms=0");
    assert_eq!(log.lines(), [line]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_saved_tells_its_whole_story_in_one_line_at_info() {
    let log = Log::at(Level::INFO);
    let mut service = stack!(client!([429, 503, 200]));
    run!(service, request(), 3).unwrap();
    let line = format!(
        "INFO {CALL}}}: call saved class=\"ok\" attempts=3 classes=rate_limited, unavailable, ok \
         waited_ms=3000 waits=backoff 1000 ms, hint 2000 ms end=\"succeeded\" elapsed_ms=3000"
    );
    assert_eq!(log.lines(), [line]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_lost_is_one_line_at_warn_with_its_correlation_id() {
    let log = Log::at(Level::WARN);
    let mut service = stack!(client!([500; 9]));
    run!(service, request(), 4).unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with(&format!("WARN {CALL}")));
    assert!(lines[0].contains("call lost class=\"server_error\" attempts=5"));
    assert!(lines[0].ends_with("end=\"attempts\" elapsed_ms=4000"));
}

#[tokio::test(start_paused = true)]
async fn what_nothing_could_have_saved_is_no_warning() {
    let log = Log::at(Level::DEBUG);
    let mut service = stack!(client!([404]));
    run!(service, request(), 0).unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(
        lines[1].starts_with("DEBUG") && lines[1].contains("call failed class=\"client_error\"")
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_ends_in_the_log_too() {
    let log = Log::at(Level::INFO);
    let mut service = stack!(client!([429]));
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    advance(SECOND).await;
    drop(call);
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].contains(
            "call dropped class=\"dropped\" attempts=1 waited_ms=1000 waits=hint 1000 ms"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn every_line_of_a_call_has_its_correlation_id() {
    let log = Log::at(Level::TRACE);
    let mut service = stack!(client!([429, 200]));
    let mut request = request();
    request
        .extensions_mut()
        .insert(CorrelationId::new("from the extension"));
    run!(service, request, 2).unwrap();
    let lines = log.lines();
    assert!(lines.len() >= 4, "{lines:#?}");
    for line in lines {
        assert!(
            line.contains("call{correlation_id=\"from the extension\""),
            "{line}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_a_child_of_its_call_with_the_fields_of_opentelemetry() {
    let log = Log::with_spans(Level::INFO, FmtSpan::CLOSE);
    let mut service = stack!(client!([429, 200]));
    run!(service, request(), 2).unwrap();
    let lines = log.lines();
    let closed: Vec<_> = lines
        .iter()
        .filter(|line| line.ends_with(": close"))
        .collect();
    assert_eq!(closed.len(), 3, "{lines:#?}");
    let attempt = format!(
        "{CALL}}}:attempt{{otel.name=\"GET\" otel.kind=\"client\" http.request.method=\"GET\" \
         server.address=\"api.example.com\" server.port=8443"
    );
    let fields = [
        " http.response.status_code=429 error.type=429}",
        " http.request.resend_count=1 http.response.status_code=200}",
    ];
    for (line, fields) in closed.iter().zip(fields) {
        assert!(line.contains(&format!("{attempt}{fields}")), "{line}");
    }
    assert!(
        closed[2].contains(&format!("{CALL}}}: close")),
        "{}",
        closed[2]
    );
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_a_request_or_an_answer_or_an_error_is_written() {
    let log = Log::with_spans(Level::TRACE, FmtSpan::FULL);
    let broken = service_fn(async |_: Request<String>| {
        Err::<Response<String>, BoxError>("connect to hunter2 failed".into())
    });
    let mut service = stack!(broken);
    let mut call = task::spawn(service.call(request()));
    for _ in 0..5 {
        let _ = call.poll();
        advance(2 * SECOND).await;
    }
    drop(call);
    let mut service = stack!(client!([429, 500, 401]));
    run!(service, request(), 3).unwrap();
    let lines = log.lines();
    assert!(lines.len() > 20, "{lines:#?}");
    for secret in ["hunter2", "user", "Bearer", "?"] {
        let told: Vec<_> = lines.iter().filter(|line| line.contains(secret)).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_context_of_a_trace_passes_as_it_is() {
    let _log = Log::at(Level::TRACE);
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa00a902b7-01";
    let mut service = stack!(service_fn(async |request: Request<String>| {
        let mut answer = Response::new(String::new());
        *answer.headers_mut() = request.headers().clone();
        Ok::<_, BoxError>(answer)
    }));
    let mut request = request();
    for (name, value) in [("traceparent", parent), ("tracestate", "a=1")] {
        request
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    let sent = request.headers().clone();
    let answer = run!(service, request, 0).unwrap();
    assert_eq!(*answer.headers(), sent);
}

#[tokio::test(start_paused = true)]
async fn what_changes_for_all_callers_is_told_at_info() {
    let log = Log::at(Level::INFO);
    let layer = CooldownLayer::new().with_observer(Arc::new(Tracing));
    let mut service = ServiceBuilder::new()
        .layer(layer)
        .service(client!([429, 200]));
    run!(service, request(), 0).unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with("INFO pause began why=\"cooldown\" remaining_ms=2"));
}

#[tokio::test(start_paused = true)]
async fn without_a_call_layer_the_end_of_the_retries_is_the_end_of_the_call() {
    let log = Log::at(Level::INFO);
    let retries = Retries::default().with_margin(false);
    let layer = RetryLayer::new(retries).with_observer(Arc::new(Tracing));
    let mut service = ServiceBuilder::new()
        .layer(layer)
        .service(client!([429, 200]));
    run!(service, request(), 2).unwrap();
    assert_eq!(log.lines(), ["INFO call saved attempts=2 waited_ms=2000"]);
}

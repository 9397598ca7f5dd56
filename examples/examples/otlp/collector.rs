//! A collector that keeps what it gets, to be printed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;

/// OTLP over HTTP, as far as this example speaks it.
pub(crate) struct Collector {
    url: String,
    got: Arc<Mutex<Got>>,
}

#[derive(Default)]
struct Got {
    spans: Vec<Span>,
    /// How many points there are of each, by name.
    metrics: BTreeMap<String, usize>,
}

impl Collector {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let got = Arc::default();
        let router = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/metrics", post(metrics))
            .with_state(Arc::clone(&got));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, got })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn report(&self) -> String {
        let got = self.got.lock().unwrap_or_else(PoisonError::into_inner);
        let mut report = String::from("spans\n");
        for root in got
            .spans
            .iter()
            .filter(|span| span.parent_span_id.is_empty())
        {
            let _ = writeln!(report, "  {}", line(root));
            let children = got.spans.iter();
            for child in children.filter(|span| span.parent_span_id == root.span_id) {
                let _ = writeln!(report, "    {}", line(child));
            }
        }
        report.push_str("metrics\n");
        for (name, points) in &got.metrics {
            let _ = writeln!(report, "  {name}, {points} points");
        }
        report
    }
}

async fn traces(State(got): State<Arc<Mutex<Got>>>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let scopes = request
        .resource_spans
        .into_iter()
        .flat_map(|it| it.scope_spans);
    let mut got = got.lock().unwrap_or_else(PoisonError::into_inner);
    got.spans.extend(scopes.flat_map(|scope| scope.spans));
    StatusCode::OK
}

async fn metrics(State(got): State<Arc<Mutex<Got>>>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportMetricsServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let scopes = request
        .resource_metrics
        .into_iter()
        .flat_map(|it| it.scope_metrics);
    let mut got = got.lock().unwrap_or_else(PoisonError::into_inner);
    for metric in scopes.flat_map(|scope| scope.metrics) {
        let points = match metric.data {
            Some(Data::Sum(sum)) => sum.data_points.len(),
            Some(Data::Gauge(gauge)) => gauge.data_points.len(),
            Some(Data::Histogram(histogram)) => histogram.data_points.len(),
            _ => 0,
        };
        *got.metrics.entry(metric.name).or_default() += points;
    }
    StatusCode::OK
}

/// The name of a span and the fields of OpenTelemetry's conventions. It has others: where in the code it was made.
fn line(span: &Span) -> String {
    let conventions = ["http.", "server.", "error."];
    let is_told = |it: &&KeyValue| conventions.iter().any(|prefix| it.key.starts_with(prefix));
    let fields = span.attributes.iter().filter(is_told);
    fields.fold(span.name.clone(), |line, field| {
        let value = field.value.as_ref().map_or_else(String::new, text);
        format!("{line} {}={value}", field.key)
    })
}

fn text(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

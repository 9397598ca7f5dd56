//! The pipelines of OpenTelemetry: from `tracing` and from the meters to the collector.

use std::sync::Arc;

use buttress::BoxError;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

/// What is sent on its way while the program runs, and all of it when it ends.
pub(crate) struct Export {
    traces: SdkTracerProvider,
    meters: SdkMeterProvider,
}

impl Export {
    pub(crate) fn start(collector: &str) -> Result<Self, BoxError> {
        let client: Arc<dyn HttpClient> = Arc::new(OnThisRuntime {
            runtime: Handle::current(),
            client: reqwest::Client::builder().no_proxy().build()?,
        });
        let spans = SpanExporter::builder()
            .with_http()
            .with_shared_http_client(Arc::clone(&client))
            .with_endpoint(format!("{collector}/v1/traces"))
            .build()?;
        let metrics = MetricExporter::builder()
            .with_http()
            .with_shared_http_client(client)
            .with_endpoint(format!("{collector}/v1/metrics"))
            .build()?;
        let traces = SdkTracerProvider::builder()
            .with_batch_exporter(spans)
            .build();
        let meters = SdkMeterProvider::builder()
            .with_periodic_exporter(metrics)
            .build();

        // The spans of buttress alone. If those of the client were exported too, each export would be one more span.
        let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("buttress"));
        let ours = filter_fn(|metadata| metadata.target().starts_with("buttress"));
        tracing::subscriber::set_global_default(registry().with(layer.with_filter(ours)))?;
        Ok(Self { traces, meters })
    }

    pub(crate) const fn meters(&self) -> &SdkMeterProvider {
        &self.meters
    }

    /// Sends what is left. The pipelines block their caller, which must not be the thread that sends.
    pub(crate) async fn end(self) -> Result<(), BoxError> {
        let ended = tokio::task::spawn_blocking(move || {
            self.traces.shutdown()?;
            self.meters.shutdown()
        });
        Ok(ended.await??)
    }
}

/// The client of the pipelines, whose threads know no runtime: they have theirs do it.
#[derive(Debug)]
struct OnThisRuntime {
    runtime: Handle,
    client: reqwest::Client,
}

#[async_trait::async_trait]
impl HttpClient for OnThisRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let reply = client.execute(request.try_into()?).await?;
            let response = Response::builder().status(reply.status());
            Ok::<_, HttpError>(response.body(reply.bytes().await?)?)
        });
        sent.await?
    }
}

//! Who may watch a run: people on the live page, Prometheus by scrapes. Each where it is asked for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use buttress::Clock;
use buttress::core::{BoxError, Observer};
use buttress::live::{Board, Upstream};
use buttress::observe::{Kind, Metric, Metrics, Report};
use buttress::stack::Stack;
use buttress::stack::policy::Policy;
use clap::Args;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

#[derive(Clone, Debug, Default, Args)]
#[group(skip)]
pub(crate) struct Options {
    /// Show a live page of the stack at this address, or at this port of the loopback interface
    #[arg(long, value_name = "ADDR", value_parser = address)]
    dashboard: Option<SocketAddr>,
    /// Have Prometheus scrape at this address, or at this port of the loopback interface
    #[arg(long, value_name = "ADDR", value_parser = address)]
    metrics: Option<SocketAddr>,
    /// Go on serving both after the report, until interrupted
    #[arg(long)]
    pub(crate) stay: bool,
}

/// A port alone is one of the loopback interface: what is shown is for who runs the demo.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let wanted = "a port, or an address with a port such as 127.0.0.1:8080";
    text.parse().map_err(|_| format!("expected {wanted}"))
}

/// All that is watched of a run.
pub(crate) struct Watch {
    options: Options,
    recorder: Option<PrometheusHandle>,
    upstreams: Vec<(Watched, Stack)>,
}

/// What is watched of one upstream.
pub(crate) struct Watched {
    page: Upstream,
    metrics: Option<Metrics>,
}

impl Watch {
    /// Installs the recorder of metrics, if one is asked for.
    pub(crate) fn new(options: &Options) -> Result<Self, BoxError> {
        let recorder = options.metrics.map(|_| recorder()).transpose()?;
        Ok(Self {
            options: options.clone(),
            recorder,
            upstreams: Vec::new(),
        })
    }

    /// An upstream, to be [added](Self::add) when its stack is there.
    pub(crate) fn upstream(&self, name: &str, policy: &Policy) -> Watched {
        let profile = policy.profile().as_str();
        Watched {
            page: Upstream::new(name, Clock::default()),
            metrics: self.recorder.as_ref().map(|_| metrics(name, profile)),
        }
    }

    pub(crate) fn add(&mut self, upstream: Watched, stack: Stack) {
        self.upstreams.push((upstream, stack));
    }

    /// Serves what is asked for, as long as the runtime lives, and says where.
    pub(crate) async fn open(self) -> io::Result<()> {
        let mut pages = Vec::new();
        let mut levels = Vec::new();
        for (upstream, stack) in self.upstreams {
            pages.push(upstream.page.with_stack(stack.clone()));
            levels.extend(upstream.metrics.map(|metrics| (metrics, stack)));
        }
        if let Some(addr) = self.options.dashboard {
            let page = Router::new().nest("/buttress", Board::new(pages).router());
            let addr = serve(addr, page).await?;
            eprintln!("live page at http://{addr}/buttress");
        }
        if let Some((addr, recorder)) = self.options.metrics.zip(self.recorder) {
            let addr = serve(addr, scrapes(recorder, levels)).await?;
            eprintln!("metrics at http://{addr}/metrics");
        }
        Ok(())
    }
}

impl Watched {
    /// Whom the layers are to tell, besides `other`.
    pub(crate) fn observer(&self, other: Arc<dyn Observer>) -> Arc<dyn Observer> {
        Arc::new((other, self.page.observer(), self.metrics.clone()))
    }
}

/// All there are: the demo shows what can be seen.
fn metrics(name: &str, profile: &str) -> Metrics {
    Metrics::new(name)
        .with_profile(profile)
        .with_http_names(&Ipv4Addr::LOCALHOST.to_string())
}

/// The recorder of this process, with buckets where calls really are.
fn recorder() -> Result<PrometheusHandle, BoxError> {
    let histograms = Metric::ALL
        .into_iter()
        .filter(|it| it.kind() == Kind::Histogram);
    let builder = histograms
        .into_iter()
        .try_fold(PrometheusBuilder::new(), |builder, metric| {
            let name = Matcher::Full(metric.name().to_owned());
            builder.set_buckets_for_metric(name, metric.buckets())
        });
    Ok(builder?.install_recorder()?)
}

/// What changes by itself is told before each scrape.
fn scrapes(recorder: PrometheusHandle, levels: Vec<(Metrics, Stack)>) -> Router {
    let levels = Arc::new(levels);
    let scrape = async move || {
        for (metrics, stack) in &*levels {
            stack.report(metrics);
        }
        recorder.run_upkeep();
        let format = "text/plain; version=0.0.4; charset=utf-8";
        ([(CONTENT_TYPE, format)], recorder.render()).into_response()
    };
    Router::new().route("/metrics", get(scrape))
}

async fn serve(addr: SocketAddr, router: Router) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_the_loopback_interface() {
        assert_eq!(address("8080").unwrap().to_string(), "127.0.0.1:8080");
        assert_eq!(address("0.0.0.0:1").unwrap().to_string(), "0.0.0.0:1");
        assert_eq!(address("[::1]:1").unwrap().to_string(), "[::1]:1");
        for text in ["", "localhost", "70000", ":8080", "127.0.0.1"] {
            assert!(
                address(text).unwrap_err().starts_with("expected a port"),
                "{text}"
            );
        }
    }
}

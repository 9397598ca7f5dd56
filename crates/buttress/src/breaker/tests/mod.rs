mod contract;
mod following;
mod judging;
mod peers;
mod streams;

use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use buttress_core::{BoxError, Event, Observer, Rejected, Why};
use http::{Request, Response, StatusCode};
use tower::{Layer, Service, ServiceExt};

use super::*;

pub(super) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Opens when both of two calls failed, for five seconds; one probe, for ten seconds.
pub(super) fn small() -> Circuit {
    Circuit::default()
        .with_window(Window::calls(2).unwrap())
        .with_failure_rate(Rate::ALL)
        .with_minimum_calls(2)
        .and_then(|circuit| circuit.with_probes(1))
        .and_then(|circuit| circuit.with_open_for(secs(5)))
        .and_then(|circuit| circuit.with_half_open_for(secs(10), Stalled::Open))
        .unwrap()
}

/// Answers each request with the status that it asks for.
#[derive(Clone, Debug)]
pub(super) struct Echo;

impl Service<Request<u16>> for Echo {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), BoxError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<u16>) -> Self::Future {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(*request.body()).unwrap();
        ready(Ok(response))
    }
}

pub(super) async fn ask<S>(service: &mut S, status: u16) -> Result<StatusCode, BoxError>
where
    S: Service<Request<u16>, Response = Response<()>, Error = BoxError>,
{
    let request = Request::get("http://a.example/").body(status)?;
    let response = service.ready().await?.call(request).await?;
    Ok(response.status())
}

pub(super) fn refusal(result: Result<StatusCode, BoxError>) -> Rejected {
    let error = result.unwrap_err();
    let rejected = *Rejected::find(&*error).unwrap();
    assert_eq!(rejected.why, Why::CircuitOpen);
    rejected
}

/// A layer with the circuit, its handle, and a service that is open.
pub(super) async fn opened(circuit: Circuit) -> (Handle, CircuitBreaker<Echo>) {
    let layer = CircuitBreakerLayer::new(circuit);
    let mut service = layer.layer(Echo);
    while state(&layer.handle()) == State::Closed {
        ask(&mut service, 503).await.unwrap();
    }
    assert_eq!(state(&layer.handle()), State::Open);
    (layer.handle(), service)
}

pub(super) fn state(handle: &Handle) -> State {
    handle.snapshot(buttress_core::Key::ALL).unwrap().state
}

pub(super) fn snapshot(handle: &Handle) -> Snapshot {
    handle.snapshot(buttress_core::Key::ALL).unwrap()
}

/// Writes down what it is told.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Vec<String>>);

impl Log {
    pub(super) fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        let line = match event {
            Event::BreakerChanged { change, .. } => {
                format!("{} -> {}: {}", change.from, change.to, change.cause.name())
            }
            Event::BreakerWouldOpen { exceeded, .. } => format!("would open: {exceeded:?}"),
            Event::Rejected { rejected } => format!("rejected: {}", rejected.why.name()),
            other => format!("{other:?}"),
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }
}

pub(super) fn logged(circuit: Circuit) -> (Arc<Log>, CircuitBreakerLayer) {
    let log = Arc::new(Log::default());
    let observer: Arc<dyn Observer> = log.clone();
    let layer = CircuitBreakerLayer::new(circuit).with_observer(observer);
    (log, layer)
}

//! Readiness, and what passes.

use std::task::Poll;

use buttress::core::Failure;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body::{Body, Frame};
use tower::ServiceExt;
use tower_service::Service;
use tower_test::mock;

use crate::enrolled::Enrolled;
use crate::probe::{Act, Ask, IntoHttp, Probe, ProbeError, Readiness, Under, frames, probe};

/// Pending stays pending and wakes, ready passes at once, an error passes; each is asked for once.
pub(crate) fn readiness<L: Under<Probe, R>, R: Ask>((layer, _): Enrolled<L>) {
    let (inner, watch) = probe();
    let mut service = mock::Spawn::new(layer.layer(inner));
    let mut poll = || service.poll_ready::<R>();
    watch.make(Readiness::Pending);
    assert!(poll().is_pending());
    assert!(poll().is_pending());
    watch.make(Readiness::Ready);
    assert!(service.is_woken());
    let mut poll = || service.poll_ready::<R>();
    assert!(matches!(poll(), Poll::Ready(Ok(()))));
    watch.make(Readiness::Broken);
    let Poll::Ready(Err(error)) = poll() else {
        panic!("the inner service is broken");
    };
    let found = Failure::find_source::<ProbeError>(&*error);
    assert_eq!(found, Some(&ProbeError("not ready")));
    assert_eq!(watch.readied(), 4);
}

/// The first attempt goes to the service that was made ready, and a later one to a clone that was; the probe panics
/// where that is not so.
pub(crate) async fn called_ready<L: Under<Probe, R>, R: Ask>((layer, _): Enrolled<L>) {
    let (inner, watch) = probe();
    watch.acts([
        Act::Answer(503, 1),
        Act::Answer(503, 0),
        Act::Answer(200, 1),
    ]);
    let mut service = layer.layer(inner);
    for calls in 1..=2 {
        let before = watch.callers().len();
        let ready = service.ready().await.unwrap();
        let readied = watch.ready();
        assert!(ready.call(R::ask(Method::GET)).await.is_ok());
        let callers: Vec<_> = watch.callers().into_iter().map(Some).collect();
        assert_eq!(callers[before], readied, "call {calls}: {callers:?}");
        assert!(
            callers[before + 1..]
                .iter()
                .all(|caller| *caller != readied)
        );
    }
}

/// Head and frames, of a success and of a failure.
pub(crate) async fn unchanged<L: Under<Probe, R>, R: Ask>((layer, _): Enrolled<L>) {
    for status in [200, 304, 404, 500] {
        let (inner, watch) = probe();
        watch.acts([Act::Answer(status, 1)]);
        let service = layer.layer(inner);
        let response = service.oneshot(R::ask(Method::POST)).await;
        let response = response.unwrap().into_http();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.version(), http::Version::HTTP_10);
        let mut headers = HeaderMap::new();
        headers.append("x", "1".parse().unwrap());
        headers.append("x", "2".parse().unwrap());
        assert_eq!(response.headers(), &headers);
        assert_eq!(response.extensions().get::<u8>(), Some(&7));
        let body = response.into_body();
        assert_eq!(collect(body).await, parts(frames()));
    }
}

type Part = Result<Bytes, HeaderMap>;

fn parts(frames: Vec<Frame<Bytes>>) -> Vec<Part> {
    frames.into_iter().map(part).collect()
}

fn part(frame: Frame<Bytes>) -> Part {
    frame
        .into_data()
        .map_err(|frame| frame.into_trailers().unwrap_or_default())
}

async fn collect<B: Body<Data = Bytes, Error: std::fmt::Debug>>(body: B) -> Vec<Part> {
    let mut body = Box::pin(body);
    let mut parts = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        parts.push(part(frame.unwrap()));
    }
    parts
}

/// A failed call is no broken service: the error can be downcast, and the next call passes.
pub(crate) async fn errors<L: Under<Probe, R>, R: Ask>((layer, _): Enrolled<L>) {
    let (inner, watch) = probe();
    watch.acts([Act::Fail]);
    let mut service = layer.layer(inner);
    let failed = service.ready().await.unwrap().call(R::ask(Method::POST));
    let Err(error) = failed.await else {
        panic!("nobody answered");
    };
    let found = Failure::find_source::<ProbeError>(&*error);
    assert_eq!(found, Some(&ProbeError("failed")));
    let passed = service.ready().await.unwrap().call(R::ask(Method::POST));
    let passed = passed.await.unwrap().into_http();
    assert_eq!(passed.status(), StatusCode::OK);
}

//! Around and under tower's own layers.

use std::task::Poll;

use buttress::core::Failure;
use http::{Method, Request, StatusCode};
use tokio_test::task;
use tower::ServiceExt;
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimit;
use tower::load_shed::LoadShed;
use tower::load_shed::error::Overloaded;
use tower_service::Service;
use tower_test::mock;

use crate::enrolled::Enrolled;
use crate::probe::{Act, Acting, Ask, IntoHttp, Probe, ProbeError, Readiness, Under, probe};

type Limited = ConcurrencyLimit<Probe>;
type Buffered = Buffer<Request<reqwest::Body>, Acting>;

/// One caller is told to stay away for a minute, by a body that never ends: another one passes meanwhile.
pub(crate) fn waiting<L: Under<Limited, R>, R: Ask>((layer, _): Enrolled<L>) {
    let (inner, watch) = probe();
    let mut waiter = mock::Spawn::new(layer.layer(ConcurrencyLimit::new(inner, 1)));
    let mut other = waiter.clone();
    watch.acts([Act::NotNow]);
    assert!(matches!(waiter.poll_ready::<R>(), Poll::Ready(Ok(()))));
    let mut waiting = task::spawn(waiter.call(R::ask(Method::GET)));
    // Until it waits for something that does not come by itself, or is done.
    let done = loop {
        match waiting.poll() {
            Poll::Ready(result) => break Some(result.is_ok()),
            Poll::Pending if waiting.is_woken() => {}
            Poll::Pending => break None,
        }
    };
    if done.is_some() {
        // Its permit is that of a call that has ended.
        drop(waiting);
    }
    assert_eq!(watch.callers().len(), 1);
    assert!(
        matches!(other.poll_ready::<R>(), Poll::Ready(Ok(()))),
        "the permit is held"
    );
    let mut passing = task::spawn(other.call(R::ask(Method::GET)));
    assert!(matches!(passing.poll(), Poll::Ready(Ok(_))));
}

/// Errors surface from the call; the service behind the buffer goes on.
pub(crate) async fn buffer_outside<L: Under<Probe, R>, R: Ask>((layer, _): Enrolled<L>) {
    let (inner, watch) = probe();
    watch.acts([Act::Fail, Act::Answer(429, 0), Act::Fail]);
    let mut client = Buffer::new(layer.layer(inner), 4);
    let mut errors = 0;
    for _ in 0..4 {
        let call = client.ready().await.unwrap().call(R::ask(Method::POST));
        if let Err(error) = call.await {
            let found = Failure::find_source::<ProbeError>(&*error);
            assert_eq!(found, Some(&ProbeError("failed")));
            errors += 1;
        }
    }
    assert_eq!(errors, 2);
    assert!(watch.callers().len() >= 4);
}

/// A buffer's clone that was not made ready panics when it is called.
pub(crate) async fn buffer_inside<L: Under<Buffered, R>, R: Ask>((layer, _): Enrolled<L>) {
    let (inner, watch) = probe();
    watch.acts([Act::Answer(503, 1), Act::Answer(503, 0)]);
    let mut service = layer.layer(Buffer::new(inner, 1));
    for _ in 0..3 {
        let call = service.ready().await.unwrap().call(R::ask(Method::GET));
        assert!(call.await.is_ok());
    }
    assert!(watch.callers().len() >= 3);
}

/// What is not ready inside is shed outside, and not awaited; what is ready again passes again.
pub(crate) async fn load_shed_outside<L: Under<Probe, R>, R: Ask>((layer, _): Enrolled<L>) {
    let (inner, watch) = probe();
    let mut service = LoadShed::new(layer.layer(inner));
    watch.make(Readiness::Pending);
    let shed = service.ready().await.unwrap().call(R::ask(Method::GET));
    let Err(error) = shed.await else {
        panic!("the inner service is not ready");
    };
    assert!(error.is::<Overloaded>());
    assert!(watch.callers().is_empty());
    watch.make(Readiness::Ready);
    let passed = service.ready().await.unwrap().call(R::ask(Method::GET));
    assert_eq!(passed.await.unwrap().into_http().status(), StatusCode::OK);
}

/// A clone of it that was not made ready refuses everything.
pub(crate) async fn load_shed_inside<L: Under<LoadShed<Limited>, R>, R: Ask>(
    (layer, _): Enrolled<L>,
) {
    let (inner, watch) = probe();
    watch.acts([Act::Answer(503, 1), Act::Answer(503, 0)]);
    let mut service = layer.layer(LoadShed::new(ConcurrencyLimit::new(inner, 1)));
    let mut last = StatusCode::OK;
    for _ in 0..3 {
        let call = service.ready().await.unwrap().call(R::ask(Method::GET));
        last = call.await.unwrap().into_http().status();
    }
    assert_eq!(last, StatusCode::OK);
}

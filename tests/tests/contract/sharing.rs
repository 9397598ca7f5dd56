//! Who shares what a layer remembers. The retry layer's budget is all there is so far.

use std::sync::Arc;
use std::task::Poll;

use buttress::core::History;
use buttress::core::budget::{Budget, Share};
use buttress::core::history::End;
use buttress::retry::{Retries, Retry, RetryLayer};
use http::{Method, Request};
use tokio_test::task;
use tower_layer::Layer;
use tower_service::Service;

use crate::probe::{Act, Ask, IntoHttp, Probe, probe};

type Retrying = Retry<Probe, buttress::retry::Http>;

/// A layer with one place for a retry at a time.
fn layer() -> RetryLayer {
    let none = Share::from_percent(0).unwrap();
    RetryLayer::new(Retries::default()).with_budget(Budget::of_active(none, 1))
}

fn service(layer: &RetryLayer) -> Retrying {
    let (inner, watch) = probe();
    watch.acts([Act::Answer(503, 0), Act::Answer(503, 0)]);
    layer.layer(inner)
}

/// Whether a call of `second` is refused a retry while one of `first` waits for its own.
async fn share(mut first: Retrying, mut second: Retrying) -> bool {
    let mut waiting = start(&mut first);
    assert!(waiting.poll().is_pending());
    let mut other = start(&mut second);
    match other.poll() {
        Poll::Pending => false,
        Poll::Ready(response) => {
            let response = response.unwrap().into_http();
            let history = response.extensions().get::<History>();
            assert_eq!(history.map(History::end), Some(End::Budget));
            true
        }
    }
}

fn start(
    service: &mut Retrying,
) -> task::Spawn<<Retrying as Service<Request<reqwest::Body>>>::Future> {
    let mut readied = task::spawn(());
    let ready = readied.enter(|cx, _| service.poll_ready(cx));
    assert!(matches!(ready, Poll::Ready(Ok(()))));
    task::spawn(service.call(Request::ask(Method::GET)))
}

#[tokio::test(start_paused = true)]
async fn clones_of_a_service_share() {
    let first = service(&layer());
    assert!(share(first.clone(), first).await);
}

#[tokio::test(start_paused = true)]
async fn one_layer_applied_twice_shares() {
    let layer = layer();
    assert!(share(service(&layer), service(&layer)).await);
}

#[tokio::test(start_paused = true)]
async fn a_clone_of_a_layer_shares() {
    let layer = layer();
    assert!(share(service(&layer), service(&layer.clone())).await);
}

#[tokio::test(start_paused = true)]
async fn two_layers_do_not_share() {
    assert!(!share(service(&layer()), service(&layer())).await);
}

#[tokio::test(start_paused = true)]
async fn two_layers_share_a_budget_that_is_given_to_both() {
    let none = Share::from_percent(0).unwrap();
    let budget = Arc::new(Budget::of_active(none, 1));
    let [one, two] = [layer(), layer()].map(|layer| layer.with_budget(Arc::clone(&budget)));
    assert!(share(service(&one), service(&two)).await);
}

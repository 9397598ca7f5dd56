//! The layers that wait know when it is no use.

use std::convert::Infallible;

use buttress_core::{Key, Rejected, Why};
use http::{Request, Response};
use tokio_test::{assert_pending, assert_ready_err, task};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use super::*;
use crate::cooldown::CooldownLayer;
use crate::rate_limit::{Quota, RateLimitLayer};

fn well() -> impl Service<
    Request<()>,
    Response = Response<()>,
    Error = Infallible,
    Future = std::future::Ready<Result<Response<()>, Infallible>>,
> + Clone {
    service_fn(|_| std::future::ready(Ok(Response::new(()))))
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_outlasts_the_deadline_is_refused_at_once() {
    let cooldown = CooldownLayer::new();
    let handle = cooldown.handle();
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(5 * SECOND))
        .layer(cooldown)
        .service(well());
    handle.hold(Key::ALL, 4 * SECOND);
    let mut held = task::spawn(service.clone().oneshot(Request::new(())));
    assert_pending!(held.poll());
    handle.hold(Key::ALL, 6 * SECOND);
    let mut refused = task::spawn(service.oneshot(Request::new(())));
    let error = assert_ready_err!(refused.poll());
    assert_eq!(
        Rejected::find(&*error).map(|it| it.why),
        Some(Why::Cooldown)
    );
}

#[tokio::test(start_paused = true)]
async fn a_slot_after_the_deadline_is_refused_at_once_and_takes_nothing() {
    let limit = RateLimitLayer::new([Quota::new(1, 6 * SECOND).unwrap()]);
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(5 * SECOND))
        .layer(limit)
        .service(well());
    service.clone().oneshot(Request::new(())).await.unwrap();
    for _ in 0..3 {
        let mut refused = task::spawn(service.clone().oneshot(Request::new(())));
        let error = assert_ready_err!(refused.poll());
        assert_eq!(
            Rejected::find(&*error).map(|it| it.why),
            Some(Why::RateLimit)
        );
    }
    tokio::time::advance(6 * SECOND).await;
    service.oneshot(Request::new(())).await.unwrap();
}

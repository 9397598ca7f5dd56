//! Tests of the layer. Time is tokio's, paused; each file has its own service beneath.

use std::hash::RandomState;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use buttress_core::key::KeyKind;
use buttress_core::{BoxError, Key, Rejected, Timestamp, Why};
use tokio_test::task;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_layer::Layer;

use super::*;
use crate::look::Look;
use crate::time::Clock;

mod adaptive;
mod answers;
mod fairness;
mod given_back;
mod in_flight;
mod keys;
mod news;
mod waits;

const SECOND: Duration = Duration::from_secs(1);

/// One a second, and no burst.
fn one_a_second() -> Quota {
    Quota::per_second(1).unwrap()
}

/// The key that a request names itself.
fn by_itself(request: &u64) -> Key {
    static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    Key::new(KeyKind::Custom, request, &*SECRET)
}

/// Answers at once, with the request.
fn echo() -> impl Service<u64, Response = u64, Error = BoxError, Future: Send + Unpin> + Clone {
    service_fn(|request| std::future::ready(Ok(request)))
}

fn now() -> Timestamp {
    Clock::default().now()
}

async fn call<S>(service: &mut S, request: u64) -> Result<u64, BoxError>
where
    S: Service<u64, Response = u64, Error = BoxError>,
{
    service.ready().await?.call(request).await
}

fn refusal<T>(result: Result<T, BoxError>) -> Rejected {
    let error = result.err().expect("a refusal");
    *Rejected::find(&*error).expect("a refusal of ours")
}

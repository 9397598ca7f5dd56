//! Buttress's own rows.
//!
//! A service is registered with the load that it is called with, and the name of the row that it is compared with:
//!
//! ```ignore
//! let service = RetryLayer::new(retries).layer(Http::inner());
//! bench.row::<Http, _>("buttress Retry, http", Some("tower Retry, http"), service);
//! ```
//!
//! * `Unit` sends `()`, `Http` a request with 8 headers (`load.rs`); `inner()` is the service that answers at once. A
//!   row and its peer are on the same load. An HTTP row is less a floor that copies one request and one response, so
//!   that its net holds only what the layers add.
//! * The peer is named as it stands in `peers/`; a name that is no row ends the program before anything is run.
//! * Any service whose error turns into a `BoxError` will do. A call that is refused or fails ends the program: limits
//!   are to be set so high that they never bite.
//! * What is no service, a decision of the core, is a closure: `bench.function("classify", None, move || ...)`. It has
//!   no floor; hand its input through `black_box`.
//! * Services are built inside a runtime's context and may make timers.

mod breaker;
mod observe;
mod rate_limit;
mod stack;
mod timing;

use std::hint::black_box;

use buttress::classify::{ClassifyLayer, Rules};
use buttress::cooldown::{CooldownLayer, Pauses};
use buttress::core::pause::Gate;
use buttress::providers::openai;
use buttress::retry::{Retries, RetryLayer};
use tower::{BoxError, ServiceBuilder};

use crate::bench::Bench;
use crate::load::{Http, Load};

/// Adds our rows.
///
/// # Errors
///
/// Where a policy is refused.
pub(crate) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
    let retry = RetryLayer::new(Retries::default());
    let classify = ClassifyLayer::new(Rules::new().then(openai::PROFILE));
    let service = ServiceBuilder::new().layer(classify.clone());
    bench.row::<Http, _>("classify", None, service.service(Http::inner()));
    let service = ServiceBuilder::new().layer(retry.clone());
    bench.row::<Http, _>("retry", Some(PEER), service.service(Http::inner()));
    let service = ServiceBuilder::new().layer(retry).layer(classify);
    bench.row::<Http, _>(
        "classify + retry",
        Some(PEER),
        service.service(Http::inner()),
    );
    cooldown(bench);
    timing::rows(bench);
    breaker::rows(bench)?;
    rate_limit::rows(bench)?;
    stack::rows(bench)?;
    observe::rows(bench)
}

fn cooldown(bench: &mut Bench) {
    let service = ServiceBuilder::new().layer(CooldownLayer::new());
    bench.row::<Http, _>("cooldown", None, service.service(Http::inner()));
    let gate = Gate::new(Pauses::default(), 0);
    bench.function("cooldown, the look", None, move || black_box(&gate).pass());
}

/// tower-resilience has no layer that judges answers; its retry layer is what both of ours together stand against.
const PEER: &str = "tower-resilience retry, http";

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

mod timing;

use std::hash::RandomState;
use std::hint::black_box;

use buttress::classify::{ClassifyLayer, Rules};
use buttress::cooldown::{CooldownLayer, Pauses};
use buttress::core::key::KeyKind;
use buttress::core::pause::Gate;
use buttress::core::quota::{Limiter, Schedule};
use buttress::core::{Invalid, Key, Timestamp};
use buttress::key::ByHost;
use buttress::providers::openai;
use buttress::rate_limit::{Quota, RateLimitLayer};
use buttress::retry::{Retries, RetryLayer};
use tower::{BoxError, Layer, ServiceBuilder};

use crate::bench::Bench;
use crate::load::{Http, Load, Unit};

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
    let service = ServiceBuilder::new().layer(CooldownLayer::new());
    bench.row::<Http, _>("cooldown", None, service.service(Http::inner()));
    let gate = Gate::new(Pauses::default(), 0);
    bench.function("cooldown, the look", None, move || black_box(&gate).pass());
    timing::rows(bench);
    rate_limits(bench)
}

fn rate_limits(bench: &mut Bench) -> Result<(), BoxError> {
    let quota = Quota::per_second(1_000_000_000)?;
    let layer = RateLimitLayer::new([quota]);
    bench.row::<Unit, _>("rate-limit", Some(LIMITER), layer.layer(Unit::inner()));
    let calls = Quota::per_second(100_000_000)?.counting_calls();
    let day = Quota::per_day(1_000_000_000_000)?;
    let several = RateLimitLayer::new([quota, calls, day]).layer(Unit::inner());
    bench.row::<Unit, _>("rate-limit, three quotas", Some(LIMITER), several);
    let secret = RandomState::new();
    let key = move |(): &()| Key::new(KeyKind::Custom, 7, &secret);
    let keyed = RateLimitLayer::new([quota]).with_keyer(key);
    bench.row::<Unit, _>(
        "rate-limit, keyed",
        Some(LIMITER),
        keyed.layer(Unit::inner()),
    );
    let by_host = RateLimitLayer::new([quota]).with_keyer(ByHost::default());
    bench.row::<Http, _>(
        "rate-limit by host, http",
        None,
        by_host.layer(Http::inner()),
    );
    bench.function(
        "slot taken and given back, nobody waiting",
        None,
        waiting(0)?,
    );
    bench.function(
        "slot taken and given back, 1 000 waiting",
        None,
        waiting(1_000)?,
    );
    bench.function(
        "slot taken and given back, 10 000 waiting",
        None,
        waiting(10_000)?,
    );
    Ok(())
}

/// Takes the slot after those of so many who wait, and gives it back.
fn waiting(callers: usize) -> Result<impl FnMut() -> bool, Invalid> {
    let limiter = Limiter::new(Schedule::new(&[Quota::per_second(1)?]));
    let now = Timestamp::from_nanos(1);
    // The first goes, and whoever is after it waits.
    for _ in 0..=callers {
        let _waits = limiter.reserve(1, now, Timestamp::MAX);
    }
    Ok(move || {
        let slot = limiter.reserve(1, now, Timestamp::MAX);
        slot.is_ok_and(|slot| {
            limiter.give_back(slot, now);
            !slot.is_granted()
        })
    })
}

const LIMITER: &str = "tower-resilience rate limiter";

/// tower-resilience has no layer that judges answers; its retry layer is what both of ours together stand against.
const PEER: &str = "tower-resilience retry, http";

//! The rate limit: alone, with several quotas, by key, and with many who wait.

use std::hash::RandomState;

use buttress::core::key::KeyKind;
use buttress::core::quota::{Limiter, Schedule};
use buttress::core::{Invalid, Key, Timestamp};
use buttress::key::ByHost;
use buttress::rate_limit::{Grammar, Quota, RateLimitLayer};
use tower::{BoxError, Layer};

use crate::bench::Bench;
use crate::load::{Http, Load, Unit};

pub(super) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
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
    let learning = RateLimitLayer::new([quota]).with_learning(Grammar::OpenAi);
    bench.row::<Http, _>(
        "rate-limit that learns, http",
        None,
        learning.layer(Http::inner()),
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

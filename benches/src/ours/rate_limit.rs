//! The rate limit: alone, with several quotas, by key, called by two threads, and with many who wait; and governor's
//! limiter as a layer.

use std::hash::RandomState;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use buttress::core::key::KeyKind;
use buttress::core::quota::{Limiter, Schedule};
use buttress::core::{Invalid, Key, Timestamp};
use buttress::key::ByHost;
use buttress::rate_limit::governor::GovernorLayer;
use buttress::rate_limit::{Grammar, Quota, RateLimitLayer};
use governor::RateLimiter;
use tower::{BoxError, Layer, Service};

use crate::bench::Bench;
use crate::load::{Http, Load, Unit};

pub(super) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
    let quota = Quota::per_second(1_000_000_000)?;
    let layer = RateLimitLayer::new([quota]);
    bench.row::<Unit, _>("rate-limit", Some(LIMITER), layer.layer(Unit::inner()));
    let calls = Quota::per_second(100_000_000)?.counting_requests();
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
    let contended = RateLimitLayer::new([quota]).layer(Unit::inner());
    bench.contended_row::<Unit, _>(
        "rate-limit, two threads",
        Some("tower-resilience rate limiter, two threads"),
        contended,
    );
    let plug = GovernorLayer::direct(Arc::new(RateLimiter::direct(governor()?)));
    bench.row::<Unit, _>(
        "rate-limit, governor plug",
        Some("governor check"),
        plug.layer(Unit::inner()),
    );
    strangers(bench)?;
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

/// A million keys in turn, and places for ten thousand. Where keys are idle again when the next comes, each call makes
/// a state in the place of another; where they are in debt, most calls find no place and share one.
fn strangers(bench: &mut Bench) -> Result<(), BoxError> {
    let idle = Quota::per_second(1_000_000_000)?;
    let in_debt = Quota::per_day(1_000)?.with_burst(20_000_000)?;
    for (name, quota) in [
        ("rate-limit, 1 000 000 idle keys in 10 000 places", idle),
        ("rate-limit, 1 000 000 busy keys in 10 000 places", in_debt),
    ] {
        let (secret, calls) = (RandomState::new(), AtomicU64::new(0));
        let key = move |(): &()| {
            let stranger = calls.fetch_add(1, Ordering::Relaxed) % 1_000_000;
            Key::new(KeyKind::Custom, stranger, &secret)
        };
        let layer = RateLimitLayer::new([quota]).with_keyer(key);
        let mut service = layer.layer(Unit::inner());
        // All places are taken before anything is measured.
        (0..20_000).for_each(|_| drop(service.call(())));
        bench.row::<Unit, _>(name, None, service);
    }
    Ok(())
}

fn governor() -> Result<governor::Quota, BoxError> {
    let cells = NonZeroU32::new(1_000_000_000).ok_or("a quota of nothing")?;
    Ok(governor::Quota::per_second(cells))
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

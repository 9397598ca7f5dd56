//! governor: a check on one limiter, and on one of many by key.

use std::num::NonZeroU32;

use governor::{Quota, RateLimiter};
use tower::BoxError;

use crate::bench::Bench;

/// One cell a nanosecond, and a second's worth at once: more than are ever asked for.
const CELLS: u32 = 1_000_000_000;

pub(super) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
    let limiter = RateLimiter::direct(quota()?);
    bench.function("governor check", None, move || limiter.check());
    let limiter = RateLimiter::direct(quota()?);
    bench.contended("governor check, two threads", move || drop(limiter.check()));
    keyed(bench, "governor keyed, 1 000 keys", 1_000)?;
    keyed(bench, "governor keyed, 1 000 000 keys", 1_000_000)
}

fn quota() -> Result<Quota, BoxError> {
    let cells = NonZeroU32::new(CELLS).ok_or("a quota of nothing")?;
    Ok(Quota::per_second(cells))
}

/// A check by key. Every key has been seen before, and the next is far from the last: a map in the cache's reach is no
/// credit to a limiter whose callers come in any order.
fn keyed(bench: &mut Bench, name: &'static str, keys: u64) -> Result<(), BoxError> {
    // Shares no factor with a power of ten, so that the steps come by every key.
    const STEP: u64 = 618_033;

    let limiter = RateLimiter::dashmap(quota()?);
    let step = STEP % keys;
    (0..keys).for_each(|key| drop(limiter.check_key(&key)));
    let mut key = 0;
    bench.function(name, None, move || {
        key += step;
        if key >= keys {
            key -= keys;
        }
        limiter.check_key(&key)
    });
    Ok(())
}

//! What is done to all meters of a set at once.

use super::amount::Quota;
use super::meter::{AnyMeter, Meter};
use crate::time::Timestamp;

/// The first time at which all quotas admit `cost`, and the one that takes longest, if any of them makes it wait.
///
/// What fits at one time fits from then on, so that the latest of the times is a time for all.
pub(super) fn next(
    quotas: &[Quota],
    meters: &[AnyMeter],
    cost: u64,
    from: Timestamp,
) -> (Timestamp, Option<Quota>) {
    let times = quotas
        .iter()
        .zip(meters)
        .map(|(quota, meter)| (meter.next(quota.of(cost), from), Some(*quota)));
    times.max_by_key(|(time, _)| *time).unwrap_or((from, None))
}

pub(super) fn take(quotas: &[Quota], meters: &mut [AnyMeter], cost: u64, at: Timestamp) {
    for (quota, meter) in quotas.iter().zip(meters) {
        meter.take(quota.of(cost), at);
    }
}

/// Gives back all of a call, which was not sent.
pub(super) fn unpay<'a>(
    quotas: &[Quota],
    meters: impl IntoIterator<Item = &'a mut AnyMeter>,
    paid: u64,
    at: Timestamp,
    now: Timestamp,
) {
    for (quota, meter) in quotas.iter().zip(meters) {
        meter.give_back(quota.of(paid), at, now);
    }
}

/// Gives back what a call paid over its cost.
pub(super) fn lower_price<'a>(
    quotas: &[Quota],
    meters: impl IntoIterator<Item = &'a mut AnyMeter>,
    paid: u64,
    cost: u64,
    at: Timestamp,
    now: Timestamp,
) {
    for (quota, meter) in quotas.iter().zip(meters) {
        meter.give_back(quota.of(paid) - quota.of(cost), at, now);
    }
}

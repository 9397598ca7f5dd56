//! Tests of meters and schedules. Each file has its own helpers; these are everybody's.

use std::time::Duration;

use super::{Quota, Schedule, Shape, Slot};
use crate::time::Timestamp;

mod ahead;
mod learned;
mod meters;
mod oracle;
mod server;
mod slots;
mod windows;

const SECOND: u64 = 1_000_000_000;
const FOREVER: Timestamp = Timestamp::MAX;

const SHAPES: [Shape; 4] = [Shape::Bucket, Shape::Log, Shape::Counter, Shape::Fixed];

fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

fn seconds(seconds: u64) -> Timestamp {
    at(seconds * SECOND)
}

fn per_second(units: u64, burst: u64) -> Quota {
    Quota::per_second(units).unwrap().with_burst(burst).unwrap()
}

fn schedule(quotas: &[Quota]) -> Schedule {
    Schedule::new(quotas).with_grain(Duration::ZERO)
}

/// The slot as it stands now.
fn confirm(schedule: &mut Schedule, slot: Slot, now: Timestamp) -> Slot {
    schedule.confirm(slot, now, &mut None).unwrap()
}

//! What is learned from answers.

use super::*;
use crate::quota::published::{Published, Returns, Unit};
use crate::quota::{Lesson, Reading};

mod remaining;
mod settled;
mod unsaid;
mod waiting;
mod whose;

/// What remains of a thousand, all of which come back at the reset.
pub(super) fn reading(remaining: u64, reset: u64) -> Reading {
    Reading::from(&published(remaining, reset))
}

fn published(remaining: u64, reset: u64) -> Published<'static> {
    Published {
        name: "".into(),
        unit: Unit::Requests,
        limit: Some(1_000),
        remaining: Some(remaining),
        rounding: 0,
        reset: Some(Duration::from_secs(reset)),
        window: None,
        returns: Returns::AtOnce,
    }
}

fn lesson(readings: &[Option<Reading>]) -> Lesson<'_> {
    Lesson {
        readings,
        costs: None,
        adopts: false,
        settles: false,
    }
}

/// The call of `slot` is answered with `reading`.
pub(super) fn hear(schedule: &mut Schedule, slot: Slot, reading: Reading, now: Timestamp) {
    let lesson = [Some(reading)];
    for waker in schedule.answered(slot, &self::lesson(&lesson), now).1 {
        waker.wake();
    }
}

fn learner(quotas: &[Quota]) -> Schedule {
    schedule(quotas).with_learning()
}

fn goes(schedule: &mut Schedule, now: Timestamp) -> Slot {
    schedule.reserve(1, now, now).unwrap()
}

fn many() -> Quota {
    per_second(1_000, 1_000)
}

/// How many calls of one go at `now`, all of which are answered by nothing.
fn room(schedule: &mut Schedule, now: Timestamp) -> usize {
    std::iter::from_fn(|| schedule.reserve(1, now, now).ok()).count()
}

fn left(schedule: &Schedule, now: Timestamp) -> u64 {
    schedule.snapshot(now).levels[0].remaining
}

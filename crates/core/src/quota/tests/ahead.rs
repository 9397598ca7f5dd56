//! Spreading what is left, and telling when it is spent.

use super::super::{Level, Reading};
use super::learned::{hear, reading};
use super::*;

fn paced(quotas: &[Quota]) -> Schedule {
    schedule(quotas).with_pacing(true)
}

/// The slots of the next calls, in tenths of a second.
fn slots(schedule: &mut Schedule, count: usize, now: Timestamp) -> Vec<u64> {
    let slots = (0..count).map(|_| schedule.reserve(1, now, FOREVER).unwrap().at());
    slots.map(|slot| slot.as_nanos() * 10 / SECOND).collect()
}

#[test]
fn what_is_left_is_spread_over_the_time_until_all_of_it_is_there_again() {
    for shape in SHAPES {
        let quota = Quota::per_second(10).unwrap().with_shape(shape);
        let mut schedule = paced(&[quota]);
        let even = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19];
        assert_eq!(slots(&mut schedule, 10, seconds(1)), even, "{shape:?}");
    }
}

#[test]
fn of_a_window_that_has_begun_the_rest_is_spread_over_the_rest_of_it() {
    let quota = Quota::new(10, Duration::from_secs(10)).unwrap();
    let mut schedule = paced(&[quota.with_shape(Shape::Fixed)]);
    assert_eq!(slots(&mut schedule, 1, seconds(0)), [0]);
    // Nine for the nine seconds from the first, of which five have passed.
    let rest = slots(&mut schedule, 9, seconds(5));
    assert_eq!((rest[0], rest[8]), (50, 94));
}

#[test]
fn large_calls_keep_the_next_away_for_longer() {
    let mut schedule = paced(&[per_second(10, 10)]);
    schedule.reserve(5, seconds(0), FOREVER).unwrap();
    let next = schedule.reserve(1, seconds(0), FOREVER).unwrap();
    assert_eq!(next.at(), at(SECOND / 2));
}

#[test]
fn what_the_server_says_remains_is_spread_until_its_reset() {
    let mut schedule = paced(&[per_second(1_000, 1_000)]).with_learning();
    let slot = schedule.reserve(1, seconds(0), FOREVER).unwrap();
    hear(&mut schedule, slot, reading(10, 100), seconds(0));
    let slots = slots(&mut schedule, 11, seconds(0));
    assert_eq!(slots[0..3], [0, 100, 200]);
    assert_eq!(slots[10], 1_000, "the next window's first");
}

#[test]
fn pacing_uses_all_that_there_is() {
    let quota = Quota::per_second(10).unwrap().with_shape(Shape::Fixed);
    let mut schedule = paced(&[quota]);
    let slots = slots(&mut schedule, 101, seconds(0));
    assert_eq!(slots[100], 100);
}

fn level(schedule: &Schedule, now: Timestamp) -> Level {
    schedule.snapshot(now).levels[0]
}

#[test]
fn a_quota_that_is_spent_faster_than_it_comes_back_is_forecast_to_end() {
    let quota = Quota::new(100, Duration::from_secs(100)).unwrap();
    for shape in SHAPES {
        let mut schedule = schedule(&[quota.with_shape(shape)]);
        // Two a second for twenty-five seconds.
        for half in 2_000..2_050 {
            schedule.reserve(1, at(half * SECOND / 2), FOREVER).unwrap();
        }
        let now = seconds(1_025);
        let spent = level(&schedule, now).spent.unwrap();
        let rest = spent.since(now).as_secs();
        // Fifty are left at two a second; a bucket has got back half of what was spent, and gets back one a second.
        let expected = match shape {
            Shape::Bucket => 65..=85,
            _ => 22..=28,
        };
        assert!(expected.contains(&rest), "{shape:?}: {rest}");
    }
}

#[test]
fn a_quota_that_comes_back_as_fast_is_never_spent() {
    let mut schedule = schedule(&[Quota::per_minute(60).unwrap()]);
    assert_eq!(level(&schedule, seconds(0)).spent, None);
    for second in 100..200 {
        schedule.reserve(1, seconds(second), FOREVER).unwrap();
    }
    assert_eq!(level(&schedule, seconds(200)).spent, None);
    let slow = Quota::per_minute(60).unwrap().with_shape(Shape::Fixed);
    let mut schedule = super::schedule(&[slow]);
    for second in 0..20 {
        schedule.reserve(1, seconds(2 * second), FOREVER).unwrap();
    }
    assert_eq!(
        level(&schedule, seconds(40)).spent,
        None,
        "forty are left for twenty seconds"
    );
}

#[test]
fn the_forecast_knows_what_others_spend() {
    let mut schedule = schedule(&[Quota::per_hour(5_000).unwrap()]).with_learning();
    let tell = |schedule: &mut Schedule, remaining, now, reset: Timestamp| {
        let slot = schedule.reserve(1, now, now).unwrap();
        let reading = reading(remaining, reset.since(now).as_secs());
        hear(schedule, slot, reading, now);
    };
    let reset = seconds(3_600);
    tell(&mut schedule, 1_000, seconds(0), reset);
    tell(&mut schedule, 900, seconds(100), reset);
    let level = level(&schedule, seconds(100));
    assert_eq!((level.remaining, level.reset), (900, reset));
    assert_eq!(
        level.spent,
        Some(seconds(1_000)),
        "one a second, of which we made two in all"
    );
}

#[test]
fn a_level_says_when_all_of_it_is_there_again() {
    let quota = Quota::per_second(10).unwrap();
    for (shape, whole) in [
        (Shape::Bucket, 1_100),
        (Shape::Log, 2_000),
        (Shape::Counter, 3_000),
        (Shape::Fixed, 2_000),
    ] {
        let mut schedule = schedule(&[quota.with_shape(shape)]);
        assert_eq!(level(&schedule, seconds(1)).reset, seconds(1), "{shape:?}");
        schedule.reserve(1, seconds(1), FOREVER).unwrap();
        let reset = level(&schedule, seconds(1)).reset;
        assert_eq!(reset, at(whole * SECOND / 1_000), "{shape:?}");
    }
}

#[test]
fn a_reading_is_small_enough_to_be_kept_for_each_of_many_keys() {
    assert!(size_of::<Reading>() <= 120, "{}", size_of::<Reading>());
    assert!(size_of::<Schedule>() <= 440, "{}", size_of::<Schedule>());
}

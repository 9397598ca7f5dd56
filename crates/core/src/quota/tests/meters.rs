use super::super::meter::AnyMeter;
use super::super::{Bucket, Counter, Fixed, Log, Meter};
use super::*;

fn of_shape(units: u64, shape: Shape) -> AnyMeter {
    AnyMeter::new(&Quota::per_second(units).unwrap().with_shape(shape))
}

#[test]
fn quotas_that_cannot_be_are_refused() {
    let second = Duration::from_secs(1);
    assert!(Quota::new(0, second).is_err());
    assert!(Quota::new(1, Duration::ZERO).is_err());
    assert!(Quota::new(1, Duration::MAX).is_err());
    assert!(Quota::new(1_000_000_001, second).is_err());
    assert!(Quota::new(1_000_000_000, second).is_ok());
    assert!(Quota::per_second(1).unwrap().with_burst(0).is_err());
    assert!(Quota::per_day(1).unwrap().with_burst(u64::MAX).is_err());
    assert!(
        Quota::new(1, Duration::from_nanos(1))
            .unwrap()
            .with_burst(u64::from(u32::MAX))
            .is_ok()
    );
}

#[test]
fn an_interval_that_does_not_divide_is_rounded_up_and_the_burst_stays_whole() {
    let mut bucket = Bucket::new(&Quota::per_second(3).unwrap());
    for _ in 0..3 {
        assert_eq!(bucket.next(1, at(0)), at(0));
        bucket.take(1, at(0));
    }
    assert_eq!(bucket.next(1, at(0)), at(333_333_334));
}

#[test]
fn what_is_used_is_what_was_taken_in_every_shape() {
    for shape in SHAPES {
        let mut meter = of_shape(10, shape);
        assert_eq!(
            (meter.largest(), meter.used(seconds(1))),
            (10, 0),
            "{shape:?}"
        );
        meter.take(7, seconds(1));
        assert_eq!(meter.used(seconds(1)), 7, "{shape:?}");
        assert_eq!(meter.remaining(seconds(1)), 3, "{shape:?}");
        meter.give_back(4, seconds(1), seconds(1));
        assert_eq!(meter.used(seconds(1)), 3, "{shape:?}");
        assert_eq!(meter.used(seconds(3)), 0, "{shape:?}");
    }
}

#[test]
fn lowering_only_lowers_in_every_shape() {
    for shape in SHAPES {
        let mut meter = of_shape(10, shape);
        meter.lower(4, seconds(1));
        assert_eq!(meter.remaining(seconds(1)), 4, "{shape:?}");
        meter.lower(9, seconds(1));
        assert_eq!(meter.remaining(seconds(1)), 4, "{shape:?}");
        meter.lower(0, seconds(1));
        assert!(meter.next(1, seconds(1)) > seconds(1), "{shape:?}");
    }
}

#[test]
fn debt_is_waited_for_in_every_shape() {
    for shape in SHAPES {
        let mut meter = of_shape(10, shape);
        meter.take(15, seconds(1));
        let next = meter.next(1, seconds(1));
        assert!(
            next > seconds(1) && next <= seconds(3),
            "{shape:?} {next:?}"
        );
        let whole = meter.next(10, seconds(1));
        assert!(whole >= next && whole <= seconds(3), "{shape:?} {whole:?}");
    }
}

#[test]
fn a_change_keeps_what_is_used_and_a_quota_on_top_begins_unused() {
    for shape in SHAPES {
        let mut schedule = schedule(&[Quota::per_second(10).unwrap().with_shape(shape)]);
        schedule.reserve(6, seconds(1), seconds(1)).unwrap();
        let (slower, more) = (Quota::per_minute(20).unwrap(), Quota::per_day(90).unwrap());
        drop(schedule.change(&[slower.with_shape(shape), more], seconds(1)));
        let levels = schedule.snapshot(seconds(1)).levels;
        let remaining: Vec<_> = levels.iter().map(|level| level.remaining).collect();
        assert_eq!(remaining, [14, 90], "{shape:?}");
    }
}

#[test]
fn a_clock_that_jumps_or_stands_is_no_matter() {
    for shape in SHAPES {
        let mut meter = of_shape(10, shape);
        for time in [u64::MAX / 2, 5, 5, u64::MAX - 1, u64::MAX, 0] {
            meter.take(1, at(time));
            meter.give_back(1, at(time), at(time));
            let next = meter.next(10, at(time));
            assert!(next >= at(time), "{shape:?}");
            meter.used(at(time));
        }
    }
}

#[test]
fn a_year_of_idleness_costs_one_look() {
    for shape in SHAPES {
        let mut meter = of_shape(10, shape);
        meter.take(10, seconds(1));
        let year = seconds(365 * 24 * 3_600);
        assert_eq!(
            (meter.next(10, year), meter.used(year)),
            (year, 0),
            "{shape:?}"
        );
    }
}

#[test]
fn a_nearly_full_bucket_lets_what_is_given_back_run_over() {
    let mut bucket = Bucket::new(&per_second(1, 10));
    bucket.take(10, seconds(0));
    bucket.take(9, seconds(9));
    bucket.give_back(10, seconds(0), seconds(9));
    assert_eq!(bucket.remaining(seconds(9)), 1);
}

#[test]
fn a_busy_bucket_takes_back_everything_however_late() {
    let mut bucket = Bucket::new(&per_second(10, 100));
    bucket.take(100, seconds(0));
    for second in 1..60 {
        bucket.take(10, seconds(second));
    }
    bucket.give_back(80, seconds(0), seconds(60));
    assert_eq!(bucket.remaining(seconds(60)), 90);
}

#[test]
fn what_was_given_back_once_is_not_given_back_twice() {
    let mut bucket = Bucket::new(&per_second(1, 4));
    bucket.take(2, seconds(0));
    bucket.take(2, seconds(0));
    bucket.take(1, seconds(1));
    bucket.give_back(2, seconds(0), seconds(1));
    bucket.give_back(2, seconds(0), seconds(1));
    assert_eq!(
        bucket.remaining(seconds(1)),
        3,
        "the one of the first second is still out"
    );
}

#[test]
fn a_fixed_window_begins_with_a_call_and_carries_debt() {
    let mut fixed = Fixed::new(&Quota::per_second(10).unwrap());
    fixed.take(25, at(500));
    assert_eq!(fixed.next(1, at(500)), at(500 + 2 * SECOND));
    assert_eq!(fixed.next(6, at(500)), at(500 + 3 * SECOND));
    fixed.take(1, at(500 + 2 * SECOND));
    assert_eq!(fixed.used(at(500 + 2 * SECOND)), 6);
    fixed.take(1, seconds(60));
    assert_eq!(fixed.next(10, seconds(60)), seconds(61));
}

#[test]
fn a_counter_opens_as_the_last_window_leaves() {
    let mut counter = Counter::new(&Quota::per_second(10).unwrap());
    counter.take(10, at(SECOND / 2));
    // 10 × (1 − 0.3) + 3 = 10
    assert_eq!(
        counter.next(3, at(SECOND / 2)),
        at(SECOND + SECOND * 3 / 10)
    );
    assert_eq!(counter.next(10, at(SECOND / 2)), seconds(2));
}

#[test]
fn a_log_of_many_units_is_bounded_and_late_rather_than_wrong() {
    let mut log = Log::new(&Quota::per_second(1_000_000).unwrap());
    for call in 0..1_000_000 {
        log.take(1, at(call * 1_000));
    }
    let grain = SECOND / 4_096;
    assert_eq!(log.used(seconds(1)), 1_000_000);
    assert!(
        log.used(at(SECOND + grain)) < 1_000_000,
        "the first grain has left"
    );
    let next = log.next(500_000, at(SECOND - 1));
    assert!(
        next >= at(SECOND + SECOND / 2 - 1_000) && next <= at(SECOND + SECOND / 2 + SECOND / 2_048)
    );
}

#[test]
fn a_log_forgets_what_has_left_the_window_to_the_nanosecond() {
    let mut log = Log::new(&Quota::per_second(2).unwrap());
    log.take(1, at(5));
    log.take(1, at(10));
    assert_eq!(log.next(1, at(10)), at(SECOND + 5));
    assert_eq!(log.next(2, at(10)), at(SECOND + 10));
    assert_eq!((log.used(at(SECOND + 4)), log.used(at(SECOND + 5))), (2, 1));
}

use proptest::prelude::*;

use super::*;

const MILLI: Duration = Duration::from_millis(1);

fn well(elapsed: Duration, in_flight: u32) -> Sample {
    Sample {
        elapsed,
        in_flight,
        is_congested: false,
    }
}

fn congested(in_flight: u32) -> Sample {
    Sample {
        is_congested: true,
        ..well(MILLI, in_flight)
    }
}

fn at(nanos: u64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

fn all() -> [Algorithm; 3] {
    [
        Algorithm::Aimd(Aimd::default()),
        Algorithm::Vegas(Vegas::default()),
        Algorithm::Gradient(Gradient::default()),
    ]
}

#[test]
fn it_grows_only_while_it_is_the_bound() {
    for mut algorithm in all() {
        (0..100).for_each(|_| algorithm.sample(&well(MILLI, 9)));
        assert_eq!(algorithm.limit(), 20, "{algorithm:?}");
        (0..100).for_each(|_| algorithm.sample(&well(MILLI, algorithm.limit())));
        assert!(algorithm.limit() > 20, "{algorithm:?}");
    }
}

#[test]
fn fifty_failures_of_one_congestion_decrease_once() {
    let mut limit = AdaptiveLimit::new(Algorithm::Aimd(Aimd::default().with_initial(100)));
    (0..50).for_each(|nano| limit.ended(&congested(100), at(nano), at(100 + nano)));
    assert_eq!(limit.limit(), 90);
    limit.ended(&congested(90), at(101), at(200));
    assert_eq!(limit.limit(), 81);
}

#[test]
fn what_takes_too_long_is_congestion_to_aimd() {
    let mut aimd = Aimd::default().with_initial(100);
    aimd.sample(&well(Duration::from_secs(5), 100));
    assert_eq!(aimd.limit(), 101);
    aimd.sample(&well(Duration::from_secs(5) + Duration::from_nanos(1), 100));
    assert_eq!(aimd.limit(), 90);
}

#[test]
fn the_lowest_limit_is_not_kept_when_things_go_well_again() {
    for algorithm in all() {
        let mut limit = AdaptiveLimit::new(algorithm);
        (0..100).for_each(|n| limit.ended(&congested(20), at(2 * n + 1), at(2 * n + 2)));
        let floor = limit.limit();
        assert!(floor >= 1);
        (0..100)
            .for_each(|n| limit.ended(&well(MILLI, limit.limit()), at(1_000 + n), at(2_000 + n)));
        assert!(limit.limit() > floor, "{limit:?}");
    }
}

#[test]
fn a_longer_queue_shrinks_the_limits_that_look_at_times() {
    for mut algorithm in [
        Algorithm::Vegas(Vegas::default().with_initial(100)),
        Algorithm::Gradient(Gradient::default().with_initial(100)),
    ] {
        (0..5).for_each(|_| algorithm.sample(&well(MILLI, 1)));
        let before = algorithm.limit();
        (0..20).for_each(|_| algorithm.sample(&well(10 * MILLI, 200)));
        assert!(algorithm.limit() < before, "{algorithm:?}");
    }
}

#[test]
fn vegas_takes_the_shortest_time_anew() {
    let mut vegas = Vegas::default().with_initial(20);
    vegas.sample(&well(MILLI, 1));
    // Longer for good, and not a queue.
    (0..3_000).for_each(|_| vegas.sample(&well(10 * MILLI, vegas.limit())));
    assert!(vegas.limit() > 20, "{vegas:?}");
}

#[test]
fn gradient_forgets_times_that_were_longer() {
    let mut gradient = Gradient::default().with_initial(100);
    (0..600).for_each(|_| gradient.sample(&well(100 * MILLI, 1)));
    (0..100).for_each(|_| gradient.sample(&well(MILLI, 1)));
    (0..20).for_each(|_| gradient.sample(&well(10 * MILLI, 200)));
    assert!(
        gradient.limit() < 100,
        "ten times as long as usual: {gradient:?}"
    );
}

proptest! {
    #[test]
    fn no_sample_leaves_the_bounds_or_overflows(
        samples in prop::collection::vec((prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()], any::<u32>(), any::<bool>()), 0..200),
    ) {
        for algorithm in all() {
            let most = if matches!(algorithm, Algorithm::Vegas(_)) { 1_000 } else { 200 };
            let mut limit = AdaptiveLimit::new(algorithm);
            for (time, (nanos, in_flight, is_congested)) in (0..).zip(&samples) {
                let elapsed = Duration::from_nanos(*nanos);
                let sample = Sample { elapsed, in_flight: *in_flight, is_congested: *is_congested };
                limit.ended(&sample, at(time), at(time));
                prop_assert!((1..=most).contains(&limit.limit()), "{:?}", limit);
            }
        }
    }
}

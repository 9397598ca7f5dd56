//! Step by step against governor, whose algorithm this is.

use std::num::NonZeroU32;

use governor::clock::{Clock, FakeRelativeClock};
use governor::{InsufficientCapacity, RateLimiter};
use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn a_bucket_grants_what_governor_grants_and_says_the_same_time(
        interval in prop_oneof![Just(1), Just(SECOND), Just(7), 1..10 * SECOND],
        burst in 1_u32..50,
        steps in prop::collection::vec((0..3_u64, 1_u32..60), 1..200),
    ) {
        let (interval_time, cells) = (Duration::from_nanos(interval), NonZeroU32::new(burst).unwrap());
        let clock = FakeRelativeClock::default();
        let quota = governor::Quota::with_period(interval_time).unwrap().allow_burst(cells);
        let theirs = RateLimiter::direct_with_clock(quota, clock.clone());
        let quota = Quota::new(1, interval_time).unwrap().with_burst(burst.into()).unwrap();
        let mut ours = schedule(&[quota]);
        let mut now = at(0);
        for (intervals, cost) in steps {
            // Between the steps of the bucket too: a third of an interval past each.
            let step = Duration::from_nanos(interval * intervals + interval / 3);
            clock.advance(step);
            now = now + step;
            let theirs = theirs.check_n(NonZeroU32::new(cost).unwrap());
            match (theirs, ours.reserve(cost.into(), now, now)) {
                (Ok(Ok(())), Ok(slot)) => prop_assert_eq!(slot.at(), now),
                (Ok(Err(not_until)), Err(super::super::Refused::Late { slot, .. })) => {
                    prop_assert_eq!(slot.since(now), not_until.wait_time_from(clock.now()));
                }
                (Err(InsufficientCapacity(most)), Err(super::super::Refused::TooLarge(refused))) => {
                    prop_assert_eq!(u64::from(most), refused.quota.largest());
                }
                (theirs, ours) => prop_assert!(false, "{:?} and {:?}", theirs, ours),
            }
        }
    }
}

//! Step by step against governor, whose algorithm this is.

use std::num::NonZeroU32;

use governor::clock::{Clock, FakeRelativeClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::InMemoryState;
use governor::state::direct::NotKeyed;
use governor::{InsufficientCapacity, RateLimiter};
use proptest::prelude::*;

use super::super::{Limiter, Refused};
use super::*;

type Theirs = RateLimiter<NotKeyed, InMemoryState, FakeRelativeClock, StateInformationMiddleware>;

/// A limiter of each kind of the same size, and governor's clock.
struct Pair {
    clock: FakeRelativeClock,
    theirs: Theirs,
    quota: Quota,
}

impl Pair {
    fn new(interval: u64, burst: u32) -> Self {
        let (time, cells) = (
            Duration::from_nanos(interval),
            NonZeroU32::new(burst).unwrap(),
        );
        let clock = FakeRelativeClock::default();
        let quota = governor::Quota::with_period(time)
            .unwrap()
            .allow_burst(cells);
        let theirs = RateLimiter::direct_with_clock(quota, clock.clone());
        let quota = Quota::new(1, time).unwrap();
        Self {
            clock,
            theirs: theirs.with_middleware(),
            quota: quota.with_burst(burst.into()).unwrap(),
        }
    }

    fn now(&self) -> Timestamp {
        at(self.clock.now().as_u64())
    }

    fn advance_to(&self, time: Timestamp) {
        self.clock.advance(time.since(self.now()));
    }

    /// What governor says now: what remains, or why not.
    fn ask(&self, cost: u32) -> Result<u64, Said> {
        match self.theirs.check_n(NonZeroU32::new(cost).unwrap()) {
            Ok(Ok(state)) => Ok(state.remaining_burst_capacity().into()),
            Ok(Err(until)) => Err(Said::Until(
                self.now() + until.wait_time_from(self.clock.now()),
            )),
            Err(InsufficientCapacity(most)) => Err(Said::AtMost(most.into())),
        }
    }
}

/// A refusal, as both know it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    Until(Timestamp),
    AtMost(u64),
}

impl From<Refused> for Said {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Late { slot, .. } => Self::Until(slot),
            Refused::TooLarge(too_large) => Self::AtMost(too_large.quota.largest()),
        }
    }
}

/// When the next call comes.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// After some intervals and so many thirds of one: between the steps of the bucket too.
    Thirds(u64),
    /// A nanosecond before the time that was named last, at it, or a nanosecond after it.
    Named(i8),
}

impl Step {
    fn from(self, now: Timestamp, named: Timestamp, interval: u64) -> Timestamp {
        let to = match self {
            Self::Thirds(thirds) => now.as_nanos() + thirds * interval / 3,
            Self::Named(off) => named.as_nanos().saturating_add_signed(off.into()),
        };
        now.max(at(to))
    }
}

fn interval() -> impl Strategy<Value = u64> {
    prop_oneof![Just(1), Just(2), Just(SECOND), Just(7), 1..10 * SECOND]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..10_u64).prop_map(Step::Thirds),
        1 => (90..300_u64).prop_map(Step::Thirds),
        2 => (-1..=1_i8).prop_map(Step::Named),
    ]
}

/// Mostly small ones, some that only an empty bucket's worth of time pays, and some that never fit.
fn steps(burst: u32) -> impl Strategy<Value = Vec<(Step, u32)>> {
    let cost =
        prop_oneof![4 => 1..=burst.min(3), 2 => 1..=burst, 1 => Just(burst), 1 => Just(burst + 1)];
    prop::collection::vec((step(), cost), 1..200)
}

fn case() -> impl Strategy<Value = (u64, u32, Vec<(Step, u32)>)> {
    let burst = prop_oneof![Just(1_u32), Just(2), 1..50_u32];
    burst.prop_flat_map(|burst| (interval(), Just(burst), steps(burst)))
}

proptest! {
    #[test]
    fn a_schedule_and_a_limiter_grant_what_governor_grants_and_say_the_same_time(
        (interval, burst, steps) in case(),
    ) {
        let pair = Pair::new(interval, burst);
        let (mut schedule, limiter) = (schedule(&[pair.quota]), Limiter::new(schedule(&[pair.quota])));
        let mut named = at(0);
        for (step, cost) in steps {
            pair.advance_to(step.from(pair.now(), named, interval));
            let (now, cost_of_ours) = (pair.now(), u64::from(cost));
            let theirs = pair.ask(cost);
            for slot in [
                schedule.reserve(cost_of_ours, now, now),
                limiter.reserve(cost_of_ours, now, now),
            ] {
                match (slot, theirs) {
                    (Ok(slot), Ok(_)) => prop_assert!(slot.is_granted() && slot.at() == now),
                    (Err(refused), Err(said)) => prop_assert_eq!(Said::from(refused), said),
                    (ours, theirs) => prop_assert!(false, "{:?} and {:?}", ours, theirs),
                }
            }
            match theirs {
                Ok(remaining) => {
                    prop_assert_eq!(schedule.snapshot(now).levels[0].remaining, remaining);
                    prop_assert_eq!(limiter.snapshot(now).levels[0].remaining, remaining);
                }
                Err(Said::Until(time)) => named = time,
                Err(Said::AtMost(_)) => {}
            }
        }
    }

    /// Who waits in line at governor asks when it is the first, sleeps until the time it is told, and goes. Ours is told
    /// that time when it comes.
    #[test]
    fn a_slot_is_the_time_at_which_a_line_before_governor_would_let_the_call_pass(
        (interval, burst, steps) in case(),
    ) {
        let pair = Pair::new(interval, burst);
        let limiter = Limiter::new(schedule(&[pair.quota]));
        let (mut now, mut waiting) = (at(0), Vec::new());
        for (step, cost) in steps {
            now = step.from(now, pair.now(), interval);
            // Whose time has come goes, in order, before the next one comes.
            let due = waiting.iter().take_while(|slot: &&Slot| slot.at() <= now).count();
            for slot in waiting.drain(..due) {
                prop_assert!(limiter.confirm(slot, slot.at()).unwrap().is_granted());
            }
            let ours = limiter.reserve(cost.into(), now, FOREVER);
            pair.advance_to(now);
            let mut theirs = pair.ask(cost);
            if let Err(Said::Until(time)) = theirs {
                pair.advance_to(time);
                theirs = pair.ask(cost);
            }
            match (ours, theirs) {
                (Ok(slot), Ok(_)) => {
                    prop_assert_eq!(slot.at(), pair.now());
                    waiting.extend(Some(slot).filter(|slot| !slot.is_granted()));
                }
                (Err(refused), Err(said)) => prop_assert_eq!(Said::from(refused), said),
                (ours, theirs) => prop_assert!(false, "{:?} and {:?}", ours, theirs),
            }
        }
    }
}

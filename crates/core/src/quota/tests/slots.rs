use std::task::Waker;

use super::super::{Refused, TooLarge};
use super::*;

#[test]
fn slots_are_handed_out_in_turn() {
    let mut schedule = schedule(&[per_second(10, 2)]);
    let slots = (0..6).map(|_| schedule.reserve(1, seconds(1), FOREVER).unwrap().at());
    let tenths: Vec<_> = slots
        .map(|slot| slot.as_nanos() * 10 / SECOND - 10)
        .collect();
    assert_eq!(tenths, [0, 0, 1, 2, 3, 4]);
}

#[test]
fn whoever_comes_too_early_waits_on_and_whoever_is_due_goes() {
    let mut schedule = schedule(&[per_second(1, 1)]);
    schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let slot = schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let early = confirm(&mut schedule, slot, at(SECOND - 1));
    assert_eq!((early.at(), early.is_granted()), (seconds(1), false));
    assert!(confirm(&mut schedule, slot, seconds(1)).is_granted());
}

#[test]
fn of_several_quotas_the_one_that_takes_longest_is_what_a_call_waits_for() {
    let (short, long) = (per_second(1, 1), Quota::per_minute(1).unwrap());
    for quotas in [[short, long], [long, short]] {
        let mut schedule = schedule(&quotas);
        schedule.reserve(1, seconds(0), FOREVER).unwrap();
        let late = Refused::Late {
            slot: seconds(60),
            cost: 1,
            quota: long,
        };
        assert_eq!(schedule.reserve(1, seconds(0), seconds(0)), Err(late));
    }
}

#[test]
fn a_wait_that_is_too_long_takes_nothing_and_says_when_and_for_what() {
    let quota = per_second(1, 1);
    let mut schedule = schedule(&[quota]);
    schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let refused = schedule.reserve(1, seconds(0), at(SECOND - 1)).unwrap_err();
    assert_eq!(
        refused,
        Refused::Late {
            slot: seconds(1),
            cost: 1,
            quota
        }
    );
    let slot = schedule.reserve(1, seconds(0), seconds(1)).unwrap();
    assert_eq!(slot.at(), seconds(1));
}

#[test]
fn a_cost_that_never_fits_is_refused_with_the_numbers() {
    let small = per_second(10, 5);
    let mut schedule = schedule(&[per_second(100, 100), small]);
    let refused = schedule.reserve(6, seconds(0), FOREVER).unwrap_err();
    assert_eq!(
        refused,
        Refused::TooLarge(TooLarge {
            cost: 6,
            quota: small
        })
    );
    assert_eq!(
        refused.to_string(),
        "a cost of 6 never fits into a quota that holds 5"
    );
    assert!(schedule.is_idle(seconds(0)));
}

#[test]
fn several_quotas_are_taken_together_or_not_at_all() {
    let calls = Quota::per_minute(2).unwrap().counting_requests();
    let tokens = Quota::per_second(1_000).unwrap();
    let mut schedule = schedule(&[calls, tokens]);
    assert!(schedule.reserve(1_000, seconds(0), seconds(0)).is_ok());
    assert!(schedule.reserve(1_000, seconds(0), seconds(0)).is_err());
    assert_eq!(schedule.snapshot(seconds(0)).levels[0].remaining, 1);
    let slot = schedule.reserve(500, seconds(0), FOREVER).unwrap();
    assert_eq!(slot.at(), at(SECOND / 2), "the tokens take longest");
    let slot = schedule.reserve(1, seconds(0), FOREVER).unwrap();
    assert_eq!(slot.at(), seconds(30), "then the calls");
}

#[test]
fn a_large_cost_is_not_overtaken_by_small_ones() {
    let mut schedule = schedule(&[per_second(10, 10)]);
    schedule.reserve(10, seconds(0), FOREVER).unwrap();
    let large = schedule.reserve(10, seconds(0), FOREVER).unwrap();
    assert_eq!(large.at(), seconds(1));
    for _ in 0..100 {
        let small = schedule.reserve(1, seconds(0), FOREVER).unwrap();
        assert!(small.at() > large.at());
    }
}

#[test]
fn a_call_that_costs_nothing_of_a_quota_waits_its_turn_too() {
    let calls = per_second(1_000, 1_000).counting_requests();
    let mut schedule = schedule(&[per_second(1, 1), calls]);
    schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let waits = schedule.reserve(1, seconds(0), FOREVER).unwrap();
    assert!(schedule.reserve(0, seconds(0), FOREVER).unwrap().at() >= waits.at());
}

#[test]
fn a_place_that_was_given_up_is_taken_by_the_next_to_come() {
    let mut schedule = schedule(&[per_second(1, 1)]);
    schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let slots: Vec<_> = (0..3)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    schedule.give_back(slots[1], at(1));
    let taken_over = schedule.reserve(1, at(2), FOREVER).unwrap();
    assert_eq!(taken_over.at(), slots[1].at());
    assert_eq!(
        schedule.reserve(1, at(2), FOREVER).unwrap().at(),
        seconds(4)
    );
}

#[test]
fn a_place_that_nobody_took_over_is_gone_when_its_time_has_passed() {
    let mut schedule = schedule(&[per_second(1, 1)]);
    schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let slots: Vec<_> = (0..3)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    schedule.give_back(slots[0], at(1));
    let late = schedule.reserve(1, seconds(1), FOREVER).unwrap();
    assert_eq!(
        late.at(),
        seconds(4),
        "a call at 1 s and one at 2 s were one too many for a later one at 1 s and a bit"
    );
}

#[test]
fn when_all_have_given_up_it_is_as_if_none_had_come() {
    for shape in SHAPES {
        let mut schedule = schedule(&[Quota::per_second(1).unwrap().with_shape(shape)]);
        schedule.reserve(1, seconds(1), FOREVER).unwrap();
        let next = schedule.next(1, seconds(1));
        let slots: Vec<_> = (0..50)
            .map(|_| schedule.reserve(1, seconds(1), FOREVER).unwrap())
            .collect();
        slots
            .iter()
            .rev()
            .for_each(|slot| drop(schedule.give_back(*slot, seconds(1))));
        assert_eq!(
            schedule.reserve(1, seconds(1), FOREVER).unwrap().at(),
            next,
            "{shape:?}"
        );
    }
}

#[test]
fn a_call_that_was_not_sent_goes_back_even_with_others_waiting() {
    let mut schedule = schedule(&[per_second(1, 3)]);
    let slots: Vec<_> = (0..5)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    schedule.give_back(slots[0], seconds(0));
    let next = schedule.reserve(1, seconds(0), FOREVER).unwrap();
    assert_eq!(
        next.at(),
        slots[4].at(),
        "a burst of three has room for one more by then"
    );
}

#[test]
fn what_was_not_used_goes_back_and_what_was_used_on_top_is_debt() {
    let tokens = Quota::per_minute(60).unwrap();
    let calls = Quota::per_minute(60).unwrap().counting_requests();
    let mut schedule = schedule(&[tokens, calls]);
    let slot = schedule.reserve(40, seconds(0), FOREVER).unwrap();
    let slot = schedule.settle(slot, 10, seconds(0));
    let remaining = |schedule: &Schedule| {
        schedule
            .snapshot(seconds(0))
            .levels
            .iter()
            .map(|level| level.remaining)
            .collect::<Vec<_>>()
    };
    assert_eq!(remaining(&schedule), [50, 59]);
    schedule.settle(slot, 0, seconds(0));
    assert_eq!(remaining(&schedule), [60, 59]);
    let slot = schedule.reserve(20, seconds(0), FOREVER).unwrap();
    schedule.settle(slot, 200, seconds(0));
    assert_eq!(remaining(&schedule), [0, 58]);
    assert!(schedule.next(1, seconds(0)) > seconds(60));
}

#[test]
fn debt_and_lowered_limits_reach_those_who_sleep_when_they_wake_in_their_order() {
    let mut schedule = schedule(&[per_second(1, 1)]);
    schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let slots: Vec<_> = (0..3)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    let debtor = Slot {
        at: seconds(0),
        cost: 1,
        place: None,
    };
    schedule.settle(debtor, 11, at(SECOND / 2));
    let moved: Vec<_> = slots
        .iter()
        .map(|slot| confirm(&mut schedule, *slot, seconds(1)).at())
        .collect();
    assert_eq!(moved, [seconds(11), seconds(12), seconds(13)]);
    assert!(schedule.reserve(1, seconds(1), FOREVER).unwrap().at() == seconds(14));
    assert!(confirm(&mut schedule, slots[0], seconds(11)).is_granted());
}

#[test]
fn a_lower_rate_moves_slots_back_and_a_higher_one_wakes() {
    let mut schedule = schedule(&[per_second(1, 1)]);
    schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let slots: Vec<_> = (0..3)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    for slot in &slots {
        schedule.watch(*slot, &mut Some(Waker::noop().clone()));
    }
    let slower = Quota::new(1, Duration::from_secs(10)).unwrap();
    assert!(schedule.change(&[slower], seconds(0)).is_empty());
    let moved: Vec<_> = slots
        .iter()
        .map(|slot| confirm(&mut schedule, *slot, seconds(1)).at())
        .collect();
    assert_eq!(moved, [seconds(10), seconds(20), seconds(30)]);
    for slot in &slots {
        schedule.watch(*slot, &mut Some(Waker::noop().clone()));
    }
    assert_eq!(schedule.change(&[per_second(1, 1)], seconds(1)).len(), 3);
}

#[test]
fn a_quota_that_shrinks_below_what_a_sleeper_needs_says_so_when_it_wakes() {
    let mut schedule = schedule(&[per_second(1, 10)]);
    schedule.reserve(10, seconds(0), FOREVER).unwrap();
    let slot = schedule.reserve(10, seconds(0), FOREVER).unwrap();
    drop(schedule.change(&[per_second(1, 5)], seconds(0)));
    assert!(schedule.confirm(slot, seconds(10), &mut None).is_err());
}

#[test]
fn whoever_oversleeps_makes_no_burst() {
    let mut schedule = schedule(&[per_second(1, 1)]);
    let slots: Vec<_> = (0..4)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    // All three wake at 3 s, as their thread was busy.
    assert!(confirm(&mut schedule, slots[1], seconds(3)).is_granted());
    let behind: Vec<_> = slots[2..]
        .iter()
        .map(|slot| confirm(&mut schedule, *slot, seconds(3)).at())
        .collect();
    assert_eq!(behind, [seconds(4), seconds(5)]);
}

#[test]
fn a_timers_grain_is_no_lateness() {
    let mut schedule = Schedule::new(&[per_second(200, 1)]);
    let slots: Vec<_> = (0..100)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    for slot in &slots[1..] {
        assert!(confirm(&mut schedule, *slot, slot.at() + Duration::from_millis(2)).is_granted());
    }
}

#[test]
fn somebody_who_never_wakes_does_not_make_the_queue_grow() {
    let mut schedule = schedule(&[per_second(1, 1)]);
    schedule.reserve(1, seconds(0), FOREVER).unwrap();
    let _stuck = schedule.reserve(1, seconds(0), FOREVER).unwrap();
    for second in 1..10_000 {
        let slot = schedule.reserve(1, seconds(second), FOREVER).unwrap();
        confirm(&mut schedule, slot, slot.at());
    }
    assert!(schedule.places() < 40, "{}", schedule.places());
}

#[test]
fn without_quotas_everything_goes() {
    let mut schedule = schedule(&[]);
    assert!(
        schedule
            .reserve(u64::MAX, seconds(0), seconds(0))
            .unwrap()
            .is_granted()
    );
}

//! What is learned from answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use http::HeaderMap;

use super::super::published::{Published, Returns, Unit};
use super::super::{Learning, Lesson, Reading};
use super::*;
use crate::UnixTime;
use crate::quota::Grammar;

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

#[test]
fn no_more_goes_than_remains_at_the_server_until_its_reset() {
    let mut schedule = learner(&[many()]);
    let slot = goes(&mut schedule, seconds(1));
    hear(&mut schedule, slot, reading(3, 10), seconds(1));
    assert_eq!(room(&mut schedule, seconds(2)), 3);
    assert_eq!(schedule.next(1, seconds(3)), seconds(11));
    assert_eq!(room(&mut schedule, seconds(11)), 1_000);
}

#[test]
fn what_remains_at_the_server_never_raises_what_remains_here() {
    let mut schedule = learner(&[Quota::per_minute(2).unwrap()]);
    let slot = goes(&mut schedule, seconds(0));
    hear(&mut schedule, slot, reading(900, 10), seconds(0));
    assert_eq!(room(&mut schedule, seconds(0)), 1);
}

#[test]
fn what_is_in_flight_comes_off_and_is_not_counted_twice() {
    let mut schedule = learner(&[many()]);
    let slots: Vec<_> = (0..4).map(|_| goes(&mut schedule, seconds(0))).collect();
    // The server has counted one of four: eight of nine may be left, and three are underway.
    hear(&mut schedule, slots[0], reading(8, 60), seconds(1));
    assert_eq!(left(&schedule, seconds(1)), 5);
    // The others arrive in another order.
    hear(&mut schedule, slots[3], reading(7, 59), seconds(2));
    hear(&mut schedule, slots[2], reading(6, 59), seconds(2));
    hear(&mut schedule, slots[1], reading(5, 59), seconds(2));
    assert_eq!(left(&schedule, seconds(2)), 5);
}

fn left(schedule: &Schedule, now: Timestamp) -> u64 {
    schedule.snapshot(now).levels[0].remaining
}

#[test]
fn a_call_that_is_dropped_or_not_sent_is_in_flight_no_more() {
    let mut schedule = learner(&[many()]);
    let slots: Vec<_> = (0..3).map(|_| goes(&mut schedule, seconds(0))).collect();
    schedule.lost(slots[1]);
    schedule.give_back(slots[2], seconds(0));
    hear(&mut schedule, slots[0], reading(8, 60), seconds(1));
    assert_eq!(left(&schedule, seconds(1)), 8);
    // Given back after the server has spoken: what was taken off for it is there again.
    let slot = goes(&mut schedule, seconds(1));
    assert_eq!(left(&schedule, seconds(1)), 7);
    schedule.give_back(slot, seconds(1));
    assert_eq!(left(&schedule, seconds(1)), 8);
}

#[test]
fn of_two_answers_the_lower_is_the_later_in_a_window_and_another_window_is_neither() {
    let mut schedule = learner(&[many()]);
    let slots: Vec<_> = (0..5).map(|_| goes(&mut schedule, seconds(0))).collect();
    hear(&mut schedule, slots[0], reading(5, 60), seconds(0));
    hear(&mut schedule, slots[1], reading(9, 60), seconds(0));
    assert_eq!(left(&schedule, seconds(0)), 1, "four were in flight");
    hear(&mut schedule, slots[2], reading(0, 30), seconds(0));
    assert_eq!(
        left(&schedule, seconds(0)),
        1,
        "a window that ended before ours began"
    );
    hear(&mut schedule, slots[3], reading(5, 59), seconds(0));
    assert_eq!(
        left(&schedule, seconds(0)),
        4,
        "three of the four have been counted"
    );
    hear(&mut schedule, slots[4], reading(2, 3_600), seconds(0));
    assert_eq!(schedule.next(3, seconds(0)), seconds(3_600));
}

#[test]
fn a_token_bucket_fills_while_it_is_spent_and_its_latest_answer_is_that_of_the_latest_call() {
    let mut schedule = learner(&[many()]);
    // Sixty a minute: one a second.
    let bucket = |remaining, reset| {
        let published = published(remaining, reset);
        Reading::from(&Published {
            limit: Some(60),
            returns: Returns::Gradually,
            ..published
        })
    };
    let (early, late) = (
        goes(&mut schedule, seconds(0)),
        goes(&mut schedule, seconds(1)),
    );
    hear(&mut schedule, late, bucket(0, 60), seconds(1));
    assert_eq!(
        schedule.next(1, seconds(1)),
        seconds(3),
        "one is in flight still"
    );
    hear(&mut schedule, early, bucket(1, 59), seconds(1));
    assert_eq!(
        schedule.next(1, seconds(1)),
        seconds(3),
        "an answer to an earlier call"
    );
    let next = schedule.reserve(1, seconds(3), seconds(3)).unwrap();
    hear(&mut schedule, next, bucket(20, 40), seconds(3));
    assert_eq!(left(&schedule, seconds(3)), 20);
    assert_eq!(left(&schedule, seconds(13)), 30);
}

#[test]
fn quotas_of_several_names_hold_together() {
    let mut schedule = learner(&[many()]);
    let slot = goes(&mut schedule, seconds(0));
    let named = |name: &'static str, remaining, reset| {
        Reading::from(&Published {
            name: name.into(),
            ..published(remaining, reset)
        })
    };
    let readings = [Some(named("daily", 5, 3_600)), Some(named("burst", 2, 10))];
    drop(schedule.answered(slot, &lesson(&readings), seconds(0)));
    assert_eq!(room(&mut schedule, seconds(0)), 2);
    assert_eq!(room(&mut schedule, seconds(10)), 3);
    assert_eq!(schedule.next(1, seconds(10)), seconds(3_600));
}

#[test]
fn requests_and_tokens_each_meet_what_counts_them() {
    let calls = many().counting_calls();
    let (tokens, requests) = (
        Published {
            unit: Unit::Tokens,
            ..published(100, 60)
        },
        published(10, 60),
    );
    let readings = [&tokens, &requests].map(|one| Some(Reading::from(one)));
    let remaining = |quotas: &[Quota], costs| {
        let mut schedule = learner(quotas);
        let slot = schedule.reserve(1, seconds(0), seconds(0)).unwrap();
        let lesson = Lesson {
            costs,
            ..lesson(&readings)
        };
        drop(schedule.answered(slot, &lesson, seconds(0)));
        let snapshot = schedule.snapshot(seconds(0));
        snapshot
            .levels
            .iter()
            .map(|level| level.remaining)
            .collect::<Vec<_>>()
    };
    assert_eq!(remaining(&[calls, many()], None), [10, 100]);
    assert_eq!(remaining(&[many()], None), [10]);
    assert_eq!(remaining(&[many()], Some(Unit::Tokens)), [100]);
    assert_eq!(remaining(&[many()], Some(Unit::InputTokens)), [999]);
}

#[test]
fn without_any_quota_of_ours_the_servers_alone_holds() {
    let mut schedule = learner(&[]);
    let slot = goes(&mut schedule, seconds(0));
    hear(&mut schedule, slot, reading(2, 60), seconds(0));
    assert_eq!(room(&mut schedule, seconds(0)), 2);
    let refused = schedule.reserve(1, seconds(0), seconds(0)).unwrap_err();
    assert!(matches!(refused, super::super::Refused::Late { slot, .. } if slot == seconds(60)));
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn those_who_sleep_take_later_slots_in_their_order_and_are_woken_for_earlier_ones() {
    let mut schedule = learner(&[per_second(1, 1)]);
    let first = goes(&mut schedule, seconds(0));
    let slots: Vec<_> = (0..3)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    let woken = Arc::new(Woken::default());
    for slot in &slots {
        schedule.watch(*slot, &mut Some(Waker::from(Arc::clone(&woken))));
    }
    hear(&mut schedule, first, reading(1, 100), seconds(0));
    let at = |schedule: &mut Schedule| {
        let at = |slot: &Slot| schedule.watch(*slot, &mut None).as_nanos() / SECOND;
        slots.iter().map(at).collect::<Vec<_>>()
    };
    assert_eq!(at(&mut schedule), [1, 100, 101]);
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    // The first goes, and its answer says that the window is over sooner than it was said to be.
    let went = confirm(&mut schedule, slots[0], seconds(1));
    for slot in &slots[1..] {
        schedule.watch(*slot, &mut Some(Waker::from(Arc::clone(&woken))));
    }
    hear(&mut schedule, went, reading(1, 98), seconds(1));
    assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    assert_eq!(at(&mut schedule)[1..], [2, 99]);
}

#[test]
fn news_that_leaves_room_for_all_who_wait_moves_nobody_and_is_not_forgotten() {
    let mut schedule = learner(&[per_second(1, 1)]);
    let first = goes(&mut schedule, seconds(0));
    let slots: Vec<_> = (0..3)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    hear(&mut schedule, first, reading(4, 100), seconds(0));
    assert_eq!(schedule.watch(slots[2], &mut None), seconds(3));
    assert_eq!(
        schedule.reserve(1, seconds(0), FOREVER).unwrap().at(),
        seconds(4)
    );
    assert_eq!(
        schedule.reserve(1, seconds(0), FOREVER).unwrap().at(),
        seconds(100)
    );
}

#[test]
fn a_limit_is_adopted_where_it_is_allowed_and_plain_which_quota_it_is() {
    let adopted = |quotas: &[Quota], published: &Published<'_>, adopts| {
        let mut schedule = learner(quotas);
        let slot = schedule.reserve(1, seconds(0), seconds(0)).unwrap();
        let readings = [Some(Reading::from(published))];
        drop(schedule.answered(
            slot,
            &Lesson {
                adopts,
                ..lesson(&readings)
            },
            seconds(0),
        ));
        schedule
            .quotas()
            .iter()
            .map(Quota::units)
            .collect::<Vec<_>>()
    };
    let (minute, day) = (
        Quota::per_minute(60).unwrap(),
        Quota::per_day(5_000).unwrap(),
    );
    let said = published(999, 60);
    assert_eq!(adopted(&[minute], &said, false), [60]);
    assert_eq!(adopted(&[minute], &said, true), [1_000]);
    assert_eq!(adopted(&[minute, day], &said, true), [60, 5_000]);
    let by_day = Published {
        window: Some(day.period()),
        ..said.clone()
    };
    assert_eq!(adopted(&[minute, day], &by_day, true), [60, 1_000]);
    let lower = Published {
        limit: Some(10),
        remaining: Some(9),
        ..said
    };
    assert_eq!(adopted(&[minute], &lower, true), [10]);
}

#[test]
fn an_estimate_is_settled_by_how_much_less_remains_and_never_twice() {
    let tokens = Quota::per_minute(1_000).unwrap();
    fn settles(readings: &[Option<Reading>]) -> Lesson<'_> {
        Lesson {
            settles: true,
            ..lesson(readings)
        }
    }
    let mut schedule = learner(&[tokens]);
    let first = schedule.reserve(10, seconds(0), seconds(0)).unwrap();
    let before = [Some(reading(900, 60))];
    let (first, _) = schedule.answered(first, &settles(&before), seconds(0));
    assert_eq!(first.cost(), 10, "nothing was known before");
    let second = schedule.reserve(500, seconds(1), seconds(1)).unwrap();
    let after = [Some(reading(820, 59))];
    let (second, _) = schedule.answered(second, &settles(&after), seconds(1));
    assert_eq!(second.cost(), 80);
    assert_eq!(left(&schedule, seconds(1)), 820);
    // Of two at once the first to be answered cost no more than it fell by. Of the other that is not known.
    let mut both = [0, 1].map(|_| schedule.reserve(200, seconds(2), seconds(2)).unwrap());
    for (slot, remaining) in both.iter_mut().zip([790, 700]) {
        let fell = [Some(reading(remaining, 58))];
        *slot = schedule.answered(*slot, &settles(&fell), seconds(3)).0;
    }
    assert_eq!(both.map(|slot| slot.cost()), [30, 200]);
}

#[test]
fn what_came_back_meanwhile_hides_nothing_of_what_a_call_cost() {
    let settled = |returns, earlier, later| {
        let said = |remaining, reset| {
            let published = published(remaining, reset);
            // A hundred a minute and forty seconds: one a second.
            [Some(Reading::from(&Published {
                limit: Some(100),
                returns,
                ..published
            }))]
        };
        let settle = |schedule: &mut Schedule, slot, readings: &[Option<Reading>], now| {
            let lesson = Lesson {
                settles: true,
                ..lesson(readings)
            };
            schedule.answered(slot, &lesson, now).0
        };
        let mut schedule = learner(&[many()]);
        let first = goes(&mut schedule, seconds(0));
        settle(&mut schedule, first, &said(earlier, 50), seconds(0));
        let second = schedule.reserve(40, seconds(5), seconds(5)).unwrap();
        let reset = if returns == Returns::AtOnce {
            45
        } else {
            100 - later
        };
        settle(&mut schedule, second, &said(later, reset), seconds(5)).cost()
    };
    assert_eq!(settled(Returns::Gradually, 50, 45), 10, "five came back");
    assert_eq!(settled(Returns::AtOnce, 50, 45), 5);
    assert_eq!(
        settled(Returns::AtOnce, 50, 50),
        40,
        "the server counts later than it answers"
    );
}

#[test]
fn what_a_call_did_not_use_is_not_added_to_what_the_server_says_remains() {
    let mut schedule = learner(&[Quota::per_minute(1_000).unwrap()]);
    let slot = schedule.reserve(500, seconds(0), seconds(0)).unwrap();
    // The server knows what it charged; its body says so later.
    hear(&mut schedule, slot, reading(300, 60), seconds(0));
    schedule.settle(slot, 10, seconds(0));
    assert_eq!(left(&schedule, seconds(0)), 300);
    let slot = schedule.reserve(100, seconds(0), seconds(0)).unwrap();
    schedule.settle(slot, 150, seconds(0));
    assert_eq!(
        left(&schedule, seconds(0)),
        150,
        "what it used on top comes off"
    );
}

#[test]
fn the_next_window_begins_with_what_the_server_says_of_it() {
    let mut schedule = learner(&[many()]);
    let slot = goes(&mut schedule, seconds(0));
    hear(&mut schedule, slot, reading(3, 10), seconds(0));
    let slot = goes(&mut schedule, seconds(10));
    hear(&mut schedule, slot, reading(99, 60), seconds(10));
    assert_eq!(left(&schedule, seconds(10)), 99);
}

#[test]
fn what_is_rounded_is_taken_to_be_the_less() {
    let rounded = |remaining| {
        Some(Reading::from(&Published {
            rounding: 50,
            ..published(remaining, 60)
        }))
    };
    let mut schedule = learner(&[Quota::per_minute(1_000).unwrap()]);
    let first = schedule.reserve(10, seconds(0), seconds(0)).unwrap();
    drop(schedule.answered(first, &lesson(&[rounded(900)]), seconds(0)));
    assert_eq!(left(&schedule, seconds(0)), 850);
    let second = schedule.reserve(500, seconds(1), seconds(1)).unwrap();
    let readings = [rounded(800)];
    let settles = Lesson {
        settles: true,
        ..lesson(&readings)
    };
    // From 950 to 750, at the worst.
    let (second, _) = schedule.answered(second, &settles, seconds(1));
    assert_eq!(second.cost(), 200);
}

#[test]
fn what_used_more_than_its_estimate_is_debt_by_the_servers_word() {
    let mut schedule = learner(&[Quota::per_minute(1_000).unwrap()]);
    let slot = schedule.reserve(10, seconds(0), seconds(0)).unwrap();
    hear(&mut schedule, slot, reading(100, 60), seconds(0));
    assert_eq!(left(&schedule, seconds(0)), 100);
    assert_eq!(schedule.next(101, seconds(0)), seconds(60));
}

#[test]
fn a_quota_of_which_something_is_learned_is_not_forgotten_before_its_reset() {
    let mut schedule = learner(&[many()]);
    let slot = goes(&mut schedule, seconds(0));
    assert!(!schedule.is_idle(seconds(10)), "it is in flight");
    hear(&mut schedule, slot, reading(0, 60), seconds(0));
    assert!(!schedule.is_idle(seconds(59)));
    assert!(schedule.is_idle(seconds(60)));
}

#[test]
fn of_githubs_resources_the_layers_own_is_learned_from_alone() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-ratelimit-limit", "30"),
        ("x-ratelimit-remaining", "1"),
        ("x-ratelimit-reset", "1792497630"),
        ("x-ratelimit-resource", "search"),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    let now = UnixTime::from_secs(1_792_497_600);
    let is_heard = |learning: Learning| !learning.read(&headers, || now).is_empty();
    let github = Learning::new(Grammar::GitHub);
    assert!(!is_heard(github.clone()));
    assert!(is_heard(github.clone().with_resource("search")));
    assert!(is_heard(github.with_any_resource()));
}

#[test]
fn a_clock_that_jumps_neither_lets_more_go_nor_holds_anybody_for_ever() {
    for returns in [Returns::AtOnce, Returns::Gradually] {
        let mut schedule = learner(&[many()]).with_pacing(true);
        let slot = goes(&mut schedule, seconds(1_000));
        let said = Published {
            returns,
            ..published(3, 10)
        };
        hear(&mut schedule, slot, Reading::from(&said), seconds(1_000));
        assert!(room(&mut schedule, seconds(10)) <= 3, "back");
        assert_eq!(schedule.next(1, FOREVER), FOREVER, "the end of time");
        assert!(schedule.next(1, seconds(1_000)) <= seconds(1_010));
        let week = seconds(1_000 + 7 * 86_400);
        assert!(schedule.reserve(1, week, week).is_ok(), "ahead");
    }
}

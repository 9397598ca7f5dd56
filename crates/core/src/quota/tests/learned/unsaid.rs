//! What is learned where the server leaves something out, or speaks of another window than ours.

use super::*;
use crate::quota::Refused;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const MONTH: Duration = Duration::from_secs(31 * 24 * 3_600);

/// A quota of which no reset is told.
fn endless(remaining: u64, window: Option<Duration>) -> Published<'static> {
    Published {
        reset: None,
        window,
        ..published(remaining, 0)
    }
}

#[test]
fn what_has_no_end_that_is_known_is_believed_for_its_window_and_an_hour_at_the_most() {
    let believed = |window| {
        let mut schedule = learner(&[per_second(1_000, 1_000)]);
        let slot = goes(&mut schedule, seconds(0));
        let spent = Reading::from(&endless(0, window));
        hear(&mut schedule, slot, spent, seconds(0));
        schedule.next(1, seconds(0))
    };
    assert_eq!(believed(Some(MINUTE)), seconds(60));
    assert_eq!(believed(Some(DAY)), seconds(3_600));
    assert_eq!(believed(Some(MONTH)), seconds(3_600));
    assert_eq!(believed(None), seconds(1), "as long as ours");
    let mut schedule = learner(&[]);
    let slot = goes(&mut schedule, seconds(0));
    let spent = Reading::from(&endless(0, None));
    hear(&mut schedule, slot, spent, seconds(0));
    assert_eq!(schedule.next(1, seconds(0)), seconds(60), "nobody knows");
}

#[test]
fn a_window_that_slides_rises_again_by_the_word_of_the_call_that_was_sent_last() {
    let mut schedule = learner(&[per_second(1_000, 1_000)]);
    let minute = |remaining| Reading::from(&endless(remaining, Some(MINUTE)));
    let (early, late) = (
        goes(&mut schedule, seconds(0)),
        goes(&mut schedule, seconds(1)),
    );
    hear(&mut schedule, late, minute(5), seconds(1));
    assert_eq!(left(&schedule, seconds(1)), 4, "one is in flight");
    hear(&mut schedule, early, minute(6), seconds(1));
    assert_eq!(
        left(&schedule, seconds(1)),
        4,
        "an answer to an earlier call"
    );
    let later = goes(&mut schedule, seconds(30));
    hear(&mut schedule, later, minute(9), seconds(30));
    assert_eq!(left(&schedule, seconds(30)), 9);
}

#[test]
fn a_reset_that_was_told_is_not_forgotten_for_an_answer_that_tells_none() {
    let mut schedule = learner(&[per_second(1_000, 1_000)]);
    let slots = [0, 1].map(|now| goes(&mut schedule, seconds(now)));
    let hour = Published {
        reset: Some(Duration::from_secs(3_600)),
        ..endless(3, None)
    };
    hear(&mut schedule, slots[0], Reading::from(&hour), seconds(1));
    let none = Reading::from(&endless(900, Some(MINUTE)));
    hear(&mut schedule, slots[1], none, seconds(2));
    assert_eq!(schedule.next(4, seconds(2)), seconds(3_601));
}

#[test]
fn of_two_windows_that_have_no_resets_nobody_can_say_what_a_call_cost() {
    let mut schedule = learner(&[Quota::per_minute(1_000).unwrap()]);
    let mut answer = |cost, remaining, now| {
        let slot = schedule.reserve(cost, now, now).unwrap();
        let readings = [Some(Reading::from(&endless(remaining, Some(MINUTE))))];
        let lesson = Lesson {
            readings: &readings,
            costs: None,
            adopts: false,
            settles: true,
        };
        schedule.answered(slot, &lesson, now).0.cost()
    };
    assert_eq!(answer(10, 900, seconds(0)), 10);
    // What came back in this second is not known, so that eighty is not the most that it can have cost.
    assert_eq!(answer(500, 820, seconds(1)), 500);
}

#[test]
fn a_limit_of_a_month_or_a_day_is_not_a_minutes() {
    let adopted = |ours: Quota, window| {
        let mut schedule = learner(&[ours]);
        let slot = goes(&mut schedule, seconds(0));
        let alone = Published {
            remaining: None,
            ..endless(0, window)
        };
        let readings = [Some(Reading::from(&alone))];
        let lesson = Lesson {
            readings: &readings,
            costs: None,
            adopts: true,
            settles: false,
        };
        drop(schedule.answered(slot, &lesson, seconds(0)));
        assert!(schedule.snapshot(seconds(0)).learned.is_empty());
        schedule.quotas()[0].units()
    };
    let minute = Quota::per_minute(60).unwrap();
    assert_eq!(adopted(minute, Some(DAY)), 60);
    assert_eq!(adopted(minute, Some(MONTH)), 60);
    assert_eq!(adopted(minute, Some(MINUTE)), 1_000);
    assert_eq!(adopted(Quota::new(60, MONTH).unwrap(), Some(MONTH)), 1_000);
}

#[test]
fn a_refusal_by_the_servers_day_does_not_speak_of_our_minute() {
    let refused_by = |window| {
        let mut schedule = learner(&[Quota::per_minute(60).unwrap()]);
        let slot = goes(&mut schedule, seconds(0));
        let spent = Reading::from(&endless(0, window));
        hear(&mut schedule, slot, spent, seconds(0));
        match schedule.reserve(1, seconds(0), seconds(0)) {
            Err(Refused::Late { quota, .. }) => (quota.units(), quota.period()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused_by(Some(DAY)), (1_000, DAY));
    assert_eq!(refused_by(Some(MINUTE)), (60, MINUTE));
    assert_eq!(refused_by(None), (60, MINUTE));
}

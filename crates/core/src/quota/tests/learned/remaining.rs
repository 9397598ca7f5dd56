//! What remains at the server, and of which answer.

use super::*;
use crate::quota::Refused;

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
fn the_next_window_begins_with_what_the_server_says_of_it() {
    let mut schedule = learner(&[many()]);
    let slot = goes(&mut schedule, seconds(0));
    hear(&mut schedule, slot, reading(3, 10), seconds(0));
    let slot = goes(&mut schedule, seconds(10));
    hear(&mut schedule, slot, reading(99, 60), seconds(10));
    assert_eq!(left(&schedule, seconds(10)), 99);
}

#[test]
fn without_any_quota_of_ours_the_servers_alone_holds() {
    let mut schedule = learner(&[]);
    let slot = goes(&mut schedule, seconds(0));
    hear(&mut schedule, slot, reading(2, 60), seconds(0));
    assert_eq!(room(&mut schedule, seconds(0)), 2);
    let refused = schedule.reserve(1, seconds(0), seconds(0)).unwrap_err();
    assert!(matches!(refused, Refused::Late { slot, .. } if slot == seconds(60)));
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

//! Who goes, who waits, who is refused.

use super::*;
use crate::rejected::Why;

#[test]
fn one_goes_then_two_then_four_and_in_the_order_of_arrival() {
    let mut desk = Desk::paused(10);
    let tickets = desk.queue(7, 1);
    let mut sent = 0;
    for step in [1, 2, 4] {
        desk.pause.advance(at(10));
        desk.pause.settle(at(10), &mut desk.out);
        for _ in 0..step {
            assert_eq!(desk.go(tickets[sent], 10), Some(Let::Released));
            sent += 1;
        }
        let next = tickets.get(sent).copied().flatten();
        assert!(next.is_none_or(|ticket| desk.go(Some(ticket), 10).is_none()));
        for _ in 0..step {
            desk.back(1, Verdict::Good, 10);
        }
    }
    assert_eq!(desk.phase(10), Phase::Open);
}

#[test]
fn a_pause_that_ends_wakes_one_of_ten_thousand() {
    let mut desk = Desk::paused(10);
    let tickets = desk.queue(10_000, 1);
    assert_eq!(desk.woken(), []);
    let first = &mut tickets[0].clone();
    assert_eq!(
        desk.turn(first, 0, 2),
        Turn::Wait {
            until: Some(at(10))
        }
    );
    assert_eq!(
        desk.turn(&mut tickets[1].clone(), 1, 2),
        Turn::Wait { until: None }
    );
    assert_eq!(desk.turn(first, 0, 10), Turn::Yours);
    let next = desk.woken();
    assert_eq!(next, [1], "to sleep on a timer in its place");
}

#[test]
fn whoever_was_called_up_goes_on_waiting_when_a_pause_begins() {
    let mut desk = Desk::paused(10);
    let tickets = desk.queue(2, 1);
    let first = &mut tickets[0].clone();
    assert_eq!(desk.turn(first, 0, 10), Turn::Yours);
    desk.woken();
    desk.answer(0, told(10), 10);
    assert_eq!(desk.woken(), [0], "to find out");
    assert_eq!(desk.go(*first, 10), None);
    assert_eq!(
        desk.turn(first, 0, 10),
        Turn::Wait {
            until: Some(at(20))
        }
    );
    assert_eq!(desk.turn(first, 0, 20), Turn::Yours);
}

#[test]
fn a_probe_that_is_refused_pauses_all_again_for_longer() {
    let mut desk = Desk::new();
    desk.answer(0, Verdict::Limited(None), 0);
    let tickets = desk.queue(3, 0);
    assert_eq!(desk.turn(&mut tickets[0].clone(), 0, 1), Turn::Yours);
    assert_eq!(desk.go(tickets[0], 1), Some(Let::Released));
    desk.back(1, Verdict::Limited(None), 1);
    assert_eq!((desk.phase(1), desk.until()), (Phase::Paused, at(3)));
    assert_eq!(
        desk.turn(&mut tickets[1].clone(), 1, 1),
        Turn::Wait { until: Some(at(3)) }
    );
}

#[test]
fn whoever_leaves_makes_room_for_the_next() {
    let mut desk = Desk::paused(10);
    let tickets = desk.queue(3, 1);
    desk.woken();
    desk.pause.leave(tickets[0].unwrap(), at(2), &mut desk.out);
    desk.pause.settle(at(2), &mut desk.out);
    assert_eq!(desk.woken(), [1], "the first now, and it needs a timer");
    assert_eq!(desk.turn(&mut tickets[1].clone(), 1, 10), Turn::Yours);
    assert_eq!(desk.woken(), [2], "the first now");
    desk.turn(&mut tickets[2].clone(), 2, 10);
    desk.pause.leave(tickets[1].unwrap(), at(10), &mut desk.out);
    desk.pause.settle(at(10), &mut desk.out);
    assert_eq!(desk.woken(), [2], "called up");
}

#[test]
fn an_answer_that_says_nothing_lets_one_more_go_and_no_more_than_one() {
    let mut desk = Desk::paused(10);
    let tickets = desk.queue(4, 1);
    desk.pause.advance(at(10));
    desk.pause.settle(at(10), &mut desk.out);
    for ticket in &tickets[..3] {
        assert_eq!(desk.go(*ticket, 10), Some(Let::Released));
        desk.back(1, Verdict::Nothing, 10);
    }
    assert_eq!(desk.phase(10), Phase::Releasing { step: 1 });
}

#[test]
fn a_probe_that_hangs_holds_the_next_for_a_second() {
    let mut desk = Desk::paused(10);
    let tickets = desk.queue(3, 1);
    desk.turn(&mut tickets[0].clone(), 0, 10);
    desk.go(tickets[0], 10);
    let second = &mut tickets[1].clone();
    assert_eq!(
        desk.turn(second, 1, 10),
        Turn::Wait {
            until: Some(at(11))
        }
    );
    assert_eq!(desk.turn(second, 1, 11), Turn::Yours);
    assert!(matches!(
        desk.turn(&mut tickets[2].clone(), 2, 11),
        Turn::Wait { .. }
    ));
}

#[test]
fn nobody_overtakes_the_line() {
    let mut desk = Desk::paused(10);
    desk.queue(1, 1);
    assert_eq!(desk.pause.enter(Timestamp::MAX, at(10)), None);
}

#[test]
fn where_nobody_waits_the_first_to_come_is_the_probe() {
    let mut desk = Desk::paused(10);
    assert_eq!(
        desk.pause.enter(Timestamp::MAX, at(10)),
        Some(Ok(Let::Released))
    );
    assert_eq!(desk.pause.enter(Timestamp::MAX, at(10)), None);
    assert_eq!(desk.back(1, Verdict::Good, 10), Some(Change::Ended));
    assert_eq!(
        desk.pause.enter(Timestamp::MAX, at(10)),
        Some(Ok(Let::Free))
    );
}

#[test]
fn whoever_cannot_wait_as_long_is_refused_at_once_and_told_when() {
    let mut desk = Desk::paused(10);
    let refusal = Refusal {
        why: Why::Cooldown,
        not_before: Some(at(10)),
    };
    assert_eq!(desk.pause.enter(at(9), at(0)), Some(Err(refusal)));
    assert_eq!(desk.pause.enter(at(10), at(0)), None);
}

#[test]
fn whoever_sleeps_is_sent_away_when_the_deadline_grows_past_its_patience() {
    let mut desk = Desk::paused(10);
    let (mut hasty, mut patient) = (None, None);
    desk.turn_until(&mut hasty, 0, at(15), 0);
    desk.turn_until(&mut patient, 1, at(99), 0);
    desk.woken();
    desk.answer(0, told(20), 1);
    assert_eq!(desk.woken(), [0, 1], "one to leave, one to be the first");
    let not_before = Some(at(21));
    let why = Why::Cooldown;
    assert_eq!(
        desk.turn_until(&mut hasty, 0, at(15), 1),
        Turn::Refused(Refusal { why, not_before })
    );
}

#[test]
fn a_used_up_quota_refuses_all_and_whoever_waits_already() {
    let mut desk = Desk::paused(10);
    let tickets = desk.queue(2, 1);
    desk.woken();
    desk.answer(0, Verdict::Spent(None), 2);
    assert_eq!(desk.woken(), [0, 1]);
    let refusal = Refusal {
        why: Why::QuotaExhausted,
        not_before: Some(at(302)),
    };
    assert_eq!(
        desk.turn(&mut tickets[0].clone(), 0, 2),
        Turn::Refused(refusal)
    );
    assert_eq!(desk.pause.enter(Timestamp::MAX, at(2)), Some(Err(refusal)));
    assert_eq!(desk.phase(302), Phase::Releasing { step: 1 });
}

#[test]
fn a_release_by_hand_is_gradual_too() {
    let mut desk = Desk::paused(1_000);
    desk.queue(3, 1);
    desk.woken();
    desk.pause.release(at(2), &mut desk.out);
    desk.pause.settle(at(2), &mut desk.out);
    assert_eq!(desk.woken(), [0, 1], "one goes, one keeps the time");
    assert_eq!(desk.phase(2), Phase::Releasing { step: 1 });
}

use std::time::Duration;

use proptest::prelude::*;

use super::line::{Out, Ticket};
use super::state::{Let, Pause};
use super::*;
use crate::hint::{Hint, HintSource};
use crate::outcome::{Class, Outcome};
use crate::rejected::Why;
use crate::time::Timestamp;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_nanos(seconds * 1_000_000_000)
}

fn told(seconds: u64) -> Verdict {
    Verdict::Limited(Some(Duration::from_secs(seconds)))
}

/// A pause whose waiters are named by numbers.
struct Desk {
    pause: Pause<u32>,
    out: Out<u32>,
}

impl Desk {
    fn new() -> Self {
        Self::with(Pauses::default().with_margin(false))
    }

    fn with(pauses: Pauses) -> Self {
        let pause = Pause::new(pauses, fastrand::Rng::with_seed(7));
        Self {
            pause,
            out: Out::default(),
        }
    }

    /// Paused until `until` by an answer at zero.
    fn paused(until: u64) -> Self {
        let mut desk = Self::new();
        desk.answer(0, told(until), 0);
        desk
    }

    fn answer(&mut self, sent: u64, verdict: Verdict, now: u64) -> Option<Change> {
        let (received, now) = (at(now), at(now));
        let change = self
            .pause
            .answered(sent, verdict, received, now, &mut self.out);
        self.pause.settle(now, &mut self.out);
        change
    }

    /// A released attempt comes back with an answer.
    fn back(&mut self, sent: u64, verdict: Verdict, now: u64) -> Option<Change> {
        self.pause.came_back(at(now));
        self.answer(sent, verdict, now)
    }

    fn turn(&mut self, ticket: &mut Option<Ticket>, name: u32, now: u64) -> Turn {
        self.turn_until(ticket, name, Timestamp::MAX, now)
    }

    fn turn_until(
        &mut self,
        ticket: &mut Option<Ticket>,
        name: u32,
        gives_up: Timestamp,
        now: u64,
    ) -> Turn {
        let turn = self
            .pause
            .turn(ticket, gives_up, at(now), name, &mut self.out);
        self.pause.settle(at(now), &mut self.out);
        turn
    }

    /// As many new waiters, with the names from zero.
    fn queue(&mut self, count: u32, now: u64) -> Vec<Option<Ticket>> {
        let join = |name| {
            let mut ticket = None;
            let turn = self.turn(&mut ticket, name, now);
            assert!(matches!(turn, Turn::Wait { .. }), "{turn:?}");
            ticket
        };
        (0..count).map(join).collect()
    }

    fn go(&mut self, ticket: Option<Ticket>, now: u64) -> Option<Let> {
        let way = self.pause.go(ticket?, at(now), &mut self.out);
        self.pause.settle(at(now), &mut self.out);
        way
    }

    fn woken(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.out.woken)
    }

    fn phase(&mut self, now: u64) -> Phase {
        self.pause.advance(at(now));
        self.pause.snapshot().phase
    }

    fn until(&self) -> Timestamp {
        self.pause.snapshot().until
    }
}

#[test]
fn ten_answers_of_one_wave_are_one_pause() {
    let mut desk = Desk::new();
    for n in 0..10 {
        desk.answer(0, told(30), n);
    }
    let snapshot = desk.pause.snapshot();
    assert_eq!((snapshot.epoch, snapshot.limits), (1, 1));
    assert_eq!(snapshot.until, at(39));
}

#[test]
fn a_shorter_word_does_not_shorten_a_pause() {
    let mut desk = Desk::paused(30);
    desk.answer(0, told(5), 1);
    assert_eq!(desk.until(), at(30));
}

#[test]
fn late_news_whose_time_has_passed_changes_nothing() {
    let mut desk = Desk::paused(10);
    let released = desk.phase(11);
    let mut late = |received, verdict| {
        desk.pause
            .answered(0, verdict, at(received), at(11), &mut desk.out)
    };
    assert_eq!(late(3, told(5)), None);
    assert_eq!(late(11, Verdict::Limited(None)), None);
    assert_eq!(late(11, Verdict::Spent(None)), None);
    assert_eq!(late(11, Verdict::Good), None);
    assert_eq!(desk.phase(11), released);
    assert_eq!(
        desk.pause.snapshot().limits,
        1,
        "a late success is no sign either"
    );
}

#[test]
fn late_news_that_still_holds_pauses_again_and_is_no_limit_in_a_row() {
    let mut desk = Desk::paused(10);
    assert_eq!(desk.phase(10), Phase::Releasing { step: 1 });
    let why = Why::Cooldown;
    assert_eq!(
        desk.answer(0, told(5), 11),
        Some(Change::Began { until: at(16), why })
    );
    assert_eq!(desk.pause.snapshot().limits, 1);
}

#[test]
fn without_a_word_pauses_grow_and_only_a_good_answer_sets_them_back() {
    let mut desk = Desk::new();
    let mut now = 0;
    let mut next = |desk: &mut Desk| {
        desk.pause.enter(Timestamp::MAX, at(now));
        let epoch = desk.pause.epoch();
        desk.pause.came_back(at(now));
        desk.answer(epoch, Verdict::Limited(None), now);
        let wait = desk.until().since(at(now)).as_secs();
        now += wait + 1_000;
        wait
    };
    assert_eq!(
        [0; 8].map(|_| next(&mut desk)),
        [1, 2, 4, 8, 16, 32, 60, 60]
    );
    desk.pause.enter(Timestamp::MAX, at(9_000));
    let epoch = desk.pause.epoch();
    assert_eq!(desk.back(epoch, Verdict::Good, 9_000), Some(Change::Ended));
    desk.answer(epoch, Verdict::Limited(None), 9_000);
    assert_eq!(desk.until(), at(9_001));
}

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

#[test]
fn what_is_idle_can_be_forgotten_and_what_is_in_force_cannot() {
    let mut desk = Desk::paused(10);
    assert!(Desk::new().pause.is_idle(at(0)));
    assert!(!desk.pause.is_idle(at(9)));
    assert!(!desk.pause.is_idle(at(11)), "its probe is still to come");
    desk.pause.enter(Timestamp::MAX, at(11));
    desk.back(1, Verdict::Good, 11);
    assert!(desk.pause.is_idle(at(11)));
}

#[test]
fn a_hint_is_lengthened_and_never_shortened() {
    let mut desk = Desk::with(Pauses::default());
    desk.answer(0, told(100), 0);
    let until = desk.until();
    assert!(at(100) <= until && until <= at(110), "{until:?}");
    desk.answer(0, Verdict::Limited(Some(Duration::MAX)), 0);
    assert_eq!(desk.until(), Timestamp::MAX);
}

#[test]
fn each_class_says_what_the_table_says() {
    let hint = Hint {
        wait: SECOND,
        source: HintSource::RetryAfter,
    };
    for &class in Class::ALL {
        let bare = Verdict::of(&Outcome::new(class));
        let hinted = Verdict::of(&Outcome::new(class).with_hint(Some(hint)));
        let expected = match class {
            Class::Ok | Class::Auth | Class::ClientError | Class::Conflict => {
                (Verdict::Good, Verdict::Good)
            }
            Class::RateLimited => (Verdict::Limited(None), Verdict::Limited(Some(SECOND))),
            Class::QuotaExhausted => (Verdict::Spent(None), Verdict::Spent(Some(SECOND))),
            Class::Overloaded | Class::Unavailable => {
                (Verdict::Nothing, Verdict::Limited(Some(SECOND)))
            }
            _ => (Verdict::Nothing, Verdict::Nothing),
        };
        assert_eq!((bare, hinted), expected, "{class}");
    }
    let zero = Hint {
        wait: Duration::ZERO,
        ..hint
    };
    let limited = Outcome::new(Class::RateLimited).with_hint(Some(zero));
    assert_eq!(Verdict::of(&limited), Verdict::Limited(None));
}

fn instants() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(1_000_000_000),
        Just(u64::MAX - 1),
        Just(u64::MAX),
        0..20_000_000_000_u64
    ]
}

proptest! {
    /// The model is one line: the largest of what was said.
    #[test]
    fn within_one_wave_the_deadline_is_the_latest_that_was_named(
        words in prop::collection::vec((instants(), instants()), 1..20),
    ) {
        let mut desk = Desk::new();
        let mut latest = Timestamp::ORIGIN;
        let hour = 3_600_000_000_000;
        for (received, wait) in words {
            let wait = Duration::from_nanos(wait.saturating_add(hour));
            let received = Timestamp::from_nanos(received % hour);
            desk.pause.answered(0, Verdict::Limited(Some(wait)), received, received, &mut desk.out);
            latest = latest.max(received + wait);
            prop_assert_eq!(desk.until(), latest);
        }
        prop_assert_eq!(desk.pause.epoch(), 1);
    }
}

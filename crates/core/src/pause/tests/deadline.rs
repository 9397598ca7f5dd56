//! Until when, and what counts as news.

use proptest::prelude::*;

use super::*;
use crate::hint::{Hint, HintSource};
use crate::outcome::{Class, Outcome};
use crate::rejected::Why;

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

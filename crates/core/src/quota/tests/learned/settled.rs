//! What a call is found to have cost.

use super::*;

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

//! Which of our quotas is meant.

use http::HeaderMap;

use super::*;
use crate::UnixTime;
use crate::quota::{Grammar, Learning};

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
    let calls = many().counting_requests();
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
    let by_minute = Published {
        window: Some(minute.period()),
        ..said.clone()
    };
    assert_eq!(
        adopted(&[minute.counting_requests(), minute], &by_minute, true),
        [1_000, 60],
        "what counts calls, and not what counts tokens by the same window"
    );
    let lower = Published {
        limit: Some(10),
        remaining: Some(9),
        ..said
    };
    assert_eq!(adopted(&[minute], &lower, true), [10]);
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
fn all_six_quotas_of_one_answer_hold() {
    let names = ["requests", "tokens"]
        .iter()
        .flat_map(|what| ["minute", "hour", "day"].map(|window| (*what, window)));
    let names: Vec<_> = names.collect();
    for spent in &names {
        let mut headers = HeaderMap::new();
        for (what, window) in &names {
            let left = if (what, window) == (&spent.0, &spent.1) {
                0
            } else {
                9
            };
            let name = format!("x-ratelimit-remaining-{what}-{window}");
            let name = name.parse::<http::HeaderName>().unwrap();
            headers.insert(name, left.into());
        }
        let learning = Learning::new(Grammar::OpenAiCompatible);
        let readings = learning.read(&headers, || UnixTime::from_secs(0));
        let mut schedule = learner(&[many().counting_requests(), many()]);
        let slot = goes(&mut schedule, seconds(0));
        let lesson = learning.lesson(&readings, false);
        drop(schedule.answered(slot, &lesson, seconds(0)));
        assert_eq!(room(&mut schedule, seconds(0)), 0, "{spent:?}");
    }
}

use buttress_core::quota::{Level, Quota};
use buttress_core::{Key, Timestamp, Why};

use super::*;
use crate::observe::OTHER;

pub(super) fn level_of(quota: Quota, remaining: u64) -> Level {
    Level {
        quota,
        remaining,
        reset: Timestamp::MAX,
        spent: None,
    }
}

#[test]
fn levels_are_there_from_when_they_are_known() {
    let recorded = tell(&Metrics::new("up"), &[call(None, &Story::default())]);
    let levels = ["budget", "quota", "cooldown_remaining", "breaker"];
    let is_level = |name: &String| levels.iter().any(|level| name.contains(level));
    assert!(
        !recorded.names().iter().any(is_level),
        "{:?}",
        recorded.names()
    );
    let quota = Quota::per_minute(500).unwrap().counting_requests();
    let level = |remaining| Event::QuotaLevel {
        level: level_of(quota, remaining),
    };
    let pause = Event::PauseBegan {
        key: Key::ALL,
        why: Why::Cooldown,
        until: Timestamp::MAX,
        remaining: 5 * SECOND,
    };
    let levels = [
        level(20),
        level(7),
        Event::BudgetLevel { balance: 3 },
        pause,
    ];
    let expected = [
        "cooldown_remaining_seconds 5",
        "quota_limit_units{quota=requests_per_minute} 500",
        "quota_remaining_units{quota=requests_per_minute} 7",
        "retry_budget_retries 3",
    ];
    assert_eq!(told(&levels), expected);
    let over = [
        pause,
        Event::PauseEnded { key: Key::ALL },
        Event::BudgetLevel { balance: u32::MAX },
    ];
    assert_eq!(told(&over), ["retry_budget_retries inf"]);
}

#[test]
fn quotas_past_the_bound_are_one_series() {
    let quotas = (1..=40).map(|seconds| Quota::new(1, seconds * SECOND).unwrap());
    let level = |quota| Event::QuotaLevel {
        level: level_of(quota, 1),
    };
    let events: Vec<_> = quotas.map(level).collect();
    let told = told(&events);
    assert_eq!(told.len(), 2 * 17, "{told:?}");
    assert!(told.contains(&format!("quota_limit_units{{quota={OTHER}}} 1")));
}

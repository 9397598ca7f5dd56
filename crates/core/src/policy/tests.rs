use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::backoff::Backoff;
use crate::breaker::Circuit;
use crate::budget::Share;
use crate::quota::{Counts, Quota};
use crate::retry::Retries;

const SECOND: Duration = Duration::from_secs(1);

fn per_minute(units: u64) -> Quota {
    Quota::per_minute(units).unwrap()
}

fn attempts(attempts: u32) -> Retries {
    Retries::default().with_max_attempts(NonZeroU32::new(attempts).unwrap())
}

fn bare() -> Policy {
    Policy::bare(ProfileName::default())
}

#[test]
fn a_profile_alone_is_a_complete_policy_without_findings() {
    let policy = Policy::new(ProfileName::new("openai").unwrap());
    assert_eq!(policy.check(&[], None), []);
    assert_eq!(policy.figures().longest_call(), Some(600 * SECOND));
    assert_eq!(policy.figures().max_attempts().get(), 5);
    assert_eq!(policy.figures().load_millionths(), 1_200_000);
    assert_eq!(policy.figures().floor(), 10);
}

#[test]
fn an_attempt_timeout_over_the_deadline_is_refused_whichever_comes_second() {
    let ten = Policy::default().with_deadline(10 * SECOND).unwrap();
    let error = ten.clone().with_attempt_timeout(11 * SECOND).unwrap_err();
    assert_eq!(error.what(), "attempt timeout");
    assert_eq!(error.expected(), "at most the deadline");
    let eleven = bare().with_attempt_timeout(11 * SECOND).unwrap();
    assert_eq!(
        eleven.with_deadline(10 * SECOND).unwrap_err().what(),
        "deadline"
    );
    assert!(ten.with_attempt_timeout(10 * SECOND).is_ok());
}

#[test]
fn no_time_at_all_is_refused() {
    assert!(bare().with_deadline(Duration::ZERO).is_err());
    assert!(bare().with_attempt_timeout(Duration::ZERO).is_err());
    assert!(bare().with_deadline(None).is_ok());
}

#[test]
fn a_policy_that_is_built_in_another_order_is_the_same() {
    let one = bare()
        .with_breaker(Breaker::from(Circuit::hystrix()))
        .with_retry(Retry::new(attempts(3)))
        .with_deadline(10 * SECOND)
        .unwrap();
    let other = bare()
        .with_deadline(10 * SECOND)
        .unwrap()
        .with_retry(Retry::from(attempts(3)))
        .with_breaker(Breaker::new(Circuit::hystrix()));
    assert_eq!(one, other);
    assert_ne!(one, other.with_fail_fast(true));
}

#[test]
fn limits_and_hosts_are_the_same_in_any_order() {
    let limits = [
        Limit::requests(per_minute(5)),
        Limit::requests(Quota::per_day(50).unwrap()),
        Limit::tokens(per_minute(9)),
    ];
    let [first, second, third] = limits;
    let turned = RateLimit::new([third, second, first]).unwrap();
    assert_eq!(turned, RateLimit::new(limits).unwrap());
    let host = |name: &str| name.parse::<Host>().unwrap();
    let one = Upstream::new(bare())
        .with_host(host("a"))
        .with_host(host("b"));
    let other = Upstream::new(bare())
        .with_host(host("b"))
        .with_host(host("a"));
    assert_eq!(one, other.with_host(host("b")));
}

#[test]
fn the_default_budget_is_the_one_that_is_described() {
    let (described, default) = (
        RetryBudget::default().budget(),
        crate::budget::Budget::default(),
    );
    assert_eq!(format!("{described:?}"), format!("{default:?}"));
    assert_eq!(RetryBudget::default().share(), Share::from_percent(20).ok());
}

#[test]
fn names_are_plain() {
    assert!(ProfileName::new("openai").is_ok());
    for name in ["", "OpenAI", "open ai", "a/b", "ä", &"a".repeat(65)] {
        assert!(ProfileName::new(name.to_owned()).is_err(), "{name}");
        assert!(UpstreamName::new(name.to_owned()).is_err(), "{name}");
    }
}

#[test]
fn a_host_is_read_and_written() {
    for (text, name, port) in [
        ("api.example.com", "api.example.com", None),
        ("API.example.com", "api.example.com", None),
        ("localhost:8080", "localhost", Some(8080)),
        ("[::1]:80", "[::1]", Some(80)),
    ] {
        let host: Host = text.parse().unwrap();
        assert_eq!((host.name(), host.port()), (name, port));
        assert_eq!(host.to_string(), text.to_ascii_lowercase());
    }
    for text in ["", "a b", "user@host", "host/path", "host:99999", "host:x"] {
        assert!(text.parse::<Host>().is_err(), "{text}");
    }
}

#[test]
fn a_port_that_is_the_schemes_own_is_no_port() {
    let of = |uri: &str| Host::of(&uri.parse().unwrap()).map(|host| host.to_string());
    assert_eq!(of("https://a.example:443/x").as_deref(), Some("a.example"));
    assert_eq!(
        of("http://a.example:443/x").as_deref(),
        Some("a.example:443")
    );
    assert_eq!(of("/x"), None);
}

#[test]
fn keys_are_read_as_they_are_written() {
    let header = KeyBy::Header(http::HeaderName::from_static("x-tenant"));
    let keys = [
        KeyBy::Everything,
        KeyBy::Host,
        KeyBy::Credential,
        KeyBy::Model,
        KeyBy::Resource,
        header,
    ];
    for key in keys {
        assert_eq!(key.to_string().parse(), Ok(key));
    }
    assert!("header".parse::<KeyBy>().is_err());
    assert!("header a b".parse::<KeyBy>().is_err());
    assert!("Host".parse::<KeyBy>().is_err());
}

#[test]
fn idempotency_keys_are_read_as_they_are_written() {
    let name = http::HeaderName::from_static("paypal-request-id");
    let keys = [
        IdempotencyKey::Profile,
        IdempotencyKey::Never,
        IdempotencyKey::Header(name),
    ];
    for key in keys {
        assert_eq!(key.to_string().parse(), Ok(key));
    }
    for text in ["", "Profile", "header", "header a b", "idempotency-key"] {
        assert!(text.parse::<IdempotencyKey>().is_err(), "{text}");
    }
}

#[test]
fn a_base_url_brings_its_host_and_no_password() {
    let upstream = |url: &str| Upstream::new(bare()).with_base_url(url.parse().unwrap());
    let good = upstream("https://api.example.com/v1").unwrap();
    assert_eq!(good.hosts(), ["api.example.com".parse().unwrap()]);
    for url in ["ftp://a.example", "/v1", "https://a.example/?key=1"] {
        assert!(upstream(url).is_err(), "{url}");
    }
    let error = upstream("https://me:secret@a.example/").unwrap_err();
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn requests_are_counted_and_tokens_are_weighed() {
    let quota = per_minute(10);
    assert_eq!(Limit::requests(quota).quota().counts(), Counts::Requests);
    assert_eq!(
        Limit::tokens(quota.counting_requests()).quota().counts(),
        Counts::Cost
    );
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    let (tokens, points) = (Limit::tokens(per_minute(10)), Limit::points(per_minute(10)));
    assert!(RateLimit::new([tokens, points]).is_err());
    assert!(RateLimit::new([tokens, tokens]).is_err());
    assert!(RateLimit::new([tokens, Limit::requests(per_minute(10))]).is_ok());
}

#[test]
fn a_limit_of_what_no_call_is_known_to_cost_is_refused() {
    let limits = |unit| RateLimit::new([Limit::new(unit, per_minute(10))]);
    for unit in RateLimit::UNITS {
        assert!(limits(unit).is_ok(), "{unit:?}");
    }
    for unit in [Unit::InputTokens, Unit::OutputTokens, Unit::CpuSeconds] {
        assert!(limits(unit).is_err(), "{unit:?}");
    }
}

#[test]
fn each_finding_is_found_and_says_where() {
    let limit = Limit::tokens(per_minute(1_000).with_burst(100).unwrap());
    let published = Limit::tokens(per_minute(999));
    let limits = bare().with_rate_limit(RateLimit::new([limit]).unwrap());
    let unlimited = Retry::default().with_budget(RetryBudget::UNLIMITED);
    let cases = [
        (limits.clone(), "rate_limit.burst"),
        (limits, "rate_limit"),
        (bare().with_retry(unlimited), "retry.budget"),
        (
            bare().with_rate_limit(RateLimit::new([]).unwrap()),
            "rate_limit",
        ),
        (bare(), "deadline"),
        (bare().with_fail_fast(true), "fail_fast"),
        (
            bare()
                .with_deadline(SECOND)
                .unwrap()
                .with_cooldown(Cooldown::default()),
            "cooldown.max_wait",
        ),
    ];
    for (policy, setting) in cases {
        let findings = policy.check(&[published], Some(101));
        let found = findings.iter().any(|finding| finding.setting() == setting);
        assert!(found, "{setting}: {findings:?}");
    }
}

#[test]
fn what_fits_to_the_unit_is_no_finding() {
    let limit = Limit::tokens(per_minute(1_000).with_burst(100).unwrap());
    let policy = Policy::default().with_rate_limit(RateLimit::new([limit]).unwrap());
    assert_eq!(
        policy.check(&[Limit::tokens(per_minute(1_000))], Some(100)),
        []
    );
}

#[test]
fn only_what_cannot_work_is_an_error() {
    let limit = Limit::points(per_minute(4));
    let policy = Policy::default().with_rate_limit(RateLimit::new([limit]).unwrap());
    let [finding] = &policy.check(&[], Some(5))[..] else {
        panic!("one finding");
    };
    assert_eq!(finding.severity(), Severity::Error);
    assert_eq!(
        finding.to_string(),
        "a call that costs 5 never fits into 4 points per 60s, which lets 4 go at once"
    );
}

#[test]
fn the_longest_call_is_the_sum_of_its_parts_or_the_deadline() {
    let backoff = Backoff::new(SECOND, 8 * SECOND).unwrap();
    let retries = attempts(3).with_backoff(backoff).with_max_wait(5 * SECOND);
    let parts = bare()
        .with_retry(Retry::new(retries))
        .with_cooldown(Cooldown::default().with_max_wait(20 * SECOND))
        .with_attempt_timeout(10 * SECOND)
        .unwrap();
    // 3 × (20 + 10) + 2 × 8
    assert_eq!(parts.figures().longest_call(), Some(106 * SECOND));
    let with = |deadline| parts.clone().with_deadline(deadline).unwrap().figures();
    assert_eq!(with(107 * SECOND).longest_call(), Some(106 * SECOND));
    assert_eq!(with(105 * SECOND).longest_call(), Some(105 * SECOND));
    let endless = parts.with_attempt_timeout(None).unwrap();
    assert_eq!(endless.figures().longest_call(), None);
}

proptest! {
    /// Calls, and the retries of those that fail, against the budget that the description makes.
    #[test]
    fn a_budget_grants_no_more_than_the_figures_say(
        gaps in prop::collection::vec(prop_oneof![Just(0), Just(100), Just(1_000), Just(9_999), 0..30_000_u64], 1..200),
        percent in prop_oneof![Just(0_u32), Just(20), Just(100), 0..200_u32],
        per_second in 0..5_u32,
        memory in prop_oneof![Just(1_u64), Just(10), Just(60)],
    ) {
        let share = Share::from_percent(percent).unwrap();
        let budget = RetryBudget::of_calls(share, per_second, Duration::from_secs(memory)).unwrap();
        let figures = bare().with_retry(Retry::new(attempts(5)).with_budget(budget)).figures();
        let budget = budget.budget();
        let (mut now, mut sent) = (crate::Timestamp::from_nanos(77_777_777), 0);
        let began = now;
        for gap in &gaps {
            now = now + Duration::from_millis(*gap);
            budget.call_began(now);
            sent += 1 + (0..4).filter(|_| budget.try_retry(now)).count() as u64;
        }
        let most = figures.most_attempts(gaps.len() as u64, now.since(began));
        prop_assert!(sent <= most, "{} > {}", sent, most);
    }
}

//! A policy is the same value wherever it was written down.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod policies;

use std::time::Duration;

use buttress_config::{Config, Document, to_json, to_toml};
use buttress_core::backoff::{Backoff, Jitter};
use buttress_core::breaker::{Circuit, Rate, Window};
use buttress_core::policy::{
    Breaker, Limit, Policy, ProfileName, RateLimit, Retry, Upstream, UpstreamName,
};
use buttress_core::quota::Quota;
use buttress_core::retry::Retries;
use proptest::prelude::*;

fn name() -> UpstreamName {
    UpstreamName::new("openai").unwrap()
}

fn upstream(config: &Config) -> &Upstream {
    config.upstream("openai").unwrap().upstream()
}

const SECOND: Duration = Duration::from_secs(1);

/// The first example of the design, in Rust.
fn in_rust() -> Upstream {
    let limits = [
        Limit::requests(Quota::per_minute(500).unwrap()),
        Limit::tokens(Quota::per_minute(200_000).unwrap()),
    ];
    let rate_limit = RateLimit::new(limits).unwrap().with_learn(true);
    let backoff = Backoff::new(SECOND, 60 * SECOND).unwrap();
    let retries = Retries::default().with_backoff(backoff.with_jitter(Jitter::Equal));
    let circuit = Circuit::default()
        .with_failure_rate(Rate::from_percent(60).unwrap())
        .with_window(Window::time(20 * SECOND).unwrap())
        .with_minimum_calls(10)
        .unwrap();
    let policy = Policy::new(ProfileName::new("openai").unwrap())
        .with_deadline(120 * SECOND)
        .unwrap()
        .with_attempt_timeout(30 * SECOND)
        .unwrap()
        .with_retry(Retry::new(retries))
        .with_rate_limit(rate_limit)
        .with_breaker(Breaker::new(circuit));
    let url = "https://api.openai.com/v1".parse().unwrap();
    Upstream::new(policy).with_base_url(url).unwrap()
}

const TOML: &str = r#"
[upstream.openai]
profile = "openai"
base_url = "https://api.openai.com/v1"
deadline = "2m"
attempt_timeout = "30s"
rate_limit = { tokens_per_minute = 200_000, requests_per_minute = 500, learn = true }
retry = { backoff = "equal-jitter", base = "1s", cap = "60s" }
breaker = { failure_rate = 0.6, window = "20s", minimum_calls = 10 }
"#;

const JSON: &str = r#"{
    "upstream": { "openai": {
        "profile": "openai",
        "base_url": "https://api.openai.com/v1",
        "deadline": "120s",
        "attempt_timeout": "30s",
        "rate_limit": { "requests_per_minute": 500, "tokens_per_minute": 200000, "learn": true },
        "retry": { "backoff": "equal-jitter", "base": "1000ms", "cap": "1m" },
        "breaker": { "failure_rate": "60%", "window": "20s", "minimum_calls": 10 }
    } }
}"#;

#[test]
fn the_same_policy_in_rust_in_toml_and_in_json_is_one_value() {
    let toml = Document::toml("a.toml", TOML).read().unwrap();
    let json = Document::json("a.json", JSON).read().unwrap();
    assert_eq!(upstream(&toml), &in_rust());
    assert_eq!(upstream(&json), &in_rust());
}

#[test]
fn a_profile_alone_is_the_policy_of_that_profile() {
    let text = "[upstream.openai]\nprofile = \"openai\"\n";
    let config = Document::toml("a.toml", text).read().unwrap();
    let policy = Policy::new(ProfileName::new("openai").unwrap());
    assert_eq!(upstream(&config), &Upstream::new(policy));
    assert!(config.warnings().is_empty(), "{}", config.warnings());
}

#[test]
fn what_a_file_cannot_say_is_not_written() {
    let smooth = buttress_core::concurrency::Vegas::default()
        .with_smoothing(buttress_core::backoff::Percent::new(50).unwrap());
    let algorithm = buttress_core::concurrency::Algorithm::Vegas(smooth);
    let policy =
        Policy::default().with_concurrency(buttress_core::policy::Concurrency::new(algorithm));
    let upstream = Upstream::new(policy);
    let refused = to_toml([(&name(), &upstream)]).unwrap_err();
    assert_eq!(refused.upstream(), &name());
    assert!(to_json([(&name(), &upstream)]).is_err());
}

#[test]
fn a_printed_file_keeps_the_name_of_the_credentials_variable() {
    let text = "[upstream.openai]\ncredential_env = \"OPENAI_API_KEY\"\n";
    let config = Document::toml("a.toml", text).read().unwrap();
    for printed in [
        Document::toml("b.toml", config.to_toml()),
        Document::json("b.json", config.to_json()),
    ] {
        let again = printed.read().unwrap();
        let declared = again.upstream("openai").unwrap();
        assert_eq!(declared.credential_env(), Some("OPENAI_API_KEY"));
        assert_eq!(declared.policy(), &Policy::default());
    }
}

proptest! {
    #[test]
    fn what_is_printed_says_the_same_when_it_is_read(policy in policies::policies()) {
        let upstream_in = Upstream::new(policy);
        let toml = to_toml([(&name(), &upstream_in)]).unwrap();
        let config = Document::toml("a.toml", toml.as_str()).read().unwrap();
        prop_assert_eq!(upstream(&config), &upstream_in, "{}", toml);
        prop_assert_eq!(config.to_toml(), toml);
        let json = to_json([(&name(), &upstream_in)]).unwrap();
        let config = Document::json("a.json", json.as_str()).read().unwrap();
        prop_assert_eq!(upstream(&config), &upstream_in, "{}", json);
        prop_assert_eq!(config.to_json(), json);
    }
}

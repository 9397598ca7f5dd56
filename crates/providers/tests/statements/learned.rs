//! What a success tells of what is left: each quota in a line, with its name, its unit, what is left of how many, until when
//! and of which window in seconds.

use buttress_core::quota::published::Returns;
use buttress_providers::{
    ALL, Profile, anthropic, azure_openai, bedrock, cloudflare, cohere, gemini, generic,
    github_graphql, github_rest, gitlab, groq, grpc, ietf, mistral, openai, openai_compatible,
    openrouter, slack, stripe, vertex,
};

use crate::{NOON, headers};

/// Holds a profile to what it learns from a head.
fn learns(profile: Profile, head: &str, told: &[&str]) {
    let headers = headers(head, b"");
    let unknown = || "?".to_owned();
    let known = |number: Option<u64>| number.map_or_else(unknown, |number| number.to_string());
    let learned = profile.learned(&headers, NOON).map(|one| {
        let (name, unit) = (&one.name, one.unit.name());
        let (left, limit) = (known(one.remaining), known(one.limit));
        let reset = one.reset.map_or_else(unknown, |wait| format!("{wait:?}"));
        let window = known(one.window.map(|window| window.as_secs()));
        let returns = match one.returns {
            Returns::AtOnce => "anew in",
            Returns::Gradually => "full in",
        };
        format!("{name} ({unit}): {left} of {limit}, {returns} {reset}, by {window}")
    });
    assert_eq!(learned.collect::<Vec<_>>(), told, "{}", profile.name());
}

#[test]
fn openai_tells_three_buckets_and_when_they_are_full() {
    learns(
        openai::PROFILE,
        "x-ratelimit-limit-requests: 500\nx-ratelimit-remaining-requests: 499\nx-ratelimit-reset-requests: 120ms\n\
         x-ratelimit-limit-tokens: 30000\nx-ratelimit-remaining-tokens: 460\nx-ratelimit-reset-tokens: 59.08s\n\
         x-ratelimit-limit-project-tokens: 60000\nx-ratelimit-remaining-project-tokens: 57000\n\
         x-ratelimit-reset-project-tokens: 3s\nx-codex-primary-used-percent: 100",
        &[
            "requests (requests): 499 of 500, full in 120ms, by ?",
            "tokens (tokens): 460 of 30000, full in 59.08s, by ?",
            "project-tokens (tokens): 57000 of 60000, full in 3s, by ?",
        ],
    );
}

#[test]
fn azure_tells_seconds_and_what_is_minus_one_is_not_known() {
    learns(
        azure_openai::PROFILE,
        "x-ratelimit-remaining-requests: 58\nx-ratelimit-reset-requests: 10\n\
         x-ratelimit-limit-tokens: -1\nx-ratelimit-remaining-tokens: -1\nx-ratelimit-reset-tokens: 0",
        &["requests (requests): 58 of ?, anew in 10s, by ?"],
    );
}

#[test]
fn anthropic_tells_buckets_of_a_minute_and_neither_reserves_nor_lanes_nor_shares() {
    learns(
        anthropic::PROFILE,
        "date: Tue, 20 Oct 2026 12:00:00 GMT\nanthropic-ratelimit-input-tokens-limit: 2000000\n\
         anthropic-ratelimit-input-tokens-remaining: 1999000\n\
         anthropic-ratelimit-input-tokens-reset: 2026-10-20T12:00:01Z\n\
         anthropic-priority-input-tokens-limit: 10000\nanthropic-priority-input-tokens-remaining: 0\n\
         anthropic-fast-output-tokens-remaining: 0\nanthropic-ratelimit-unified-5h-utilization: 1.02",
        &["input-tokens (input tokens): 1999000 of 2000000, full in 1s, by 60"],
    );
}

#[test]
fn groq_tells_requests_of_the_day_and_tokens_of_the_minute() {
    learns(
        groq::PROFILE,
        "x-ratelimit-limit-requests: 1000\nx-ratelimit-remaining-requests: 870\nx-ratelimit-reset-requests: 3m6s\n\
         x-ratelimit-limit-tokens: 12000\nx-ratelimit-remaining-tokens: 11516\nx-ratelimit-reset-tokens: 2.42s",
        &[
            "requests (requests): 870 of 1000, full in 186s, by 86400",
            "tokens (tokens): 11516 of 12000, full in 2.42s, by 60",
        ],
    );
}

#[test]
fn servers_like_openai_each_write_resets_in_their_own_way() {
    let like = |head: &str, told: &[&str]| learns(openai_compatible::PROFILE, head, told);
    // Venice.
    like(
        "x-ratelimit-limit-requests: 50\nx-ratelimit-remaining-requests: 49\n\
         x-ratelimit-reset-requests: 1792497630\nx-ratelimit-remaining-tokens: 749000\nx-ratelimit-reset-tokens: 24",
        &[
            "requests (requests): 49 of 50, anew in 30s, by ?",
            "tokens (tokens): 749000 of ?, anew in 24s, by ?",
        ],
    );
    // Cerebras.
    like(
        "x-ratelimit-limit-requests-day: 2400\nx-ratelimit-remaining-requests-day: 2399\n\
         x-ratelimit-reset-requests-day: 33011.5\nx-ratelimit-limit-tokens-minute: 60000\n\
         x-ratelimit-remaining-tokens-minute: 55000\nx-ratelimit-reset-tokens-minute: 11.25",
        &[
            "requests-day (requests): 2399 of 2400, anew in 33011.5s, by 86400",
            "tokens-minute (tokens): 55000 of 60000, anew in 11.25s, by 60",
        ],
    );
    // GitHub Models, in a refusal.
    like(
        "x-ratelimit-remaining-requests: 0\nx-ratelimit-type: UserByMinute\nx-ratelimit-timeremaining: 55",
        &["requests (requests): 0 of ?, anew in 55s, by ?"],
    );
}

#[test]
fn mistral_tells_the_minute_of_the_clock_and_a_month_without_its_end() {
    learns(
        mistral::PROFILE,
        "date: Tue, 20 Oct 2026 12:00:42 GMT\nx-ratelimit-limit-tokens-minute: 5000000\n\
         x-ratelimit-remaining-tokens-minute: 4999911\nx-ratelimit-tokens-query-cost: 52\n\
         x-ratelimit-limit-req-minute: 720\nx-ratelimit-remaining-req-minute: 717",
        &[
            "requests (requests): 717 of 720, anew in 18s, by 60",
            "tokens (tokens): 4999911 of 5000000, anew in 18s, by 60",
        ],
    );
    learns(
        mistral::PROFILE,
        "ratelimitbysize-limit: 500000\nratelimitbysize-remaining: 499000\nratelimitbysize-reset: 17\n\
         x-ratelimitbysize-limit-month: 4000000\nx-ratelimitbysize-remaining-month: 12\n\
         x-ratelimit-remaining-custom-day: 0",
        &[
            "size-month (tokens): 12 of 4000000, anew in ?, by 2678400",
            "size (tokens): 499000 of ?, anew in 17s, by ?",
        ],
    );
}

#[test]
fn cohere_tells_trial_keys_a_minute_that_slides() {
    learns(
        cohere::PROFILE,
        "x-endpoint-monthly-call-limit: 1000\nx-trial-endpoint-call-limit: 20\nx-trial-endpoint-call-remaining: 19",
        &[" (requests): 19 of 20, anew in ?, by 60"],
    );
    learns(cohere::PROFILE, "x-endpoint-monthly-call-limit: 1000", &[]);
}

#[test]
fn github_tells_of_one_resource_and_gitlab_of_one_throttle() {
    let head = "x-ratelimit-limit: 5000\nx-ratelimit-remaining: 4290\nx-ratelimit-reset: 1792497630\n\
        x-ratelimit-used: 710\nx-ratelimit-resource: core";
    for profile in [github_rest::PROFILE, github_graphql::PROFILE] {
        let told = "core (requests): 4290 of 5000, anew in 30s, by ?";
        learns(profile, head, &[told]);
    }
    learns(
        gitlab::PROFILE,
        "ratelimit-limit: 60\nratelimit-name: throttle_authenticated_api\nratelimit-observed: 67\n\
         ratelimit-remaining: 0\nratelimit-reset: 1792497630",
        &["throttle_authenticated_api (requests): 0 of ?, anew in 30s, by ?"],
    );
}

#[test]
fn the_ietfs_fields_are_read_in_all_drafts_and_cloudflares_dates_too() {
    for profile in [cloudflare::PROFILE, ietf::PROFILE, generic::PROFILE] {
        let told = "default (requests): 50 of 100, anew in 30s, by 60";
        let fields = "ratelimit: \"default\";r=50;t=30\nratelimit-policy: \"default\";q=100;w=60";
        learns(profile, fields, &[told]);
        let told = " (requests): 50 of 100, anew in 5s, by 60";
        let draft_07 = "ratelimit: limit=100, remaining=50, reset=5\nratelimit-policy: 100;w=60";
        learns(profile, draft_07, &[told]);
        let told = " (requests): 50 of 100, anew in 30s, by ?";
        let older = "x-ratelimit-limit: 100\nx-ratelimit-remaining: 50\n\
            x-ratelimit-reset: Tue, 20 Oct 2026 12:00:30 GMT";
        learns(profile, older, &[told]);
    }
}

#[test]
fn all_others_tell_nothing_until_they_refuse() {
    let tell_nothing = [
        gemini::PROFILE,
        vertex::PROFILE,
        openrouter::PROFILE,
        bedrock::PROFILE,
        slack::PROFILE,
        stripe::PROFILE,
        grpc::PROFILE,
    ];
    let expected: Vec<_> = tell_nothing.map(|profile| profile.name()).into();
    let found = ALL
        .iter()
        .filter(|profile| profile.grammar().is_none() && !profile.is_text());
    assert_eq!(
        found.map(|profile| profile.name()).collect::<Vec<_>>(),
        expected
    );
}

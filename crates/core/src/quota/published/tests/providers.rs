//! What each provider sends.

use super::*;

#[test]
fn openai_writes_resets_as_go_does() {
    let lines = [
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-limit-tokens", "30000"),
        ("x-ratelimit-limit-project-tokens", "60000"),
        ("x-ratelimit-remaining-requests", "499"),
        ("x-ratelimit-remaining-tokens", "460"),
        ("x-ratelimit-remaining-project-tokens", "57000"),
        ("x-ratelimit-reset-requests", "120ms"),
        ("x-ratelimit-reset-tokens", "6m0.5s"),
        ("x-ratelimit-reset-project-tokens", "3s"),
    ];
    let expected = [
        said("requests", 500, 499, 120),
        said("tokens", 30_000, 460, 360_500),
        said("project-tokens", 60_000, 57_000, 3_000),
    ];
    assert_eq!(read(Grammar::OpenAi, &lines), expected);
}

#[test]
fn azure_writes_resets_in_seconds_and_one_of_them_oddly() {
    let lines = [
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "58"),
        ("x-ratelimit-reset-requests", "10"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-rate-limit-reset-tokens", "55"),
    ];
    let tokens = ("tokens".to_owned(), None, Some(0), Some(55_000));
    assert_eq!(
        read(Grammar::Azure, &lines),
        [said("requests", 60, 58, 10_000), tokens]
    );
}

#[test]
fn anthropic_writes_dates_which_are_measured_from_its_own_and_rounds_tokens() {
    let lines = [
        ("date", "Tue, 20 Oct 2026 13:00:00 GMT"),
        ("anthropic-ratelimit-requests-limit", "5"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "2026-10-20T13:00:30Z"),
        ("anthropic-ratelimit-tokens-limit", "25000"),
        ("anthropic-ratelimit-tokens-remaining", "16000"),
        (
            "anthropic-ratelimit-tokens-reset",
            "2026-10-20T15:00:30.25+02:00",
        ),
    ];
    assert_eq!(
        read(Grammar::Anthropic, &lines),
        [
            said("requests", 5, 0, 30_000),
            said("tokens", 25_000, 16_000, 30_250)
        ]
    );
}

#[test]
fn groq_counts_requests_by_the_day_and_tokens_by_the_minute() {
    let lines = headers(&[
        ("x-ratelimit-limit-requests", "14400"),
        ("x-ratelimit-remaining-requests", "14370"),
        ("x-ratelimit-reset-requests", "2m59.56s"),
        ("x-ratelimit-limit-tokens", "18000"),
        ("x-ratelimit-remaining-tokens", "17997"),
        ("x-ratelimit-reset-tokens", "7.66ms"),
    ]);
    let windows: Vec<_> = Grammar::Groq
        .read(&lines, NOW)
        .map(|one| one.window)
        .collect();
    let seconds = [24 * 3_600, 60].map(|seconds| Some(Duration::from_secs(seconds)));
    assert_eq!(windows, seconds);
}

#[test]
fn github_names_the_resource_and_writes_the_hour() {
    let lines = [
        ("x-ratelimit-limit", "30"),
        ("x-ratelimit-remaining", "14"),
        ("x-ratelimit-reset", "1792497631"),
        ("x-ratelimit-resource", "search"),
    ];
    assert_eq!(
        read(Grammar::GitHub, &lines),
        [said("search", 30, 14, 31_000)]
    );
}

#[test]
fn gitlab_has_a_limit_that_says_nothing_and_two_ways_to_write_the_reset() {
    let lines = [
        ("ratelimit-limit", "60"),
        ("ratelimit-name", "throttle_authenticated_api"),
        ("ratelimit-remaining", "595"),
        ("ratelimit-reset", "1792497630"),
        ("ratelimit-resettime", "Tue, 20 Oct 2026 12:00:40 GMT"),
    ];
    let name = "throttle_authenticated_api".to_owned();
    let expected = |reset| [(name.clone(), None, Some(595), Some(reset))];
    assert_eq!(read(Grammar::GitLab, &lines), expected(30_000));
    let without = [&lines[..3], &lines[4..]].concat();
    assert_eq!(read(Grammar::GitLab, &without), expected(40_000));
}

/// Name, unit, limit, what remains, the reset in milliseconds, and the window in seconds.
type Whole = (
    String,
    Unit,
    Option<u64>,
    Option<u64>,
    Option<u128>,
    Option<u64>,
);

fn whole(grammar: Grammar, lines: &[Line]) -> Vec<Whole> {
    let whole = |one: Published<'_>| {
        let reset = one.reset.map(|reset| reset.as_millis());
        let window = one.window.map(|window| window.as_secs());
        let name = one.name.to_string();
        (name, one.unit, one.limit, one.remaining, reset, window)
    };
    grammar.read(&headers(lines), NOW).map(whole).collect()
}

#[test]
fn mistrals_minute_is_the_wall_clocks_by_its_own_date_and_its_month_has_no_end_that_is_known() {
    let lines = [
        ("date", "Tue, 20 Oct 2026 12:00:42 GMT"),
        ("x-ratelimit-limit-req-minute", "720"),
        ("x-ratelimit-remaining-req-minute", "717"),
        ("x-ratelimit-limit-tokens-minute", "5000000"),
        ("x-ratelimit-remaining-tokens-minute", "4999911"),
        ("x-ratelimitbysize-limit-month", "4000000000"),
        ("x-ratelimitbysize-remaining-month", "3999000000"),
    ];
    let month = Some(31 * 24 * 3_600);
    let expected = [
        ("requests", Unit::Requests, 720, 717, Some(18_000), Some(60)),
        (
            "tokens",
            Unit::Tokens,
            5_000_000,
            4_999_911,
            Some(18_000),
            Some(60),
        ),
        (
            "size-month",
            Unit::Tokens,
            4_000_000_000,
            3_999_000_000,
            None,
            month,
        ),
    ];
    let expected = expected.map(|(name, unit, limit, remaining, reset, window)| {
        (
            name.to_owned(),
            unit,
            Some(limit),
            Some(remaining),
            reset,
            window,
        )
    });
    assert_eq!(whole(Grammar::Mistral, &lines), expected);
    // On the full minute, all of it is ahead.
    let wait = |lines: &[Line]| read(Grammar::Mistral, lines)[0].3;
    assert_eq!(wait(&lines[1..]), Some(60_000));
}

#[test]
fn mistrals_older_fields_are_read_too_and_what_its_connectors_call_is_not() {
    let lines = [
        ("ratelimitbysize-limit", "500000"),
        ("ratelimitbysize-remaining", "120000"),
        ("ratelimitbysize-reset", "17"),
        ("x-ratelimitbysize-limit-minute", "500000"),
        ("x-ratelimitbysize-remaining-minute", "120000"),
        ("x-ratelimit-limit-custom-day", "50"),
        ("x-ratelimit-remaining-custom-day", "0"),
    ];
    let oldest = ("size".to_owned(), None, Some(120_000), Some(17_000));
    assert_eq!(
        read(Grammar::Mistral, &lines),
        [said("size-minute", 500_000, 120_000, 60_000), oldest]
    );
}

#[test]
fn a_model_that_is_not_in_mistrals_plan_has_no_bucket() {
    let lines = [
        ("x-ratelimit-limit-req-minute", "0"),
        ("x-ratelimit-remaining-req-minute", "0"),
    ];
    assert_eq!(read(Grammar::Mistral, &lines), []);
}

#[test]
fn coheres_trial_counts_down_by_the_minute_and_its_month_says_nothing_of_what_is_left() {
    let lines = [
        ("x-endpoint-monthly-call-limit", "1000"),
        ("x-trial-endpoint-call-limit", "20"),
        ("x-trial-endpoint-call-remaining", "19"),
    ];
    let trial = (
        String::new(),
        Unit::Requests,
        Some(20),
        Some(19),
        None,
        Some(60),
    );
    assert_eq!(whole(Grammar::Cohere, &lines), [trial]);
    assert_eq!(read(Grammar::Cohere, &lines[..1]), []);
}

#[test]
fn cerebras_has_the_window_in_the_name_and_seconds_with_a_fraction() {
    let lines = [
        ("x-ratelimit-limit-requests-day", "1000"),
        ("x-ratelimit-remaining-requests-day", "950"),
        ("x-ratelimit-reset-requests-day", "33011.382867097855"),
        ("x-ratelimit-limit-tokens-minute", "60000"),
        ("x-ratelimit-remaining-tokens-minute", "55000"),
        ("x-ratelimit-reset-tokens-minute", "11.382867097854614"),
    ];
    assert_eq!(
        read(Grammar::OpenAiCompatible, &lines),
        [
            said("requests-day", 1_000, 950, 33_011_382),
            said("tokens-minute", 60_000, 55_000, 11_382)
        ]
    );
}

#[test]
fn a_window_in_a_name_is_that_window() {
    for (window, seconds) in [("minute", 60), ("hour", 3_600), ("day", 86_400)] {
        for (what, unit) in [("requests", Unit::Requests), ("tokens", Unit::Tokens)] {
            let name = format!("x-ratelimit-remaining-{what}-{window}");
            let mut headers = HeaderMap::new();
            headers.insert(name.parse::<http::HeaderName>().unwrap(), 5.into());
            let one = Grammar::OpenAiCompatible
                .read(&headers, NOW)
                .next()
                .unwrap();
            let expected = (unit, Some(Duration::from_secs(seconds)));
            assert_eq!((one.unit, one.window), expected, "{what} {window}");
        }
    }
}

#[test]
fn venice_has_two_units_in_one_answer_and_only_a_duration_tells_of_a_bucket_that_fills() {
    let lines = [
        ("x-ratelimit-limit-requests", "50"),
        ("x-ratelimit-remaining-requests", "49"),
        ("x-ratelimit-reset-requests", "1792497630"),
        ("x-ratelimit-limit-tokens", "750000"),
        ("x-ratelimit-remaining-tokens", "749000"),
        ("x-ratelimit-reset-tokens", "24"),
        ("x-ratelimit-limit-project-tokens", "60000"),
        ("x-ratelimit-remaining-project-tokens", "57000"),
        ("x-ratelimit-reset-project-tokens", "3s"),
    ];
    let expected = [
        said("requests", 50, 49, 30_000),
        said("tokens", 750_000, 749_000, 24_000),
        said("project-tokens", 60_000, 57_000, 3_000),
    ];
    assert_eq!(read(Grammar::OpenAiCompatible, &lines), expected);
    let headers = headers(&lines);
    let returns = Grammar::OpenAiCompatible.read(&headers, NOW);
    let returns: Vec<_> = returns.map(|one| one.returns).collect();
    let expected = [Returns::AtOnce, Returns::AtOnce, Returns::Gradually];
    assert_eq!(returns, expected);
}

#[test]
fn github_models_says_how_long_in_a_field_of_its_own() {
    let lines = [
        ("x-ratelimit-limit-requests", "20000"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-type", "UserByMinute"),
        ("x-ratelimit-timeremaining", "55"),
    ];
    assert_eq!(
        read(Grammar::OpenAiCompatible, &lines),
        [said("requests", 20_000, 0, 55_000)]
    );
}

#[test]
fn shares_of_a_subscription_reserves_and_lanes_are_no_quotas_to_count_by() {
    let anthropic = [
        ("anthropic-ratelimit-unified-status", "allowed_warning"),
        ("anthropic-ratelimit-unified-5h-utilization", "0.97"),
        ("anthropic-ratelimit-unified-5h-reset", "1792500000"),
        ("anthropic-priority-input-tokens-limit", "10000"),
        ("anthropic-priority-input-tokens-remaining", "0"),
        (
            "anthropic-priority-input-tokens-reset",
            "2026-10-20T12:00:30Z",
        ),
        ("anthropic-fast-input-tokens-limit", "10000"),
        ("anthropic-fast-input-tokens-remaining", "0"),
        ("anthropic-fast-input-tokens-reset", "2026-10-20T12:00:30Z"),
    ];
    assert_eq!(read(Grammar::Anthropic, &anthropic), []);
    let codex = [
        ("x-codex-primary-used-percent", "100"),
        ("x-codex-primary-window-minutes", "300"),
        ("x-codex-primary-reset-at", "1792500000"),
    ];
    assert_eq!(read(Grammar::OpenAi, &codex), []);
}

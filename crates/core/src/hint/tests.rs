use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const NOW: UnixTime = UnixTime::from_secs(1_792_497_600); // Tue, 20 Oct 2026 12:00:00 GMT

fn read(fields: &[(&'static str, &str)]) -> Hints {
    read_as(Grammar::Lenient, fields)
}

fn read_as(grammar: Grammar, fields: &[(&'static str, &str)]) -> Hints {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let mut hints = Hints::default();
    retry_after(&headers, NOW, grammar, &mut hints);
    hints
}

fn wait(value: &str) -> Option<Duration> {
    read(&[("retry-after", value)]).best().map(|hint| hint.wait)
}

#[test]
fn digits_are_seconds_and_may_have_a_fraction() {
    assert_eq!(wait("120"), Some(Duration::from_secs(120)));
    assert_eq!(wait("00120"), Some(Duration::from_secs(120)));
    assert_eq!(wait(" \t7 "), Some(Duration::from_secs(7)));
    assert_eq!(wait("5.5"), Some(Duration::from_millis(5_500)));
    assert_eq!(
        wait("0.000000000001"),
        Some(Duration::from_nanos(1)),
        "rounded up, never to zero"
    );
}

#[test]
fn what_only_looks_like_a_number_is_counted_and_not_followed() {
    for value in [
        "",
        "-1",
        "-0",
        "+5",
        "1e3",
        "inf",
        "NaN",
        "0x10",
        "1_000",
        "١٢٠",
        "30s",
        "5 seconds",
        ".5",
        "5.",
        "1.2.3",
        "5;",
    ] {
        let hints = read(&[("retry-after", value)]);
        assert_eq!((hints.best(), hints.malformed()), (None, 1), "{value:?}");
    }
}

#[test]
fn huge_numbers_are_very_long_waits() {
    for value in [
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999",
        "9223372036854775807.9",
    ] {
        assert_eq!(wait(value), Some(Duration::from_nanos(u64::MAX)), "{value}");
    }
}

#[test]
fn the_longest_of_several_values_counts() {
    let two = |a, b| {
        read(&[("retry-after", a), ("retry-after", b)])
            .best()
            .map(|hint| hint.wait.as_secs())
    };
    assert_eq!(two("5", "30"), Some(30));
    assert_eq!(two("abc", "7"), Some(7));
    assert_eq!(two("Tue, 20 Oct 2026 12:00:10 GMT", "5"), Some(10));
    assert_eq!(wait("5, 30"), Some(Duration::from_secs(30)));
    assert_eq!(wait("5, soon"), None);
}

#[test]
fn a_zero_gives_way_to_a_longer_hint_of_lower_rank() {
    let hints = read(&[("retry-after-ms", "0"), ("retry-after", "2")]);
    assert_eq!(
        hints.best(),
        Some(Hint {
            wait: Duration::from_secs(2),
            source: HintSource::RetryAfter
        })
    );
    let hints = read(&[("retry-after", "0")]);
    assert_eq!(hints.best().map(|hint| hint.wait), Some(Duration::ZERO));
    assert!(!hints.is_settled());
    assert_eq!(hints.malformed(), 1);
}

#[test]
fn milliseconds_come_before_seconds() {
    let hints = read(&[("retry-after-ms", "1500.7"), ("retry-after", "2")]);
    let expected = Hint {
        wait: Duration::from_micros(1_500_700),
        source: HintSource::RetryAfterMs,
    };
    assert_eq!(hints.best(), Some(expected));
}

#[test]
fn a_date_is_measured_by_the_servers_own_clock() {
    let skewed = [
        ("date", "Tue, 20 Oct 2026 12:05:00 GMT"),
        ("retry-after", "Tue, 20 Oct 2026 12:05:30 GMT"),
    ];
    assert_eq!(
        read(&skewed).best().map(|hint| hint.wait),
        Some(Duration::from_secs(30))
    );
    let unreadable = [
        ("date", "garbage"),
        ("retry-after", "Tue, 20 Oct 2026 12:00:30 GMT"),
    ];
    assert_eq!(
        read(&unreadable).best().map(|hint| hint.wait),
        Some(Duration::from_secs(30))
    );
}

#[test]
fn a_past_date_is_a_zero() {
    let hints = read(&[("retry-after", "Tue, 20 Oct 2026 11:59:59 GMT")]);
    assert_eq!(
        hints.best(),
        Some(Hint {
            wait: Duration::ZERO,
            source: HintSource::RetryAfterDate
        })
    );
}

#[test]
fn the_sdk_grammars_differ_on_infinity_and_hide_seconds_behind_milliseconds() {
    let openai = |value| {
        read_as(Grammar::OpenAiSdk, &[("retry-after", value)])
            .best()
            .map(|hint| hint.wait)
    };
    assert_eq!(openai("1e2"), Some(Duration::from_secs(100)));
    for long in ["1e999", "9223372036854775807"] {
        assert_eq!(openai(long), Some(Duration::from_nanos(u64::MAX)), "{long}");
    }
    assert_eq!(
        (openai("inf"), openai("nan"), openai("-1e999")),
        (None, None, None)
    );
    let anthropic = read_as(Grammar::AnthropicSdk, &[("retry-after", "inf")]);
    assert_eq!(
        anthropic.best().map(|hint| hint.wait),
        Some(Duration::from_nanos(u64::MAX))
    );
    let hidden = read_as(
        Grammar::OpenAiSdk,
        &[("retry-after-ms", "0"), ("retry-after", "9")],
    );
    assert!(!hidden.is_settled());
}

proptest! {
    #[test]
    fn whole_seconds_are_exact_and_fractions_never_early(secs in 0_u64..10_000_000, nanos in 0_u32..1_000_000_000) {
        let exact = Duration::new(secs, nanos);
        let text = format!("{secs}.{nanos:09}");
        let read = decimal(text.as_bytes(), SECOND).unwrap();
        prop_assert!(read >= exact && read <= exact + Duration::from_nanos(9), "{read:?} {exact:?}");
        prop_assert_eq!(decimal(secs.to_string().as_bytes(), SECOND), Some(Duration::from_secs(secs)));
    }

    #[test]
    fn no_bytes_make_it_panic(value: Vec<u8>, date: Vec<u8>) {
        let mut headers = HeaderMap::new();
        for (name, bytes) in [("retry-after", &value), ("retry-after-ms", &value), ("date", &date)] {
            if let Ok(value) = HeaderValue::from_bytes(bytes) {
                headers.insert(name, value);
            }
        }
        for grammar in [Grammar::Strict, Grammar::Lenient, Grammar::OpenAiSdk, Grammar::AnthropicSdk] {
            let mut hints = Hints::default();
            retry_after(&headers, NOW, grammar, &mut hints);
            prop_assert!(hints.best().is_none_or(|hint| hint.wait <= Duration::from_nanos(u64::MAX)));
        }
    }
}

use std::cell::Cell;

use http::HeaderValue;
use proptest::prelude::*;

use super::lines::is_of_a_quota;
use super::*;

mod ietf;
mod providers;

/// Tue, 20 Oct 2026 12:00:00 GMT
const NOW: UnixTime = UnixTime::from_secs(1_792_497_600);

const GRAMMARS: [Grammar; 10] = [
    Grammar::OpenAi,
    Grammar::Azure,
    Grammar::Anthropic,
    Grammar::Groq,
    Grammar::GitHub,
    Grammar::GitLab,
    Grammar::Ietf,
    Grammar::Mistral,
    Grammar::Cohere,
    Grammar::OpenAiCompatible,
];

type Line = (&'static str, &'static str);

/// Name, limit, what remains, and the reset in milliseconds.
type Said = (String, Option<u64>, Option<u64>, Option<u128>);

fn headers(lines: &[Line]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn read(grammar: Grammar, lines: &[Line]) -> Vec<Said> {
    let said = |one: Published<'_>| {
        let reset = one.reset.map(|reset| reset.as_millis());
        (one.name.to_string(), one.limit, one.remaining, reset)
    };
    grammar.read(&headers(lines), NOW).map(said).collect()
}

fn said(name: &str, limit: u64, remaining: u64, reset: u128) -> Said {
    (name.to_owned(), Some(limit), Some(remaining), Some(reset))
}

const GITHUB: [Line; 3] = [
    ("x-ratelimit-limit", "5000"),
    ("x-ratelimit-remaining", "4290"),
    ("x-ratelimit-reset", "1792499700"),
];

#[test]
fn every_field_of_every_table_is_known_by_how_it_begins() {
    for grammar in GRAMMARS {
        for field in grammar.rows().iter().flat_map(Row::fields) {
            assert!(is_of_a_quota(field), "{grammar:?} {field}");
        }
    }
    assert!(!is_of_a_quota("x-request-id"));
}

#[test]
fn the_time_is_asked_for_where_something_is_said_and_not_else() {
    let asked = |lines: &[Line]| {
        let is_asked = Cell::new(false);
        let headers = headers(lines);
        let read = Grammar::OpenAi.read_at(&headers, || {
            is_asked.set(true);
            NOW
        });
        (read.count(), is_asked.get())
    };
    assert_eq!(asked(&[("content-type", "text/plain")]), (0, false));
    assert_eq!(asked(&[("x-ratelimit-limit-tokens", "5")]), (1, true));
}

#[test]
fn of_a_flood_of_lines_the_first_are_read() {
    let flood = |first: Line, last: Line| {
        let flood = [("x-ratelimit-flood", "1"); 100];
        let lines: Vec<_> = [first].into_iter().chain(flood).chain([last]).collect();
        read(Grammar::OpenAi, &lines).len()
    };
    let (other, limit) = (("server", "x"), ("x-ratelimit-limit-tokens", "5"));
    assert_eq!(flood(limit, other), 1);
    assert_eq!(flood(other, limit), 0);
}

#[test]
fn an_answer_out_of_a_cache_says_nothing() {
    assert_eq!(read(Grammar::GitHub, &GITHUB).len(), 1);
    for line in [
        ("age", "0"),
        ("x-from-cache", "1"),
        ("x-cache", "Hit from cloudfront"),
        ("x-cache", "MISS, HIT"),
        ("cf-cache-status", "HIT"),
    ] {
        let lines = [&GITHUB[..], &[line]].concat();
        assert_eq!(read(Grammar::GitHub, &lines), [], "{line:?}");
    }
    for field in ["\"a\";r=5;t=1", "limit=10, remaining=5, reset=1"] {
        let lines = [("ratelimit", field), ("age", "0")];
        assert_eq!(read(Grammar::Ietf, &lines[..1]).len(), 1);
        assert_eq!(read(Grammar::Ietf, &lines), [], "{field}");
    }
    let lines = [&GITHUB[..], &[("x-cache", "MISS")]].concat();
    assert_eq!(read(Grammar::GitHub, &lines).len(), 1);
}

#[test]
fn a_bucket_that_cannot_be_is_none() {
    for (limit, remaining) in [
        ("0", "0"),
        ("-1", "-1"),
        ("5000", "-1"),
        ("-1", "5"),
        ("5000", "5001"),
        ("5000", "4290.5"),
        ("5000", "+4290"),
        ("5000", ""),
        ("unlimited", "4290"),
        ("5000", "99999999999999999999999"),
    ] {
        let lines = [
            ("x-ratelimit-limit", limit),
            ("x-ratelimit-remaining", remaining),
            GITHUB[2],
        ];
        assert_eq!(read(Grammar::GitHub, &lines), [], "{limit} {remaining}");
    }
}

#[test]
fn a_window_that_is_over_or_another_ones_says_nothing_of_what_remains() {
    // The second before, now, and 63 days ahead.
    for reset in ["1792497599", "1792497600", "1797940800"] {
        let lines = [GITHUB[0], GITHUB[1], ("x-ratelimit-reset", reset)];
        let expected = [(String::new(), Some(5_000), None, None)];
        assert_eq!(read(Grammar::GitHub, &lines), expected, "{reset}");
    }
    let five_hours = [
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "3"),
        ("anthropic-ratelimit-requests-reset", "2026-10-20T17:00:00Z"),
    ];
    let expected = [("requests".to_owned(), Some(50), None, None)];
    assert_eq!(read(Grammar::Anthropic, &five_hours), expected);
}

#[test]
fn a_reset_that_cannot_be_read_is_none_and_what_remains_stands() {
    for reset in ["soon", "-5", "1e9", "5 minutes", ""] {
        let lines = [GITHUB[0], GITHUB[1], ("x-ratelimit-reset", reset)];
        let expected = [(String::new(), Some(5_000), Some(4_290), None)];
        assert_eq!(read(Grammar::GitHub, &lines), expected, "{reset}");
    }
}

#[test]
fn dates_are_read_in_every_zone_and_to_the_fraction() {
    let wait = |text| wait::rfc3339(text, NOW).map(|wait| wait.as_nanos());
    const SECOND: u128 = 1_000_000_000;
    assert_eq!(wait("2026-10-20T12:00:30Z"), Some(30 * SECOND));
    assert_eq!(
        wait("2026-10-20t12:00:30.5z"),
        Some(30 * SECOND + SECOND / 2)
    );
    assert_eq!(wait("2026-10-20T12:00:00.0000000019Z"), Some(1));
    assert_eq!(wait("2026-10-20T05:00:30-07:00"), Some(30 * SECOND));
    assert_eq!(wait("2026-10-20T11:59:59Z"), Some(0));
    for text in [
        "2026-13-20T12:00:30Z",
        "2026-02-30T12:00:30Z",
        "2026-10-20 12:00:30Z",
        "2026-10-20T12:00:30",
        "2026-10-20T12:00:30.Z",
        "2026-10-20T12:00:30.5x+00:00",
        "2026-10-20T12:00:30+0000",
        "",
        "Z",
        "µµµµµµ",
    ] {
        assert_eq!(wait(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_whatever_is_read_is_sane(
        limit in ".{0,12}|[0-9]{1,20}", remaining in ".{0,12}|[0-9]{1,20}", reset in ".{0,24}|[0-9hms.]{1,12}",
        now in any::<i64>(),
    ) {
        for prefix in ["", "-requests", "-tokens"] {
            let mut headers = HeaderMap::new();
            for (part, text) in [("limit", &limit), ("remaining", &remaining), ("reset", &reset)] {
                let name = format!("x-ratelimit-{part}{prefix}");
                if let Ok(value) = HeaderValue::from_str(text) {
                    headers.insert(http::HeaderName::try_from(name).unwrap(), value);
                }
            }
            for grammar in GRAMMARS {
                for one in grammar.read(&headers, UnixTime::from_secs(now)) {
                    prop_assert!(one.limit != Some(0) && one.reset != Some(Duration::ZERO));
                    prop_assert!(one.limit.is_none() || one.remaining <= one.limit);
                }
            }
        }
        let _ = wait::rfc3339(&reset, UnixTime::from_secs(now));
    }
}

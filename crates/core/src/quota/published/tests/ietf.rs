//! What servers send that keep to no provider's names.

use super::*;

#[test]
fn the_structured_fields_speak_before_the_triplet_with_their_policies() {
    let lines = [
        (
            "ratelimit",
            "\"burst\";r=50;t=30, \"bytes\";r=1;t=5, \"daily\";r=7",
        ),
        (
            "ratelimit-policy",
            "\"burst\";q=100;w=60, \"bytes\";q=9;w=60;qu=\"content-bytes\"",
        ),
        ("x-ratelimit-remaining", "3"),
    ];
    let daily = ("daily".to_owned(), None, Some(7), None);
    assert_eq!(
        read(Grammar::Ietf, &lines),
        [said("burst", 100, 50, 30_000), daily]
    );
    let headers = headers(&lines);
    let first = Grammar::Ietf.read(&headers, NOW).next().unwrap();
    assert_eq!(first.window, Some(Duration::from_secs(60)));
}

#[test]
fn the_triplet_has_seconds_or_a_date_and_maybe_a_policy_behind_its_limit() {
    let delta = [
        ("ratelimit-limit", "100, 100;w=60"),
        ("ratelimit-remaining", "50"),
        ("ratelimit-reset", "5"),
    ];
    assert_eq!(read(Grammar::Ietf, &delta), [said("", 100, 50, 5_000)]);
    for (reset, wait) in [
        ("30", 30_000),
        ("1792497630", 30_000),
        ("1792497630000", 30_000),
    ] {
        let lines = [
            ("x-ratelimit-limit", "100"),
            ("x-ratelimit-remaining", "50"),
            ("x-ratelimit-reset", reset),
        ];
        assert_eq!(read(Grammar::Ietf, &lines), [said("", 100, 50, wait)]);
    }
}

#[test]
fn draft_07_is_a_dictionary_whose_policy_has_the_limit_for_a_name() {
    let lines = [
        ("ratelimit", "limit=100, remaining=50, reset=5"),
        ("ratelimit-policy", "10;w=1, 100;w=60"),
    ];
    assert_eq!(read(Grammar::Ietf, &lines), [said("", 100, 50, 5_000)]);
    let window = |lines: &[Line]| {
        let headers = headers(lines);
        let window = Grammar::Ietf.read(&headers, NOW).next();
        window.and_then(|one| one.window).map(|one| one.as_secs())
    };
    assert_eq!(window(&lines), Some(60));
    assert_eq!(window(&lines[..1]), None);
    // So have drafts before it, with their three fields.
    let triplet = [
        ("ratelimit-limit", "100"),
        ("ratelimit-remaining", "50"),
        ("ratelimit-reset", "5"),
        ("ratelimit-policy", "100;w=60"),
    ];
    assert_eq!(window(&triplet), Some(60));
    for policy in ["99;w=60", "100", "100;w=0", "\"100\";w=60", "100;w=60;q={"] {
        let lines = [triplet[0], triplet[1], ("ratelimit-policy", policy)];
        assert_eq!(window(&lines), None, "{policy}");
    }
    let no_limit = [triplet[1], triplet[2], ("ratelimit-policy", "\"a\";w=60")];
    assert_eq!(window(&no_limit), None, "a policy of no limit");
    for field in ["limit=100, reset=5", "remaining=-1", "remaining=(5 6)", "r"] {
        assert_eq!(read(Grammar::Ietf, &[("ratelimit", field)]), [], "{field}");
    }
}

#[test]
fn a_reset_without_a_profile_is_read_by_its_form() {
    for (reset, wait) in [
        ("1m30s", 90_000),
        ("2026-10-20T12:00:30Z", 30_000),
        ("Tue, 20 Oct 2026 12:00:30 GMT", 30_000),
    ] {
        for prefix in ["ratelimit", "x-ratelimit", "x-rate-limit"] {
            let mut headers = HeaderMap::new();
            for (part, value) in [("limit", "100"), ("remaining", "50"), ("reset", reset)] {
                let name = format!("{prefix}-{part}").parse::<http::HeaderName>();
                headers.insert(name.unwrap(), value.parse().unwrap());
            }
            let one = Grammar::Ietf.read(&headers, NOW).next().unwrap();
            let returns = match reset {
                "1m30s" => Returns::Gradually,
                _ => Returns::AtOnce,
            };
            let expected = (Some(Duration::from_millis(wait)), returns);
            assert_eq!((one.reset, one.returns), expected, "{prefix} {reset}");
        }
    }
}

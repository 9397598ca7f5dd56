#![cfg(feature = "timezones")]

use buttress_providers::{claude_cli, codex_cli};

use crate::printed;

/// What the plan's end is, so many minutes from noon.
fn in_minutes(minutes: u64) -> String {
    format!(
        "quota_exhausted never {} body_text account",
        minutes * 60_000
    )
}

fn claude(text: &str, meant: &str) {
    printed(claude_cli::PROFILE, "UTC", &[(text, meant)]);
}

#[test]
fn every_notice_of_a_plans_end_is_read() {
    for (text, minutes) in [
        ("Claude AI usage limit reached|1792501200", 60),
        (
            "You've hit your limit · resets 2:10pm (Europe/Moscow)",
            23 * 60 + 10,
        ),
        (
            "You\u{2019}ve hit your limit \u{2219} resets 4pm (America/Los_Angeles)",
            11 * 60,
        ),
        (
            "You've hit your limit - resets 4pm (America/Los_Angeles)",
            11 * 60,
        ),
        (
            "You've hit your limit · resets Jan 18, 11:30am (Asia/Calcutta)",
            90 * 24 * 60 - 6 * 60,
        ),
        (
            "You've hit your limit · resets Apr 17, 7pm (Asia/Riyadh)",
            179 * 24 * 60 + 4 * 60,
        ),
        (
            "5-hour limit reached ∙ resets 3pm (America/New_York)",
            7 * 60,
        ),
        (
            "You've hit your weekly limit · resets Mon 12:00am",
            5 * 24 * 60 + 12 * 60,
        ),
        ("Your limit will reset at 12am.", 12 * 60),
        (
            "Claude usage limit reached. Your limit will reset at 4pm (America/New_York).",
            8 * 60,
        ),
        (
            "Weekly limit reached ∙ resets Oct 29, 4pm",
            9 * 24 * 60 + 4 * 60,
        ),
        (
            "Monthly usage limit reached. Resets in 16 days.",
            16 * 24 * 60,
        ),
    ] {
        claude(text, &in_minutes(minutes));
    }
}

#[test]
fn the_limit_of_a_class_of_models_is_theirs() {
    let meant = "quota_exhausted never 475200000 body_text model";
    claude("You've hit your Opus limit · resets Mon 12:00am", meant);
    claude("You've hit your Sonnet limit · resets Mon 12:00am", meant);
}

#[test]
fn what_would_be_a_guess_is_no_time() {
    for text in [
        "You've hit your limit · resets 4pm (Mars/Phobos)",
        "You've hit your limit · resets 12:30",
        "You've hit your limit · resets soon",
        "You've hit your limit · resets 25pm",
        "Claude AI usage limit reached|",
        "Claude AI usage limit reached|-5",
    ] {
        claude(text, "quota_exhausted never - account");
    }
}

#[test]
fn a_time_that_has_passed_means_now() {
    claude(
        "Claude AI usage limit reached|1760000400",
        "quota_exhausted never 0 body_text account",
    );
    claude(
        "You've hit your limit · resets 12pm",
        "quota_exhausted never 0 body_text account",
    );
    claude(
        "You've hit your limit · resets 11:59am",
        "quota_exhausted never 0 body_text account",
    );
    claude(
        "You've hit your limit · resets 11:58am",
        &in_minutes(24 * 60 - 2),
    );
}

#[test]
fn errors_of_the_api_are_judged_by_their_status() {
    for (text, meant) in [
        (
            "API Error (429 {\"type\":\"error\"}) · Retrying in 2892 seconds… (attempt 1/10)",
            "rate_limited again 2892000 body_text account",
        ),
        (
            "API Error: Server is temporarily limiting requests (not your usage limit)",
            "overloaded again - account",
        ),
        (
            "API Error: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}",
            "overloaded again - account",
        ),
        (
            "API Error: 401 {\"type\":\"error\"} · Please run /login",
            "auth never - account",
        ),
    ] {
        claude(text, meant);
    }
}

#[test]
fn prose_that_speaks_of_a_limit_is_none() {
    let long = format!(
        "You've hit your limit · resets 4pm (UTC){}",
        "x".repeat(100_000)
    );
    for text in [
        "The CLI prints \"You've hit your limit · resets 4pm (UTC)\" when that happens.",
        "If you've hit your limit, wait.",
        "I added a handler for 'limit reached' errors.",
        "{\"type\":\"assistant\",\"message\":{\"content\":\"You've hit your limit · resets 4pm (UTC)\"}}",
        "",
        &long,
    ] {
        claude(text, "ok never - account");
    }
    claude(
        "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"result\":\"You've hit your limit · resets 4pm (UTC)\"}",
        &in_minutes(240),
    );
}

#[test]
fn lines_end_in_any_way_and_the_last_notice_counts() {
    claude(
        "You've hit your limit · resets 4pm (UTC)\r\n",
        &in_minutes(240),
    );
    claude(
        "API Error: 529 x\r\nYou've hit your limit · resets 4pm (UTC)\r\n\r\nbye\r\n",
        &in_minutes(240),
    );
}

#[test]
fn clocks_that_are_set_forward_skip_a_time() {
    use buttress_core::UnixTime;
    use buttress_providers::{Profile, Zone};
    let profile: Profile = claude_cli::PROFILE;
    // 8 March 2026 in New York: 2:30 does not come, and 3:30 daylight time is 7:30Z.
    let now = UnixTime::from_secs(1_772_946_000);
    let text = "You've hit your limit · resets 2:30am (America/New_York)";
    let outcome = profile.judge_text(text, now, &Zone::UTC).unwrap();
    assert_eq!(outcome.hint().map(|hint| hint.wait.as_secs()), Some(9_000));
}

#[test]
fn codex_names_a_wait_a_time_or_a_day() {
    let rows = [
        (
            "You've hit your usage limit. Upgrade to Pro or try again at 3:23 AM.",
            in_minutes(15 * 60 + 23),
        ),
        (
            "You've hit your usage limit. Try again at Oct 28th, 2026 12:42 AM.",
            in_minutes(7 * 24 * 60 + 12 * 60 + 42),
        ),
        (
            "■ You've hit your usage limit. To get more access now, send a request to your admin or try again in 2 hours 5 minutes.",
            in_minutes(125),
        ),
        (
            "You've hit your usage limit. Try again later.",
            "quota_exhausted never - account".to_owned(),
        ),
        (
            "You've hit your usage limit. Try again at Aug 8th, 2026 12:42 AM.",
            "quota_exhausted never 0 body_text account".to_owned(),
        ),
    ];
    for (text, meant) in &rows {
        printed(codex_cli::PROFILE, "UTC", &[(text, meant)]);
    }
    printed(
        codex_cli::PROFILE,
        "Europe/Berlin",
        &[(
            "You've hit your usage limit. Try again at 3:00 PM.",
            &in_minutes(60),
        )],
    );
}

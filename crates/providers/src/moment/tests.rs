use proptest::prelude::*;

use super::*;

const NOON: UnixTime = UnixTime::from_secs(1_792_497_600); // Tue, 20 Oct 2026 12:00:00 GMT

fn minutes(text: &str) -> Option<u64> {
    until(text, NOON, &Zone::UTC).map(|wait| wait.as_secs() / 60)
}

#[test]
fn a_time_is_the_next_one_of_its_kind() {
    for (text, hours) in [
        ("4pm", 4),
        ("11am", 23),
        ("12am", 12),
        ("3:00 PM", 3),
        ("15:00", 3),
        ("Tue 4pm", 4),
        ("Mon 12:00am", 132),
        ("Oct 21, 12pm (UTC)", 24),
        ("Oct 21 at 12pm", 24),
        ("Oct 21st, 2026 12:00 PM", 24),
        ("Oct 19, 12pm", 364 * 24),
    ] {
        assert_eq!(minutes(text), Some(hours * 60), "{text}");
    }
}

#[test]
fn what_has_just_come_is_now_and_a_minute_later_is_tomorrow() {
    let at = |secs: i128| {
        let now = UnixTime::from_nanos(NOON.as_nanos() + secs * 1_000_000_000);
        until("12pm", now, &Zone::UTC).map(|wait| wait.as_secs())
    };
    assert_eq!((at(0), at(60), at(61)), (Some(0), Some(0), Some(86_339)));
}

#[test]
fn what_has_just_come_may_have_come_before_midnight_or_before_new_year() {
    let new_year = UnixTime::from_secs(1_798_761_600); // Fri, 01 Jan 2027 00:00:00 GMT
    for text in ["11:59pm", "Thu 11:59pm", "Dec 31, 11:59pm"] {
        assert_eq!(
            until(text, new_year, &Zone::UTC).map(|wait| wait.as_secs()),
            Some(0),
            "{text}"
        );
    }
}

#[test]
fn what_would_be_a_guess_is_nothing() {
    for text in [
        "12:30",
        "4pm (Mars/Phobos)",
        "4pm (UTC",
        "13pm",
        "0am",
        "4:60pm",
        "Oct 32, 4pm",
        "Feb 30, 4pm",
        "soon",
        "",
        "4pm 5pm",
    ] {
        assert_eq!(minutes(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        text: String,
        near in "(Mon|Oct|Feb)? ?[0-9]{0,3}(st|,)? ?[0-9]{0,5} ?[0-9]{1,3}(:[0-9]{1,3})?(am|pm)? ?(.UTC.)?",
        now in any::<i64>(),
    ) {
        let now = UnixTime::from_secs(now);
        let _ = (until(&text, now, &Zone::UTC), until(&near, now, &Zone::UTC));
    }
}

use proptest::prelude::*;

use super::*;

fn millis(text: &str) -> Option<u128> {
    go(text).map(|duration| duration.as_millis())
}

#[test]
fn go_durations_are_read_as_go_writes_them() {
    assert_eq!(millis("6m0s"), Some(360_000));
    assert_eq!(millis("16m17.764s"), Some(977_764));
    assert_eq!(millis("8.64s"), Some(8_640));
    assert_eq!(millis("425ms"), Some(425));
    assert_eq!(millis("1h15m30s"), Some(4_530_000));
    assert_eq!(go("750µs"), Some(Duration::from_micros(750)));
    assert_eq!(go("12ns"), Some(Duration::from_nanos(12)));
}

#[test]
fn what_is_not_a_go_duration_is_nothing() {
    for text in [
        "", "-1s", "s10", "6 m 0 s", "10", "5x", "1.2.3s", ".s", "+1s", "1e3s", "6M",
    ] {
        assert_eq!(go(text), None, "{text:?}");
    }
}

#[test]
fn the_duration_in_a_sentence_ends_before_the_full_stop() {
    let sentence = "Rate limit reached. Please TRY AGAIN in 1m9.696s. Visit the page.";
    assert_eq!(
        after(sentence, "try again in "),
        Some(Duration::from_millis(69_696))
    );
    assert_eq!(after("try again in a while", "try again in "), None);
    assert_eq!(after("try again in ", "try again in "), None);
}

#[test]
fn sentences_have_blanks_words_and_days() {
    let secs = |text| beginning(text).map(|wait| wait.as_secs_f64());
    assert_eq!(secs("6m 11.52s"), Some(371.52));
    assert_eq!(secs("37 seconds. please go here"), Some(37.0));
    assert_eq!(secs("3 days 4 hours 9 minutes."), Some(274_140.0));
    assert_eq!(secs("3 days, 4 hours"), Some(273_600.0));
    assert_eq!(secs("16 days. to continue"), Some(1_382_400.0));
    assert_eq!(secs("20s and 5 more"), Some(20.0));
    for text in ["5 apples", "-1s", "five seconds", "5", "5.", "1.2.3s", ""] {
        assert_eq!(secs(text), None, "{text:?}");
    }
}

#[test]
fn a_duration_that_touches_the_cut_is_none() {
    let secs = |text| beginning(text).map(|wait| wait.as_secs());
    for text in [
        "6m\u{fffd}",
        "6m 1\u{fffd}",
        "6m 11.5\u{fffd}",
        "3 days 4 hou\u{fffd}",
        "2\u{fffd}",
    ] {
        assert_eq!(secs(text), None, "{text}");
    }
    for text in [
        "20s.\u{fffd}",
        "20s. visit\u{fffd}",
        "20s. visit https://x\u{fffd}",
        "20s or\u{fffd}",
    ] {
        assert_eq!(secs(text), Some(20), "{text}");
    }
}

#[test]
fn a_time_span_may_have_days_and_a_fraction() {
    assert_eq!(
        time_span("5.03:23:11"),
        Some(Duration::from_secs(5 * 86_400 + 3 * 3_600 + 23 * 60 + 11))
    );
    assert_eq!(time_span("00:00:30.5"), Some(Duration::from_millis(30_500)));
    for text in ["5", "1:2", "-1.00:00:00", "1.2.3:00:00", "a:b:c"] {
        assert_eq!(time_span(text), None, "{text:?}");
    }
}

#[test]
fn a_protobuf_duration_is_text_or_fields_and_never_nothing() {
    let read = |text: &str| protobuf(&serde_json::from_str(text).unwrap());
    assert_eq!(
        read(r#""0.539477544s""#),
        Some(Duration::from_nanos(539_477_544))
    );
    assert_eq!(
        read(r#"{"seconds":"7","nanos":500000000}"#),
        Some(Duration::from_millis(7_500))
    );
    for text in [
        r#""-3s""#,
        r#""0s""#,
        r#""3""#,
        "3",
        "{}",
        r#"{"seconds":"-1"}"#,
        r#""1m""#,
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text: String, sentence in ".{0,20}try again in .{0,20}") {
        let _ = (go(&text), time_span(&text), after(&sentence, "try again in "));
    }

    #[test]
    fn hours_minutes_and_seconds_add_up(h in 0_u64..100, m in 0_u64..60, s in 0_u64..60) {
        let expected = Duration::from_secs(h * 3_600 + m * 60 + s);
        prop_assert_eq!(go(&format!("{h}h{m}m{s}s")), Some(expected));
    }
}

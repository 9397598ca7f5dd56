use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn what_stands_before_the_cut_is_kept() {
    let cut = br#"{"error":{"code":"insufficient_quota","list":[{"a":true},{"b":"half a wo"#;
    let kept = json!({"error": {"code": "insufficient_quota", "list": [{"a": true}, {"b": "half a wo\u{fffd}"}]}});
    assert_eq!(parse(cut), kept);
}

#[test]
fn half_a_text_is_marked_and_half_an_escape_is_no_character() {
    for (cut, kept) in [
        (r#"{"a":"wor"#, "wor\u{fffd}"),
        (r#"{"a":"wor\"#, "wor\u{fffd}"),
        (r#"{"a":"wor\""#, "wor\"\u{fffd}"),
        (r#"{"a":"wor\\"#, "wor\\\u{fffd}"),
        (r#"{"a":"wor\u00e"#, "wor\u{fffd}"),
        (r#"{"a":"wor\u00e9"#, "woré\u{fffd}"),
        (r#"{"a":""#, "\u{fffd}"),
    ] {
        assert_eq!(parse(cut.as_bytes()), json!({"a": kept}), "{cut}");
    }
    assert_eq!(parse(br#"{"a":"b","hal"#).pointer("/a"), Some(&json!("b")));
    assert_eq!(parse(br#"{"a":"b"}, "c"#), json!({"a": "b"}));
}

#[test]
fn half_a_number_is_not_a_number() {
    assert_eq!(parse(br#"{"at":1792503000"#), json!({"at": null}));
    assert_eq!(
        parse(br#"{"at":1792503000,"x":"#),
        json!({"at": 1_792_503_000, "x": null})
    );
}

#[test]
fn a_byte_that_is_no_text_does_not_hide_the_code() {
    let body = b"{\"message\":\"\xff\xfe\",\"code\":\"x\"}";
    assert_eq!(parse(body).pointer("/code"), Some(&json!("x")));
}

#[test]
fn what_is_not_json_is_null() {
    for body in [&b""[..], b"<html>502</html>", b"\x1f\x8b\x08", b"nul"] {
        assert_eq!(parse(body), Value::Null);
    }
}

#[test]
fn nesting_without_end_ends() {
    let deep = "[".repeat(100_000);
    assert!(parse(deep.as_bytes()).is_array());
}

proptest! {
    #[test]
    fn every_cut_of_a_document_agrees_with_the_document(cut in 0_usize..90) {
        let whole = r#"{"error":{"code":"a","n":123.5,"m":-7},"list":[1,2,{"k":"v"}],"ok":true,"nil":null}"#;
        let value: Value = serde_json::from_str(whole).unwrap();
        let part = parse(&whole.as_bytes()[..cut.min(whole.len())]);
        for pointer in ["/error/code", "/error/n", "/error/m", "/list/0", "/list/2/k", "/ok"] {
            let found = part.pointer(pointer).filter(|found| !found.is_null());
            let is_cut = found.and_then(Value::as_str).is_some_and(|text| text.ends_with(CUT));
            prop_assert!(found.is_none() || is_cut || found == value.pointer(pointer), "{pointer} {found:?}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        parse(&bytes);
    }
}

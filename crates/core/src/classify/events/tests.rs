use proptest::prelude::*;

use super::*;

const SSE: &[u8] = b"text/event-stream; charset=utf-8";
const AWS: &[u8] = b"application/vnd.amazon.eventstream";

/// What is shown of a stream that comes in these pieces.
fn shown<'a>(kind: &[u8], pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut events = Events::of(kind).unwrap();
    let mut shown = Vec::new();
    let mut show = |data: &[u8]| shown.push(String::from_utf8_lossy(data).into_owned());
    for piece in pieces {
        events.look(piece, &mut show);
    }
    events.end(&mut show);
    shown
}

fn lines(stream: &str) -> Vec<String> {
    shown(SSE, [stream.as_bytes()])
}

#[test]
fn an_event_is_its_lines_of_data_joined() {
    assert_eq!(lines("data: a\ndata:b\ndata\ndata:  c\n\n"), ["a\nb\n\n c"]);
    assert_eq!(
        lines("event: error\nid: 7\ndata: a\nretry: 5\n\ndata: b\n\n"),
        ["a", "b"]
    );
}

#[test]
fn lines_end_in_three_ways_also_mixed() {
    for end in ["\n", "\r\n", "\r"] {
        let stream = ["data: a", "data: b", "", ": c", "data: d", "", ""].join(end);
        assert_eq!(lines(&stream), ["a\nb", "d"], "{end:?}");
    }
    assert_eq!(
        lines("data: a\r\n\ndata: b\n\r\ndata: c\r\r\n"),
        ["a", "b", "c"]
    );
}

#[test]
fn comments_other_fields_and_a_mark_at_the_beginning_hold_nothing() {
    assert_eq!(
        lines(": data: x\n\ndatax: y\n\n data: z\n\nevent: data\n\n\n\n"),
        [""; 0]
    );
    assert_eq!(lines("\u{feff}data: a\n\n\u{feff}data: b\n\n"), ["a"]);
}

#[test]
fn an_event_whose_end_is_missing_counts() {
    assert_eq!(lines("data: a\n\ndata: b"), ["a", "b"]);
    assert_eq!(lines("data: a\n"), ["a"]);
    assert_eq!(lines(""), [""; 0]);
}

#[test]
fn an_event_that_is_too_long_is_passed_over_and_the_next_is_not() {
    let long = "x".repeat(LONGEST + 1);
    let most = "x".repeat(LONGEST - 6);
    let short = "x".repeat(LONGEST / 2);
    assert_eq!(lines(&format!("data: {long}\n\ndata: b\n\n")), ["b"]);
    assert_eq!(lines(&format!(": {long}\ndata: b\n\n")), ["b"]);
    assert_eq!(lines(&format!("data: {most}\n\n")), [most]);
    assert_eq!(
        lines(&format!(
            "data: {short}\ndata: {short}x\ndata: y\n\ndata: b\n\n"
        )),
        ["b"]
    );
    let pieces = [b"data: ".as_slice(), long.as_bytes(), b"\n\ndata: b\n\n"];
    assert_eq!(shown(SSE, pieces), ["b"]);
}

#[test]
fn what_is_kept_is_bounded() {
    let mut events = Lines::default();
    for _ in 0..100 {
        events.look(&[b'x'; 10_000], &mut |_: &[u8]| {});
        events.look(b"\ndata: y\ndata: ", &mut |_: &[u8]| {});
    }
    let debug = format!("{events:?}");
    assert!(debug.len() < 10 * LONGEST, "{}", debug.len());
}

#[test]
fn only_streams_of_events_are_looked_at() {
    for kind in [&b"text/event-stream"[..], b"Text/Event-Stream ; x=y", AWS] {
        assert!(Events::of(kind).is_some());
    }
    for kind in [
        &b""[..],
        b"application/json",
        b"text/event-streams",
        b"text/plain; text/event-stream",
    ] {
        assert!(Events::of(kind).is_none());
    }
}

/// A message with headers of text.
fn message(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut written = vec![4, b':', b'i', b'n', b't', 4, 0, 0, 0, 1];
    for (name, value) in headers {
        written.push(u8::try_from(name.len()).unwrap());
        written.extend_from_slice(name.as_bytes());
        written.push(7);
        written.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        written.extend_from_slice(value.as_bytes());
    }
    let length = u32::try_from(PRELUDE + written.len() + payload.len() + 4).unwrap();
    let prelude = [length, u32::try_from(written.len()).unwrap(), 0]
        .map(u32::to_be_bytes)
        .concat();
    [&prelude[..], &written, payload.as_bytes(), &[0; 4]].concat()
}

const PRELUDE: usize = 12;

fn stream() -> Vec<u8> {
    [
        message(
            &[(":message-type", "event"), (":event-type", "chunk")],
            "{\"a\":1}",
        ),
        message(&[(":message-type", "event")], &"x".repeat(LONGEST)),
        message(
            &[
                (":exception-type", "throttlingException"),
                (":message-type", "exception"),
            ],
            "{\"message\":\"m\"}",
        ),
        message(
            &[
                (":message-type", "error"),
                (":error-code", "Internal\"Failure"),
                (":error-message", "x\\y"),
            ],
            "",
        ),
        message(
            &[
                (":message-type", "exception"),
                (":exception-type", "modelTimeoutException"),
            ],
            "no json",
        ),
    ]
    .concat()
}

const EXCEPTIONS: [&str; 3] = [
    r#"{"throttlingException":{"message":"m"}}"#,
    r#"{"type":"error","code":"InternalFailure","message":"xy"}"#,
    r#"{"modelTimeoutException":{}}"#,
];

#[test]
fn of_amazons_messages_the_exceptions_are_shown() {
    assert_eq!(shown(AWS, [&*stream()]), EXCEPTIONS);
}

#[test]
fn a_length_that_is_none_ends_the_look() {
    for length in [0_u32, 15] {
        let lost = [&length.to_be_bytes()[..], &[0; 8], &stream()].concat();
        assert_eq!(shown(AWS, [&*lost]), [""; 0]);
    }
    let inner = [&20_u32.to_be_bytes()[..], &[255; 4], &[0; 12], &stream()].concat();
    assert_eq!(shown(AWS, [&*inner]), EXCEPTIONS);
}

proptest! {
    #[test]
    fn the_pieces_in_which_it_comes_change_nothing(
        stream in "((data|event|:)?:? ?[ab]{0,3}(\r\n|\n|\r)){0,12}", cuts in proptest::collection::vec(0_usize..80, 0..6),
    ) {
        let bytes = stream.as_bytes();
        prop_assert_eq!(shown(SSE, pieces(bytes, cuts)), lines(&stream));
    }

    #[test]
    fn the_pieces_in_which_messages_come_change_nothing(cuts in proptest::collection::vec(0_usize..66_500, 0..6)) {
        prop_assert_eq!(shown(AWS, pieces(&stream(), cuts)), EXCEPTIONS);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, cuts: Vec<usize>) {
        for kind in [SSE, AWS] {
            shown(kind, pieces(&bytes, cuts.clone()));
        }
    }
}

#[test]
fn every_byte_may_come_alone() {
    let text = b"\xef\xbb\xbfdata: a\r\ndata: b\r\n\r\n: c\r\rdata: d\n\n";
    assert_eq!(shown(SSE, text.chunks(1)), ["a\nb", "d"]);
    assert_eq!(shown(AWS, stream().chunks(1)), EXCEPTIONS);
}

fn pieces(bytes: &[u8], mut cuts: Vec<usize>) -> Vec<&[u8]> {
    cuts.iter_mut()
        .for_each(|cut| *cut = (*cut).min(bytes.len()));
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([bytes.len()]);
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    starts
        .zip(ends)
        .map(|(start, end)| &bytes[start..end])
        .collect()
}

//! The events of a stream: `text/event-stream`, or events one after another.

/// The data of each event.
///
/// An event whose end is missing counts: a stream that breaks off in its error event has failed by it. Comments, which
/// begin with a colon, hold nothing. A text without a `data` line is one event, as event streams of other forms are
/// shown decoded.
pub(super) fn of(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = (!has_data(stream)).then_some(stream);
    whole.into_iter().chain(data(stream))
}

fn has_data(stream: &[u8]) -> bool {
    data(stream).next().is_some()
}

/// JSON on one line each: no provider breaks it over several, and so nothing need be joined.
fn data(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    stream
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_prefix(b"data:"))
        .map(<[u8]>::trim_ascii)
}

//! The events of a captured stream.

use buttress_core::classify::Events;

/// What `judge` says of the first event that it has something to say of.
///
/// A text in which no event is found is one event: streams of other forms are shown decoded.
pub(super) fn first<T>(
    content_type: &[u8],
    stream: &[u8],
    judge: impl Fn(&[u8]) -> Option<T>,
) -> Option<T> {
    let mut events = Events::of(content_type).unwrap_or_else(Events::lines);
    let (mut found, mut is_decoded) = (None, true);
    let mut look = |data: &[u8]| {
        is_decoded = false;
        found = found.take().or_else(|| judge(data));
    };
    events.look(stream, &mut look);
    events.end(&mut look);
    if is_decoded { judge(stream) } else { found }
}

//! The events of a stream, looked at as its bytes pass.
//!
//! An answer that begins as a success may fail in its middle, and says so in an event. [`Events`] finds the ends of
//! events in bytes that come in any pieces, and shows what each holds. It keeps one event at a time, and none that is
//! longer than 64 KiB: those are passed over, as what reports a failure is short.

mod frames;
mod lines;
#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests;

use self::frames::Frames;
use self::lines::Lines;

/// The longest known error event has some 4 KiB; a bound is needed, as a line may never end.
const LONGEST: usize = 64 * 1024;

/// Finds the events of a stream.
#[derive(Debug)]
pub struct Events(Form);

#[derive(Debug)]
enum Form {
    /// `text/event-stream` (WHATWG HTML, 9.2.6).
    Lines(Lines),
    /// `application/vnd.amazon.eventstream`.
    Frames(Frames),
}

impl Events {
    /// Of a body with this `Content-Type`; `None` if that is no stream of events.
    pub fn of(content_type: &[u8]) -> Option<Self> {
        let mut parts = content_type.split(|byte| *byte == b';');
        let kind = parts.next().unwrap_or_default().trim_ascii();
        if kind.eq_ignore_ascii_case(b"text/event-stream") {
            return Some(Self::lines());
        }
        kind.eq_ignore_ascii_case(b"application/vnd.amazon.eventstream")
            .then(|| Self(Form::Frames(Frames::default())))
    }

    /// Of a `text/event-stream`.
    pub fn lines() -> Self {
        Self(Form::Lines(Lines::default()))
    }

    /// Looks at the next bytes, and shows what the events hold that end in them: `data`, and of Amazon's messages the
    /// exceptions alone, as `{"throttlingException":{"message":…}}`.
    pub fn look(&mut self, bytes: &[u8], mut show: impl FnMut(&[u8])) {
        match &mut self.0 {
            Form::Lines(lines) => lines.look(bytes, &mut show),
            Form::Frames(frames) => frames.look(bytes, &mut show),
        }
    }

    /// The stream is over. An event whose end is missing counts: a stream that breaks off in its error has failed by
    /// it.
    pub fn end(&mut self, mut show: impl FnMut(&[u8])) {
        if let Form::Lines(lines) = &mut self.0 {
            lines.end(&mut show);
        }
    }
}

//! `text/event-stream`.

use std::mem;

use super::LONGEST;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line ends with LF, CR, or both; an event with an empty line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// Whether the line is longer than what is kept of it.
    is_cut: bool,
    data: Vec<u8>,
    has_data: bool,
    /// Whether the event is longer than is kept, and so is none.
    is_too_long: bool,
    /// Whether the last line ended with CR: an LF that follows is of the same end.
    after_cr: bool,
    has_begun: bool,
}

impl Lines {
    pub(super) fn look(&mut self, mut bytes: &[u8], show: &mut impl FnMut(&[u8])) {
        while let Some(first) = bytes.first() {
            if mem::take(&mut self.after_cr) && *first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.keep(bytes);
                return;
            };
            self.after_cr = bytes[end] == b'\r';
            if self.line.is_empty() && !self.is_cut {
                self.take(&bytes[..end], show);
            } else {
                self.keep(&bytes[..end]);
                self.take_kept(show);
            }
            bytes = &bytes[end + 1..];
        }
    }

    pub(super) fn end(&mut self, show: &mut impl FnMut(&[u8])) {
        self.take_kept(show);
        self.dispatch(show);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.line.len());
        self.is_cut |= bytes.len() > room;
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn take_kept(&mut self, show: &mut impl FnMut(&[u8])) {
        let mut line = mem::take(&mut self.line);
        // What is long and no data is a comment, or a field that nobody reads.
        self.is_too_long |= mem::take(&mut self.is_cut) && line.starts_with(b"data");
        self.take(&line, show);
        line.clear();
        self.line = line;
    }

    /// A whole line, without its end.
    fn take(&mut self, line: &[u8], show: &mut impl FnMut(&[u8])) {
        let line = if mem::replace(&mut self.has_begun, true) {
            line
        } else {
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
        };
        if line.is_empty() {
            return self.dispatch(show);
        }
        let data = match line.strip_prefix(b"data") {
            Some(b"") => b"",
            Some([b':', b' ', data @ ..] | [b':', data @ ..]) => data,
            _ => return,
        };
        if mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.is_too_long |= self.data.len() + data.len() > LONGEST;
        if !self.is_too_long {
            self.data.extend_from_slice(data);
        }
    }

    fn dispatch(&mut self, show: &mut impl FnMut(&[u8])) {
        if self.has_data && !self.is_too_long {
            show(&self.data);
        }
        self.data.clear();
        self.has_data = false;
        self.is_too_long = false;
    }
}

//! Lines of a bounded length, however long the input's are.

use std::io::{self, BufRead};

/// A line of an input, by its number from 1.
pub(super) struct Line<'a> {
    pub(super) number: u64,
    pub(super) bytes: &'a [u8],
    /// Whether it goes on, further than is kept.
    pub(super) is_cut: bool,
}

/// An input's lines, one at a time, in one buffer.
pub(super) struct Lines<R> {
    input: R,
    most: usize,
    number: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// With at most so many bytes of each line kept.
    pub(super) fn new(input: R, most: usize) -> Self {
        Self {
            input,
            most,
            number: 0,
            buffer: Vec::new(),
        }
    }

    /// The next line, without its end; `None` after the last.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let (mut length, mut has_ended) = (0_usize, false);
        while !has_ended {
            let part = match self.input.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if part.is_empty() {
                break;
            }
            let end = part.iter().position(|byte| *byte == b'\n');
            has_ended = end.is_some();
            let (line, used) = end.map_or((part, part.len()), |end| (&part[..end], end + 1));
            let room = self.most - self.buffer.len();
            self.buffer.extend_from_slice(&line[..line.len().min(room)]);
            length = length.saturating_add(used);
            self.input.consume(used);
        }
        if length == 0 {
            return Ok(None);
        }
        self.number += 1;
        let is_cut = length - usize::from(has_ended) > self.buffer.len();
        let bytes = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        Ok(Some(Line {
            number: self.number,
            bytes,
            is_cut,
        }))
    }

    /// The input after the lines that were taken.
    pub(super) fn into_rest(self) -> R {
        self.input
    }
}

//! A file's name and text, and where in it something stands.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::secret;

/// A file's name and text.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Where each line begins.
    lines: Arc<[usize]>,
    /// How many characters begin before each [`STRIDE`], and before the end.
    characters: Arc<[usize]>,
}

/// A column is counted from the last of these places and not from the beginning of its line: a thousand upstreams may each
/// inherit a hundred settings, all of which stand in one line as long as a file may be.
const STRIDE: usize = 1_024;

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl Source {
    /// `text` as the file `name`, which is used to speak of it.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let after_ends = text.match_indices('\n').map(|(end, _)| end + 1);
        let strides = text.as_bytes().chunks(STRIDE);
        let after_strides = strides.scan(0, |before, stride| {
            *before += beginnings(stride);
            Some(*before)
        });
        Self {
            name: name.into(),
            lines: [0].into_iter().chain(after_ends).collect(),
            characters: [0].into_iter().chain(after_strides).collect(),
            text,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of it, with what may be secrets: nothing that is to be shown to somebody.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, with asterisks for what may be a secret; all places are the same.
    pub(crate) fn quotable(&self) -> std::borrow::Cow<'_, str> {
        secret::masked(&self.text)
    }

    /// Where the byte at `offset` stands.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let offset = self.near(offset);
        let line = self.line(offset);
        let start = self.lines.get(line).copied().unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        Place {
            line: count(line),
            column: count(self.before(offset) - self.before(start)),
        }
    }

    /// How many characters begin before the byte at `offset`.
    fn before(&self, offset: usize) -> usize {
        let (stride, rest) = (offset / STRIDE, offset % STRIDE);
        self.characters[stride] + beginnings(&self.text.as_bytes()[offset - rest..offset])
    }

    /// The lines that `span` lies in: their bytes, and the number of the first, from 1.
    pub(crate) fn lines(&self, span: &Range<usize>) -> (Range<usize>, usize) {
        let (first, last) = (self.line(span.start), self.line(span.end.max(span.start)));
        let start = self.lines.get(first).copied().unwrap_or_default();
        let end = self.lines.get(last + 1).copied().unwrap_or(self.text.len());
        (start..end, first + 1)
    }

    /// The line of the byte at `offset`, from 0.
    fn line(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The last beginning of a character that is not after `offset`.
    fn near(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// `span`, cut to whole characters of this text.
    pub(crate) fn whole(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.near(span.start);
        start..self.near(span.end).max(start)
    }
}

/// How many characters begin in these bytes of a text.
fn beginnings(bytes: &[u8]) -> usize {
    let is_first = |byte: &&u8| !matches!(**byte, 0x80..=0xbf);
    bytes.iter().filter(is_first).count()
}

/// The name alone: the text may hold what is not to be logged.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name).finish()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a", "é = 1\nb = 2\n");
        let at = |offset| source.place(offset).to_string();
        assert_eq!(at(0), "1:1");
        assert_eq!(at(3), "1:3");
        assert_eq!(at(7), "2:1");
        assert_eq!(at(99), "3:1");
        // Within a character.
        assert_eq!(at(1), "1:1");
    }

    #[test]
    fn places_in_a_long_line_count_its_characters() {
        for text in ["é=".repeat(STRIDE), format!("a\n{}", "€".repeat(STRIDE))] {
            let source = Source::new("a", text.as_str());
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let line = text[..offset].rfind('\n').map_or(0, |end| end + 1);
                let column = text[line..offset].chars().count() + 1;
                assert_eq!(source.place(offset).column as usize, column, "{offset}");
            }
        }
    }
}

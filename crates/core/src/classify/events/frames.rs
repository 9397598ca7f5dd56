//! `application/vnd.amazon.eventstream`: what AWS streams.
//!
//! A message is its length, the length of its headers, a checksum, the headers, a payload and another checksum, all
//! numbers big-endian (smithy.io, "Amazon Event Stream"). The checksums are not looked at: that is for the client.

use super::LONGEST;

const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The message, as far as it has come.
    message: Vec<u8>,
    /// As much of a message that is too long is still to come.
    skip: usize,
    /// Whether a length was none: nothing is known of what follows.
    is_lost: bool,
}

impl Frames {
    pub(super) fn look(&mut self, mut bytes: &[u8], show: &mut impl FnMut(&[u8])) {
        while !bytes.is_empty() && !self.is_lost {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let missing = self.length().saturating_sub(self.message.len());
            let (part, rest) = bytes.split_at(missing.min(bytes.len()));
            self.message.extend_from_slice(part);
            bytes = rest;
            self.go_on(show);
        }
    }

    /// How long the message is, as far as that is known.
    fn length(&self) -> usize {
        match number(&self.message, 0) {
            Some(length) if self.message.len() >= PRELUDE => length,
            _ => PRELUDE,
        }
    }

    fn go_on(&mut self, show: &mut impl FnMut(&[u8])) {
        let (length, has) = (self.length(), self.message.len());
        if has < PRELUDE {
            return;
        }
        if length < PRELUDE + CHECKSUM {
            self.is_lost = true;
        } else if length > LONGEST {
            self.skip = length - has;
            self.message.clear();
        } else if has == length {
            if let Some(exception) = exception(&self.message) {
                show(&exception);
            }
            self.message.clear();
        }
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 4)?.first_chunk()?;
    usize::try_from(u32::from_be_bytes(*bytes)).ok()
}

/// What a message reports, if it is an exception or an error: in JSON, by its name.
fn exception(message: &[u8]) -> Option<Vec<u8>> {
    let end = PRELUDE.checked_add(number(message, 4)?)?;
    let headers = message.get(PRELUDE..end)?;
    let payload = message.get(end..message.len() - CHECKSUM)?;
    let text = |name: &[u8]| {
        Headers(headers)
            .find(|(found, _)| *found == name)
            .map(|(_, text)| text)
    };
    match text(b":message-type")? {
        b"exception" => {
            let name = plain(text(b":exception-type")?);
            let payload = if payload.trim_ascii().starts_with(b"{") {
                payload
            } else {
                b"{}"
            };
            Some([b"{\"", &*name, b"\":", payload, b"}"].concat())
        }
        b"error" => {
            let code = plain(text(b":error-code").unwrap_or_default());
            let message = plain(text(b":error-message").unwrap_or_default());
            Some(
                [
                    b"{\"type\":\"error\",\"code\":\"",
                    &*code,
                    b"\",\"message\":\"",
                    &message,
                    b"\"}",
                ]
                .concat(),
            )
        }
        _ => None,
    }
}

/// Without what would end a string in JSON.
fn plain(text: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\') && **byte >= b' ';
    text.iter().filter(is_plain).copied().collect()
}

/// A message's headers that are text. Ends where it can be read no further.
struct Headers<'a>(&'a [u8]);

impl<'a> Headers<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<usize> {
        Some(usize::from(u16::from_be_bytes(
            *self.take(2)?.first_chunk()?,
        )))
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(*self.take(1)?.first()?);
        let name = self.take(length)?;
        let length = match *self.take(1)?.first()? {
            // True, false, byte, short, integer, long, bytes, text, timestamp, UUID.
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4 => 4,
            5 | 8 => 8,
            6 | 7 => self.short()?,
            9 => 16,
            _ => return None,
        };
        Some((name, self.take(length)?))
    }
}

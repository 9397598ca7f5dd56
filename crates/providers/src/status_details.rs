//! `grpc-status-details-bin`: a `google.rpc.Status` in protobuf, of which one number is wanted.
//!
//! Written here because the alternative is a code generator and its runtime for three nested messages. The wire format
//! is protobuf.dev/programming-guides/encoding.

use std::time::Duration;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::duration::LONGEST;

/// "Implementations MUST accept padded and un-padded values" (gRPC over HTTP/2).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The `retry_delay` of the first `RetryInfo`, unless it is zero, negative or not to be read.
pub(crate) fn retry_delay(details: &str) -> Option<Duration> {
    let status = BASE64.decode(details.trim()).ok()?;
    let details = Message(&status).filter(|field| field.number == 3);
    let mut infos = details.filter_map(|any| {
        let (kind, value) = (any.part(1)?, any.part(2)?);
        kind.ends_with(b"google.rpc.RetryInfo").then_some(value)
    });
    let delay = Message(infos.next()?).find(|field| field.number == 1)?;
    let mut wait = Duration::ZERO;
    for field in Message(delay.bytes?) {
        // Negative numbers are two's complement in ten bytes, and so larger than any positive one.
        let number = i64::try_from(field.varint?).ok()?.unsigned_abs();
        wait = match field.number {
            1 => wait.saturating_add(Duration::from_secs(number)),
            2 => wait.saturating_add(Duration::from_nanos(number)),
            _ => wait,
        };
    }
    (!wait.is_zero()).then(|| wait.min(LONGEST))
}

/// The unread rest of a message. Ends where it can be read no further.
struct Message<'a>(&'a [u8]);

struct Field<'a> {
    number: u64,
    varint: Option<u64>,
    bytes: Option<&'a [u8]>,
}

impl<'a> Field<'a> {
    /// A field's bytes, of the message that this field is.
    fn part(&self, number: u64) -> Option<&'a [u8]> {
        Message(self.bytes?)
            .find(|field| field.number == number)?
            .bytes
    }
}

impl<'a> Iterator for Message<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let tag = self.varint()?;
        let (mut varint, mut bytes) = (None, None);
        match tag & 7 {
            0 => varint = Some(self.varint()?),
            1 => bytes = Some(self.take(8)?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                bytes = Some(self.take(length)?);
            }
            5 => bytes = Some(self.take(4)?),
            _ => return None,
        }
        let number = tag >> 3;
        Some(Field {
            number,
            varint,
            bytes,
        })
    }
}

impl<'a> Message<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RESOURCE_EXHAUSTED, "Quota exceeded", RetryInfo of 17.5 s.
    const DETAILS: &str = "CAgSDlF1b3RhIGV4Y2VlZGVkGjYKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SCgoICBEQgMq17gE";

    #[test]
    fn a_retry_info_is_found_with_padding_and_without() {
        assert_eq!(retry_delay(DETAILS), Some(Duration::from_millis(17_500)));
        assert_eq!(
            retry_delay(&format!("{DETAILS}=")),
            Some(Duration::from_millis(17_500))
        );
    }

    #[test]
    fn what_is_cut_or_no_base64_is_nothing() {
        for text in ["", "!", "CAg", &DETAILS[..90]] {
            assert_eq!(retry_delay(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            retry_delay(&BASE64.encode(bytes));
        }
    }
}

//! JSON that may be cut short.
//!
//! At most 64 KiB of a body are read, and servers close in the middle. What stands before the cut is kept: half a
//! sentence with a mark at its end, by which half a code is no code. Half a number is not kept, as it is another number.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The value that the bytes begin, as far as it goes; null if they begin none.
///
/// Bytes that are not UTF-8 are replaced, as a broken message must not hide an intact code. Nesting is bounded by
/// `serde_json` at 128.
pub(crate) fn parse(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&text).unwrap_or_else(|_| beginning(&text))
}

/// Some gateways write it, though JSON has no use for it: "implementations that parse JSON texts MAY ignore the
/// presence of a byte order mark" (RFC 8259, 8.1).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Stands where a text was cut. Bytes that are no text become the same mark, and mean the same: here something is
/// missing.
pub(crate) const CUT: char = char::REPLACEMENT_CHARACTER;

fn beginning(text: &str) -> Value {
    let ended = match end_of_cut(text) {
        End::InText => Cow::Owned(format!("{text}{CUT}\"")),
        // An escape is one character, and half of it is none.
        End::InEscape(at) => Cow::Owned(format!("{}{CUT}\"", &text[..at])),
        End::Elsewhere => {
            let is_of_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
            Cow::Borrowed(text.trim_end_matches(is_of_number))
        }
    };
    let mut value = Value::Null;
    // The error is that of the cut, and was expected.
    let _cut = Partial(&mut value).deserialize(&mut serde_json::Deserializer::from_str(&ended));
    value
}

/// Where a document ends that has no end.
enum End {
    Elsewhere,
    InText,
    /// Which begins here.
    InEscape(usize),
}

fn end_of_cut(text: &str) -> End {
    let bytes = text.as_bytes();
    let (mut in_text, mut at) = (false, 0);
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            b'\\' if in_text && bytes.get(at + 1) == Some(&b'u') => 6,
            b'\\' if in_text => 2,
            _ => 1,
        };
        if at + length > bytes.len() {
            return End::InEscape(at);
        }
        in_text ^= *byte == b'"';
        at += length;
    }
    if in_text { End::InText } else { End::Elsewhere }
}

/// Writes what it sees into the place it was given, at once, so that an error further on loses nothing.
struct Partial<'a>(&'a mut Value);

impl<'de> DeserializeSeed<'de> for Partial<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Partial<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        *self.0 = Value::Object(Map::new());
        let Value::Object(object) = self.0 else {
            return Ok(());
        };
        while let Some(key) = entries.next_key::<String>()? {
            let place = object.entry(key).or_insert(Value::Null);
            entries.next_value_seed(Partial(place))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        *self.0 = Value::Array(Vec::new());
        let Value::Array(array) = self.0 else {
            return Ok(());
        };
        loop {
            array.push(Value::Null);
            let Some(place) = array.last_mut() else {
                return Ok(());
            };
            if items.next_element_seed(Partial(place))?.is_none() {
                array.pop();
                return Ok(());
            }
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        *self.0 = Value::from(text);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        *self.0 = Value::from(value);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        *self.0 = Value::from(number);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        *self.0 = Value::from(number);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        *self.0 = Value::from(number);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::mem;
use std::panic::{self, AssertUnwindSafe};

/// What is kept of a panic's message, in bytes.
const LONGEST: usize = 256;

/// The inner service panicked. Holds the message, if it was text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    message: Option<Box<str>>,
}

impl Panicked {
    /// The beginning of the panic's message, at most 256 bytes; `None` if the panic had something else to say than text.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    fn new(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self {
            message: text.map(|text| beginning(text).into()),
        }
    }
}

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the inner service panicked")?;
        match self.message() {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl Error for Panicked {}

/// Does `work`, which is the inner service's, and which nobody looks at again if it panics.
#[inline]
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let panicked = Panicked::new(&*payload);
        // A payload may panic when it is dropped, and so may the payload of that panic: that one is not dropped.
        if let Err(again) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            mem::forget(again);
        }
        panicked
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(work: impl FnOnce()) -> Option<String> {
        let panicked = caught(work).unwrap_err();
        panicked.message().map(str::to_owned)
    }

    #[test]
    fn a_message_of_text_is_kept_and_anything_else_is_not() {
        assert_eq!(message(|| panic!("text")).as_deref(), Some("text"));
        let number = 7;
        assert_eq!(message(|| panic!("{number}")).as_deref(), Some("7"));
        assert_eq!(message(|| panic::panic_any(7)), None);
    }

    #[test]
    fn a_long_message_is_cut_between_two_characters() {
        let long = "é".repeat(LONGEST);
        let message = message(|| panic!("x{long}")).unwrap();
        assert_eq!(message.len(), LONGEST - 1);
        assert!(message.ends_with('é'));
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_is_caught_too() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic::panic_any(Box::new(1));
            }
        }
        assert_eq!(message(|| panic::panic_any(Bomb)), None);
    }

    #[test]
    fn it_reads_as_a_sentence() {
        let panicked = caught(|| panic!("ouch")).unwrap_err();
        assert_eq!(panicked.to_string(), "the inner service panicked: ouch");
    }
}

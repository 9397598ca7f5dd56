//! What a captured answer means, told in words or in JSON.

mod captured;
mod events;

pub use self::captured::{Captured, is_retryable, wait_ms, wait_source};

//! Trying again: what is worth it, when the server allows it, within bounds.
//!
//! A failed attempt is followed by another if its outcome may be repeated, the request can be sent again, attempts and
//! budget are left, and the wait fits: the server's hint, or a backoff if it gave none. A hint is never shortened. If it
//! is longer than the call may wait, the call ends at once with the response it has, and with the time.
//!
//! ```
//! use std::time::Duration;
//!
//! use buttress::core::backoff::Backoff;
//! use buttress::retry::{Retries, RetryLayer};
//!
//! # fn main() -> Result<(), buttress::core::Invalid> {
//! let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60))?;
//! let layer = RetryLayer::new(Retries::default().with_backoff(backoff));
//! # let _ = layer;
//! # Ok(())
//! # }
//! ```
//!
//! What became of a call is its [`History`](buttress_core::History): in the extensions of a response that failed or
//! needed more than one attempt, and in the [`Failure`](buttress_core::Failure) around a client's error. The last
//! response is returned as it came, and is not made an error.
//!
//! # Which requests
//!
//! Outcomes that say that the server has not acted (`rate_limited`, `overloaded`, `connect`) are repeated for every
//! request. The others only if repeating does no harm: an idempotent method, an `Idempotency-Key` (or a server's
//! [own header](IdempotencyHeader), which can be added to each call), a profile that vouches for it, or the caller's word
//! ([`CallOptions`]). How a request is copied and read is a [`Replay`]; [`Http`] is
//! the default.
//!
//! # One sleeper per wait
//!
//! Where a [cooldown](crate::cooldown) below will hold the next attempt at least as long, the retry that was made
//! [with its handle](RetryLayer::with_pause) does not sleep: the call waits in the cooldown's line, and is told there if
//! the pause grows or ends early.
//!
//! # Readiness
//!
//! The inner service's. After a wait, a clone of it is made ready and called.
//!
//! # Deadline
//!
//! Under a [deadline layer](crate::deadline), no wait is begun that could not end before the deadline, and no attempt is
//! begun at or after it. When it passes during an attempt, or while a clone is made ready, the call ends with its
//! history.
//!
//! # Cancel safety
//!
//! Dropping the future drops the attempt or the wait, and gives its place in the budget back.
//!
//! # Errors
//!
//! The inner service's, in a [`Failure`](buttress_core::Failure) that carries the history. Refusals of ours
//! ([`Rejected`](buttress_core::Rejected)) are never repeated.
//!
//! # Events
//!
//! [`RetryScheduled`](buttress_core::Event::RetryScheduled), [`RetryEnded`](buttress_core::Event::RetryEnded),
//! [`WaitBegan`](buttress_core::Event::WaitBegan) and [`Waited`](buttress_core::Event::Waited) for a sleep between
//! attempts, [`BudgetLevel`](buttress_core::Event::BudgetLevel) where a retry was granted or the budget refused it,
//! [`NestedRetry`](buttress_core::Event::NestedRetry).
//!
//! # Defaults
//!
//! Those of [`Retries`], and of [`Budget`](buttress_core::budget::Budget).

mod attempt_header;
mod future;
mod idempotency;
mod layer;
mod progress;
mod replay;
mod service;
mod spending;
#[cfg(test)]
mod tests;

pub use buttress_core::retry::{HintUse, LongHint, Retries};

pub use crate::options::CallOptions;

pub use self::attempt_header::AttemptHeader;
pub use self::future::ResponseFuture;
pub use self::idempotency::IdempotencyHeader;
pub use self::layer::RetryLayer;
pub use self::replay::{Cloned, Http, Replay, WithPause};
pub use self::service::Retry;

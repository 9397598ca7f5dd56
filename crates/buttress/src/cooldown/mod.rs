//! When one caller is told to wait, all callers that share the limit wait.
//!
//! The first answer that says "not now" pauses its key. Whoever comes while the pause is in force waits until it is
//! over, or is refused at once if that is longer than it may wait. Then one request goes; if its answer is good, two may
//! be on their way at a time, then four, eight, until nobody waits. A request that is told "not now" again begins the
//! next pause. How this is decided, and why nobody waits for ever, is told in [`core::pause`](buttress_core::pause).
//!
//! ```
//! use std::time::Duration;
//!
//! use buttress::cooldown::CooldownLayer;
//! use buttress::key::ByHeader;
//!
//! let layer = CooldownLayer::new()
//!     .with_keyer(ByHeader::default())
//!     .with_max_wait(Duration::from_secs(30));
//! # let _ = layer;
//! ```
//!
//! A used-up quota parks its key: no wait of ours lifts it, so callers are refused, and told when one of them will be
//! let through to look again.
//!
//! A stream that says "not now" in its middle, after a head that was good, pauses its key too, where a classifier below
//! looks at its events. What it says counts from when it says it; if another pause has come and gone since it was sent,
//! only a time that it names counts.
//!
//! # Keys
//!
//! [`Keyer`](crate::key::Keyer)s say what shares a pause. Where a limit of one model and a limit of the whole account
//! are two things, [`Within`](crate::key::Within) takes a keyer for each, and the outcome's [`Scope`](buttress_core::Scope) says which of
//! them an answer pauses: one of a model or of a resource its own key, one of the account or of the organisation that of
//! the account. Without a key for the account, all of them pause the one key that there is.
//!
//! # Readiness
//!
//! The inner service's. A call that has to wait, or is refused, gives the readied service up; after the wait a clone is
//! made ready and called.
//!
//! # Cancel safety
//!
//! Dropping the future gives its place in the line back, or its place among those that are released, and lets the next
//! one go. So does a panic of the inner service.
//!
//! # Fairness
//!
//! First come, first served, from the first poll on. Nobody overtakes the line.
//!
//! # Errors
//!
//! [`Rejected`](buttress_core::Rejected), with [`Why::Cooldown`](buttress_core::Why::Cooldown) or
//! [`Why::QuotaExhausted`](buttress_core::Why::QuotaExhausted); and the inner service's.
//!
//! # Events
//!
//! [`PauseBegan`](buttress_core::Event::PauseBegan), [`PauseEnded`](buttress_core::Event::PauseEnded),
//! [`WaitBegan`](buttress_core::Event::WaitBegan), [`Waited`](buttress_core::Event::Waited),
//! [`Rejected`](buttress_core::Event::Rejected).
//!
//! # Defaults
//!
//! * 120 s at the longest ([`with_max_wait`](CooldownLayer::with_max_wait)): two periods of a per-minute limit, and as
//!   long as a retry follows a hint.
//! * One pause for all that passes the layer. 10 000 keys, where there is a keyer: only keys that were told to wait
//!   take room, and when there is none left, further ones share one pause.
//! * Those of [`Pauses`].

mod admission;
mod errand;
mod future;
mod gates;
mod handle;
mod keys;
mod layer;
mod preflight;
mod service;
#[cfg(test)]
mod tests;

pub use buttress_core::pause::{Pauses, Phase, Snapshot};

pub use self::future::ResponseFuture;
pub use self::handle::{Changes, Handle};
pub use self::layer::CooldownLayer;
pub use self::preflight::Preflight;
pub use self::service::Cooldown;

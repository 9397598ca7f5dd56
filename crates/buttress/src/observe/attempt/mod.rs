//! Each attempt is told when it ends: its number, what it meant, how long it took.
//!
//! It stands outside the attempt timeout, and inside everything that waits: so a timeout and a panic are told as what
//! they are, and no wait of ours is in the time.
//!
//! ```
//! use std::sync::Arc;
//!
//! use buttress::observe::attempt::AttemptLayer;
//! use buttress::observe::{Event, Observer};
//!
//! struct Print;
//!
//! impl Observer for Print {
//!     fn observe(&self, event: &Event<'_>) {
//!         if let Event::AttemptEnded { attempt, outcome: Some(outcome), .. } = event {
//!             println!("attempt {attempt}: {}", outcome.class());
//!         }
//!     }
//! }
//!
//! let layer = AttemptLayer::new(Arc::new(Print));
//! # let _ = layer;
//! ```
//!
//! Attempts are numbered within the [call](super::call) that they are of. Without a call layer outside, each is the first.
//!
//! # Readiness
//!
//! The inner service's.
//!
//! # Cancel safety
//!
//! Dropping the future drops the attempt, and tells that it ended without an answer.
//!
//! # Errors
//!
//! The inner service's.
//!
//! # Events
//!
//! [`AttemptEnded`](buttress_core::Event::AttemptEnded), once for each attempt.
//!
//! # Defaults
//!
//! As those of the [call layer](super::call).

mod future;
mod layer;
mod service;

pub use self::future::ResponseFuture;
pub use self::layer::AttemptLayer;
pub use self::service::Attempts;

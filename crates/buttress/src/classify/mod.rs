//! What each answer means, decided once.
//!
//! The innermost layer. Each attempt's answer is judged by [`Rules`]: the user's, a provider's, generic HTTP. A failure
//! carries its [`Outcome`](buttress_core::Outcome) upwards: in the extensions of its response, or in a
//! [`Failure`](buttress_core::Failure) around the client's error. The layers above read it there, and none of them looks
//! at a status.
//!
//! Where a rule needs the body, the first 64 KiB of it are read, for a second at the most. The response is handed on
//! with its body unchanged, frame by frame and trailers included, and what was not looked at still streams.
//!
#![cfg_attr(feature = "providers", doc = "```")]
#![cfg_attr(not(feature = "providers"), doc = "```ignore")]
//! use buttress::classify::ClassifyLayer;
//! use buttress::core::classify::Rules;
//! use buttress::providers::openai;
//! use tower_layer::Layer;
//! # let client = ();
//!
//! let client = ClassifyLayer::new(Rules::new().then(openai::PROFILE)).layer(client);
//! ```
//!
//! For a service that does not speak HTTP, [`classify_fn`] takes a function of its result.
//!
//! # Readiness
//!
//! The inner service's.
//!
//! # Cancel safety
//!
//! Dropping the future drops the attempt, and the part of a body that was read. Nothing else is held.
//!
//! # Errors
//!
//! The client's, in a [`Failure`](buttress_core::Failure). A [`Rejected`](buttress_core::Rejected) from below passes as
//! it is.
//!
//! # Events
//!
//! [`Event::Classified`](buttress_core::Event::Classified), once for each attempt that was not plainly good.
//!
//! # Defaults
//!
//! * 64 KiB of an error body: the longest known ones have 4 KiB, and HTML pages of edges some 20 KiB.
//! * One second: an error body follows its head at once. A server that takes longer is judged by what is there.

mod future;
mod layer;
mod peek;
mod peeked_body;
mod plain;
mod service;
#[cfg(test)]
mod tests;

pub use buttress_core::classify::{Answer, Reply, Rule, Rules};

pub use self::future::ResponseFuture;
pub use self::layer::ClassifyLayer;
pub use self::peeked_body::PeekedBody;
pub use self::plain::{ClassifyFn, ClassifyFnFuture, ClassifyFnLayer, classify_fn};
pub use self::service::Classify;

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
//! # Streams
//!
//! A stream of events (`text/event-stream`, and AWS's own form) begins as a success and may fail in its middle. Where a
//! rule looks at events, as the profiles of language models do, they are looked at as they pass: nothing is held back,
//! copied or changed but the one event that has not ended yet, of at most 64 KiB. The first that reports a failure is
//! told to the observer, and to the layers above that asked to hear of it by [`Stream`](crate::Stream): the breaker
//! counts it. A stream that breaks off counts as [`Interrupted`](buttress_core::Class::Interrupted), and one that its
//! reader drops as nothing. A call whose stream failed is not repeated: parts of the answer have been delivered.
//! Compressed streams are not looked at.
//!
//! An answer of gRPC (`application/grpc`) may tell its status in its trailers. Where a rule judges them, as the profile of
//! gRPC does, they are judged as a head of its own would be, and what they say of a failure is told in the same way. A
//! reader that drops the body before them hears nothing of it, and neither does anybody else.
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
//! [`Event::Classified`](buttress_core::Event::Classified), once for each attempt that was not plainly good;
//! [`Event::StreamFailed`](buttress_core::Event::StreamFailed), once for each stream that failed after its head.
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
mod watch;

pub use buttress_core::classify::{Answer, Reply, Rule, Rules};

pub use self::future::ResponseFuture;
pub use self::layer::ClassifyLayer;
pub use self::peeked_body::PeekedBody;
pub use self::plain::{ClassifyFn, ClassifyFnFuture, ClassifyFnLayer, classify_fn};
pub use self::service::Classify;

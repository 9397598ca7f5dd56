//! Token quotas for language models: the cost is estimated before the call, and settled by what the response reports.
//!
//! Stands outside a [`RateLimitLayer`](super::RateLimitLayer) whose terms are [`ByExtension`](super::ByExtension). It puts the
//! estimate into the request, and looks for the usage in the response's body while that passes by. Bodies are not held,
//! nor changed, nor delayed.
//!
//! ```
//! use buttress::rate_limit::usage::UsageLayer;
//! use buttress::rate_limit::{ByExtension, Quota, RateLimitLayer};
//! use tower::ServiceBuilder;
//!
//! # fn main() -> Result<(), buttress::core::Invalid> {
//! let stack = ServiceBuilder::new()
//!     .layer(UsageLayer::default())
//!     .layer(RateLimitLayer::new([Quota::per_minute(200_000)?]).with_terms(ByExtension));
//! # let _ = stack;
//! # Ok(())
//! # }
//! ```
//!
//! # The estimate
//!
//! A token for four bytes of text, and the `max_tokens` (`max_completion_tokens`, `max_output_tokens`) of the request, times
//! its `n`: what providers themselves charge beforehand is this sum or less. It is read from bodies that are in memory:
//! `Bytes`, `Full<Bytes>`, `String`, `Vec<u8>`, `&'static str`, and with the feature `reqwest` its bodies that are not
//! streams. A request that has a [`Cost`](super::Cost) already keeps it, and one that cannot be read costs one, until its
//! response says more.
//!
//! With the feature `tiktoken`, `UsageLayer::with_exact_tokens` counts the prompt with the model's own vocabulary, up to a
//! bound of text, and estimates what is longer.
//!
//! # Readiness
//!
//! The inner service's.
//!
//! # Cancel safety
//!
//! A body that is dropped before it has reported its usage leaves the estimate as it is. One that is read to its end, or
//! dropped after it has named a total, is settled then.
//!
//! # Errors
//!
//! The inner service's.

mod body;
mod count;
mod estimate;
#[cfg(feature = "tiktoken")]
mod exact;
mod service;
#[cfg(test)]
mod tests;

pub use self::body::UsageBody;
pub use self::estimate::estimate;
#[cfg(feature = "stack")]
pub(crate) use self::estimate::with_bytes;
#[cfg(feature = "tiktoken")]
pub use self::exact::ExactTokens;
pub use self::service::{ResponseFuture, UsageLayer, UsageService};

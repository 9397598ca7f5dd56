//! Layered resilience for any tower service.
//!
//! A program that calls an HTTP API meets 429s, 5xx, resets and outages. Buttress is a set of tower layers that stand
//! around the client that is there already: each does one thing, and they meet through the [`Outcome`](core::Outcome)
//! that the innermost of them decides, once per attempt.
//!
//! ```text
//! deadline → retry → concurrency → attempt timeout → isolation → classify → client
//! ```
//!
//! * [`deadline`]: how long a call may take in all, known to the layers inside.
//! * [`classify`]: what each answer means, by provider, status, headers and body.
//! * [`retry`]: whether to try again and when; never before the server allows it, never without a bound.
//! * [`concurrency`]: how many attempts may be in flight, found out from how they end.
//! * [`attempt_timeout`]: how long one attempt may take.
//! * [`isolation`]: a panic of what is inside becomes an outcome.
//! * [`rebuild`]: a client that is broken for good is replaced.
//!
#![cfg_attr(feature = "providers", doc = "```")]
#![cfg_attr(not(feature = "providers"), doc = "```ignore")]
//! use buttress::classify::{ClassifyLayer, Rules};
//! use buttress::providers::openai;
//! use buttress::retry::{Retries, RetryLayer};
//! use tower::{ServiceBuilder, service_fn};
//!
//! # let client = service_fn(async |_: http::Request<String>| Ok::<_, std::io::Error>(http::Response::new(String::new())));
//! let client = ServiceBuilder::new()
//!     .layer(RetryLayer::new(Retries::default()))
//!     .layer(ClassifyLayer::new(Rules::new().then(openai::PROFILE)))
//!     .service(client);
//! ```
//!
//! # Features
//!
//! * `providers` (default): what each provider's answers mean.
//! * `reqwest`: reqwest as the client underneath, and `send_with`.
//! * `tracing`: events as `tracing` events.

pub mod attempt_timeout;
pub mod classify;
pub mod concurrency;
pub mod deadline;
pub mod isolation;
pub mod key;
pub mod observe;
pub mod options;
pub mod rebuild;
pub mod retry;

mod call_time;
mod carrier;
#[expect(dead_code, reason = "the keyed layers come next")]
mod keyed;
mod look;
mod time;

pub use buttress_core as core;
pub use buttress_core::BoxError;
#[cfg(feature = "providers")]
pub use buttress_providers as providers;
#[cfg(feature = "reqwest")]
pub use buttress_reqwest as reqwest;

pub use self::call_time::CallTime;
pub use self::carrier::{Carrier, Classified};
pub use self::look::Look;
pub use self::time::Clock;

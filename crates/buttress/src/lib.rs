//! Layered resilience for any tower service.
//!
//! A program that calls an HTTP API meets 429s, 5xx, resets and outages. Buttress is a set of tower layers that stand
//! around the client that is there already: each does one thing, and they meet through the [`Outcome`](core::Outcome)
//! that the innermost of them decides, once per attempt.
//!
//! ```text
//! retry → classify → client
//! ```
//!
//! * [`classify`]: what each answer means, by provider, status, headers and body.
//! * [`rate_limit`]: how fast to send; each call takes the next free slot of its quotas, and sleeps once until then.
//! * [`retry`]: whether to try again and when; never before the server allows it, never without a bound.
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
//! * `usage`: token quotas, estimated from the request and settled by the response.

pub mod classify;
pub mod key;
pub mod observe;
pub mod rate_limit;
pub mod retry;

mod carrier;
mod keyed;
mod look;
mod time;

pub use buttress_core as core;
pub use buttress_core::BoxError;
#[cfg(feature = "providers")]
pub use buttress_providers as providers;
#[cfg(feature = "reqwest")]
pub use buttress_reqwest as reqwest;

pub use self::carrier::{Carrier, Classified};
pub use self::look::Look;
pub use self::time::Clock;

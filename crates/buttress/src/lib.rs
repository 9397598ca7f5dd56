//! Layered resilience for any tower service.
//!
//! A program that calls an HTTP API meets 429s, 5xx, resets and outages. Buttress is a set of tower layers around the
//! client you already have: each does one thing, and they meet through the [`Outcome`](core::Outcome) that the innermost
//! of them decides, once per attempt.
//!
//! ```text
//! observe::call → deadline → retry → fail-fast → cooldown → concurrency → rate limit → breaker → observe::attempt
//!     → attempt timeout → isolation → classify → client
//! ```
//!
#![cfg_attr(
    feature = "stack",
    doc = "* [`stack`]: all of them from one policy, which can be changed while calls are under way."
)]
#![cfg_attr(
    feature = "stack",
    doc = "* [`upstreams`]: a stack for each upstream of one client."
)]
//! * [`deadline`]: how long a call may take in all, known to the layers inside.
//! * [`classify`]: what each answer means, by provider, status, headers and body.
//! * [`breaker`]: leaves alone a server that is not well, and probes it gently.
//! * [`cooldown`]: when one caller is told to wait, all who share the limit wait, and none for ever.
//! * [`fail_fast`]: refuses at once what a layer further in would refuse.
//! * [`rate_limit`]: how fast to send; each attempt takes the next free slot of its quotas, and sleeps once until then.
#![cfg_attr(
    feature = "providers",
    doc = "* [`github`]: the lanes in which requests to GitHub are spaced."
)]
//! * [`retry`]: whether to try again and when; never before the server allows it, never without a bound.
//! * [`concurrency`]: how many attempts may be in flight, found out from how they end.
//! * [`attempt_timeout`]: how long one attempt may take.
//! * [`isolation`]: turns a panic inside into an outcome.
//! * [`observe`]: what happened to each call and attempt, as events, metrics, spans.
//! * [`rebuild`]: replaces a client that is broken for good.
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
//! What could not be done says when it can: [`not_before`], of any result.
//!
//! # Runtime
//!
//! Waits and timeouts are tokio's timers: the runtime that polls a stack needs its time driver
//! (`tokio::runtime::Builder::enable_time`, or `#[tokio::main]`). Without it, the first wait panics. Nothing is spawned.
//!
//! # Guide
//!
//! The repository's `docs/guide` says how to begin with reqwest, how to read what comes back, how to test with paused time,
//! how to see what happens, what to tune, and what to write in place of another library's layers.
//!
//! # Features
//!
//! * `providers` (default): what each provider's answers mean.
//! * `config`: upstreams from TOML, JSON and the environment. Includes `stack`.
//! * `stack`: all layers from one policy, which can be changed while calls are under way. Includes `usage`.
//! * `reqwest`: reqwest as the client underneath, and `send_with`.
//! * `hyper`: tells hyper-util's connect errors from others.
//! * `usage`: token quotas, estimated from the request and settled by the response.
//! * `tiktoken`: prompts counted with the vocabularies of OpenAI's models. Includes `usage`.
//! * `governor`: a rate limiter of the crate governor, as a layer.
//! * `metrics`: metrics, through the `metrics` facade.
//! * `tracing`: events and spans of `tracing`.
//! * `live`: a page of what the layers do now, to mount in an axum router.
//! * `timezones`: the names of time zones, for what command-line tools print.

pub mod attempt_timeout;
pub mod breaker;
pub mod classify;
pub mod concurrency;
#[cfg(feature = "config")]
pub mod config;
pub mod cooldown;
pub mod deadline;
pub mod fail_fast;
#[cfg(feature = "providers")]
pub mod github;
pub mod isolation;
pub mod key;
#[cfg(feature = "live")]
pub mod live;
pub mod observe;
pub mod options;
pub mod rate_limit;
pub mod rebuild;
pub mod retry;
#[cfg(feature = "stack")]
pub mod stack;
#[cfg(feature = "stack")]
pub mod upstreams;

mod call_time;
mod carrier;
mod judge;
mod keyed;
mod look;
mod not_before;
mod readiness;
mod stream;
mod time;

pub use buttress_core as core;
pub use buttress_core::BoxError;
#[cfg(feature = "providers")]
pub use buttress_providers as providers;
#[cfg(feature = "reqwest")]
pub use buttress_reqwest as reqwest;

pub use self::call_time::CallTime;
pub use self::carrier::{Carrier, Classified};
pub use self::look::{Holds, Look};
pub use self::not_before::not_before;
pub use self::stream::Stream;
pub use self::time::Clock;

//! A circuit breaker: a server that is not well is left alone, and probed gently.
//!
//! A call passes if the circuit of its key is closed; is refused at once, with the time when it would pass, if the
//! circuit is open; and passes as one of a few probes if it is half-open. When the answer comes, its
//! [`Outcome`](buttress_core::Outcome) says whether the server is well.
//!
//! ```
//! use std::time::Duration;
//!
//! use buttress::breaker::{Circuit, CircuitBreakerLayer, Rate};
//! use buttress::key::ByHost;
//!
//! # fn main() -> Result<(), buttress::core::Invalid> {
//! let circuit = Circuit::default()
//!     .with_failure_rate(Rate::from_percent(40)?)
//!     .with_slow_call_rate(Rate::from_percent(80)?, Duration::from_secs(10));
//! let layer = CircuitBreakerLayer::new(circuit).with_keyer(ByHost::default());
//! let handle = layer.handle();
//! # let _ = (layer, handle);
//! # Ok(())
//! # }
//! ```
//!
//! | outcome | says |
//! |---|---|
//! | `ok`, `auth`, `client_error`, `conflict` | the server is well |
//! | `overloaded`, `server_error`, `unavailable`, `timeout`, `connect`, `interrupted`, `panicked` | it is not |
//! | `rate_limited` | nothing, or [what you say](Circuit::with_rate_limited) |
//! | `quota_exhausted`, `rejected` | nothing |
//!
//! A stream whose head was good counts as a success then. If it fails in its middle, and a
//! [classifier](crate::classify#streams) below finds that out, that counts as one failure more, as of a call of its own:
//! a closed circuit counts it, a half-open one opens, and an open one does not count it.
//!
//! It stands beneath everything that waits, and never waits itself: what it measures is how long the server takes. A
//! timeout that shall count as a failure stands beneath it.
//!
//! # Readiness
//!
//! The inner service's. An open circuit is no reason not to be ready: it may be another key's. A call that is refused
//! gives the inner service that was made ready up, and with it whatever place that held.
//!
//! # Cancel safety
//!
//! A future that is dropped before it was polled has sent nothing: nothing is counted. One that is dropped later counts
//! as [`Circuit::with_dropped`] says, by default as nothing. A probe's place is given back either way. A panic of the
//! inner service is a failure.
//!
//! # Fairness
//!
//! Of the calls that find a circuit half-open, the first are its probes.
//!
//! # Errors
//!
//! [`Rejected`](buttress_core::Rejected) with [`CircuitOpen`](buttress_core::Why::CircuitOpen), and with `not_before`
//! unless the circuit waits for its probes or was forced open. The inner service's errors are passed through as they are.
//!
//! # Events
//!
//! [`BreakerChanged`](buttress_core::Event::BreakerChanged),
//! [`BreakerWouldOpen`](buttress_core::Event::BreakerWouldOpen), [`Rejected`](buttress_core::Event::Rejected). Told under
//! no lock. A circuit whose time has passed is half-open for those who look; the change is told when a call makes it.
//!
//! # Defaults
//!
//! Those of [`Circuit`]. One circuit for all calls, as around the client of one provider; 10 000 keys where there is a
//! keyer. When there are more, circuits that have nothing to remember make room; where none is found, newcomers share
//! one.

mod admission;
mod future;
mod handle;
mod later;
mod layer;
mod service;
mod shared;
#[cfg(test)]
mod tests;

pub use buttress_core::breaker::{
    Cause, Change, Circuit, Command, Counts, Exceeded, Rate, Snapshot, Stalled, State, Verdict,
    Window,
};

pub use self::future::ResponseFuture;
pub use self::handle::Handle;
pub use self::layer::CircuitBreakerLayer;
pub use self::service::CircuitBreaker;

//! How many attempts may be in flight at a time, found out from how they end.
//!
//! A call takes a place and keeps it until the body of its response has ended. If there is none it waits for one, first
//! come, first served, or is rejected where too many wait already. The number of places follows the server: see
//! [`core::concurrency`](buttress_core::concurrency) for the algorithms and their two rules.
//!
//! ```
//! use buttress::concurrency::{Algorithm, ConcurrencyLayer};
//! use tower_layer::Layer;
//! # let client = ();
//!
//! let layer = ConcurrencyLayer::new(Algorithm::default());
//! let handle = layer.handle();
//! let client = layer.layer(client);
//! assert_eq!(handle.limit(), 20);
//! ```
//!
//! # What is congestion
//!
//! The outcomes `rate_limited`, `overloaded`, `unavailable` and `timeout`. An answer that did what was asked, or blamed
//! the request, ended well. Anything else says nothing of the load, and an attempt that was dropped says nothing at all.
//! The time of an attempt is that to the head of its response: how long a body streams is not the server's load.
//!
//! # How long a place is kept
//!
//! Until the last frame of the body has been handed out, whether or not it is asked for another, or the body is dropped,
//! or fails. A response without a body gives its place back with its head.
//!
//! # Readiness
//!
//! The inner service's. A call that has to wait gives its ready service up, and makes a clone ready when it has a place.
//!
//! # Cancel safety
//!
//! Dropping the future, or the body, gives its place back, or its place in the queue; one that has just been given a
//! place hands it on.
//!
//! # Fairness
//!
//! First come, first served: whoever comes while others wait, waits behind them. When the limit shrinks, nobody is
//! stopped; fewer are let in.
//!
//! # Errors
//!
//! The inner service's, or [`Rejected`](buttress_core::Rejected): with [`Why::Concurrency`](buttress_core::Why::Concurrency)
//! where the queue is full; with [`Why::Deadline`](buttress_core::Why::Deadline) where the deadline passes in the queue;
//! or what [a layer that is asked again](ConcurrencyLayer::with_look) says.
//!
//! # Events
//!
//! [`WaitBegan`](buttress_core::Event::WaitBegan), [`Waited`](buttress_core::Event::Waited),
//! [`Rejected`](buttress_core::Event::Rejected).
//!
//! # Defaults
//!
//! * At most 1 000 calls wait: with 20 places and 100 ms each, the last of them waits for five seconds.
//! * A wait of at most 120 s, as in the other layers in which a call waits. With zero, nobody waits.

mod body;
mod future;
mod gate;
mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use buttress_core::concurrency::{Aimd, Algorithm, Gradient, Vegas};

pub use self::body::PermitBody;
pub use self::future::ResponseFuture;
pub use self::layer::{Apart, ConcurrencyLayer, Handle};
pub use self::service::Concurrency;

//! A client that is broken for good is replaced by a fresh one.
//!
//! A client is broken when it says so, by an error from `poll_ready`, or when so many attempts in a row ended as
//! `panicked` or `connect`. The next call makes a fresh one from the factory, once for all callers: the others wait for
//! it, and then each clone of the service goes on with a clone of the fresh one. If none could be made, calls are
//! rejected until the backoff is over. A client that is only suspected, for its failures in a row, is used meanwhile.
//!
//! ```
//! use buttress::isolation::IsolationLayer;
//! use buttress::rebuild::{RebuildLayer, Rebuilds};
//! use tower_layer::Layer;
//!
//! # #[derive(Clone)]
//! # struct Client;
//! # impl Client { async fn connect() -> std::io::Result<Self> { Ok(Self) } }
//! # fn main() -> std::io::Result<()> { tokio_test::block_on(async {
//! let connect = || async { Ok::<_, std::io::Error>(IsolationLayer::new().layer(Client::connect().await?)) };
//! let client = connect().await?;
//! let client = RebuildLayer::new(connect).layer(client);
//! # let _ = client;
//! # Ok(()) }) }
//! ```
//!
//! The fresh service is of the type of the first: whatever stands around the client inside this layer, the factory puts
//! around it too. It is kept once for all clones to copy, and so must be `Sync`.
//!
//! # Who does the work
//!
//! The callers that wait for it, whichever of them is polled. Nothing is spawned. When one of them is dropped, the
//! others carry on with what has been done; when all are, it rests until the next call. A factory should bound its own
//! time: each caller's is bound by its deadline alone. A factory that panics has failed.
//!
//! # Readiness
//!
//! The inner service's. Where that is an error, this service is ready, and the call waits for the fresh one: an error
//! here would end a `tower::buffer::Buffer` for good.
//!
//! # Cancel safety
//!
//! Dropping the future drops the call, or its part in the work. Nothing else is held.
//!
//! # Errors
//!
//! The inner service's, or [`Rejected`](buttress_core::Rejected) with
//! [`Why::Rebuilding`](buttress_core::Why::Rebuilding) and the time of the next try, or with
//! [`Why::Deadline`](buttress_core::Why::Deadline) where the deadline passes while a fresh service is waited for.
//!
//! # Events
//!
//! [`ServiceBroken`](buttress_core::Event::ServiceBroken), [`ServiceRebuilt`](buttress_core::Event::ServiceRebuilt),
//! [`Rejected`](buttress_core::Event::Rejected).
//!
//! # Defaults
//!
//! Those of [`Rebuilds`].

mod future;
mod layer;
mod service;
mod shop;
#[cfg(test)]
mod tests;

pub use buttress_core::rebuild::Rebuilds;

pub use self::future::ResponseFuture;
pub use self::layer::RebuildLayer;
pub use self::service::Rebuild;

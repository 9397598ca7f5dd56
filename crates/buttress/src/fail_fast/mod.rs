//! What would be refused further in is refused at once.
//!
//! The handles of layers further in are asked whether they would refuse the request. If one would, the call ends here,
//! with its reason and its time: it does not queue for a slot, or sleep in a limiter, only to be refused then. Nothing
//! is taken by asking.
//!
//! ```
//! use buttress::cooldown::CooldownLayer;
//! use buttress::fail_fast::FailFastLayer;
//! use tower::ServiceBuilder;
//! # let client = tower::service_fn(async |_: http::Request<String>| Ok::<_, std::io::Error>(http::Response::new(String::new())));
//!
//! let cooldown = CooldownLayer::new();
//! let client = ServiceBuilder::new()
//!     .layer(FailFastLayer::new(cooldown.handle()))
//!     .layer(cooldown)
//!     .service(client);
//! # let _ = client;
//! ```
//!
//! Several handles are asked in the order of a tuple. See [`Look`](crate::Look).
//!
//! # Readiness
//!
//! The inner service's. A call that is refused gives the readied service up, with whatever permit it holds.
//!
//! # Cancel safety
//!
//! Nothing is held.
//!
//! # Errors
//!
//! The [`Rejected`](buttress_core::Rejected) of the handle; and the inner service's.
//!
//! # Events
//!
//! [`Rejected`](buttress_core::Event::Rejected).
//!
//! # Defaults
//!
//! None: the handles decide.

mod future;
mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use self::future::ResponseFuture;
pub use self::layer::FailFastLayer;
pub use self::service::FailFast;

//! A panic of what is inside becomes an outcome.
//!
//! When the inner service panics, while it is asked whether it is ready, while it is called, or while its future is
//! polled, the caller gets a failure of class `panicked`: no retry, a failure to a breaker. The future that panicked is
//! dropped and never polled again. The task lives on, a `tower::buffer::Buffer`'s worker included, and so does the state
//! of the layers around: to them it is an answer like any other.
//!
//! ```
//! use buttress::classify::{ClassifyLayer, Rules};
//! use buttress::isolation::IsolationLayer;
//! use tower::{ServiceBuilder, service_fn};
//!
//! # let client = service_fn(async |_: http::Request<String>| Ok::<_, std::io::Error>(http::Response::new(String::new())));
//! let client = ServiceBuilder::new()
//!     .layer(IsolationLayer::new())
//!     .layer(ClassifyLayer::new(Rules::new()))
//!     .service(client);
//! ```
//!
//! Around the classifier, as here, it stands between all layers above and all code that is not theirs, the user's rules
//! included.
//!
//! A panic is still reported by the panic hook, and where panics abort the program there is nothing to catch. A body that
//! panics while the caller reads it is not seen here.
//!
//! What the inner service is worth after a panic, this layer does not know. It is asked again by the next call; to replace
//! one that goes on panicking is the task of [`rebuild`](crate::rebuild).
//!
//! # Readiness
//!
//! The inner service's. Where it panics, this service is ready, and the next call is the failure: an error here would end
//! a `Buffer` for good.
//!
//! # Cancel safety
//!
//! Dropping the future drops the attempt. A panic during that is the caller's: nobody is there to be told an outcome.
//!
//! # Errors
//!
//! The inner service's, or a [`Failure`](buttress_core::Failure) of class `panicked` around a [`Panicked`].
//!
//! # Events
//!
//! [`Event::Classified`](buttress_core::Event::Classified), as the classifier inside has not lived to tell it.
//!
//! # Defaults
//!
//! 256 bytes of the panic's message are kept: enough for the words and the place of most, and no page of debug output in
//! every log line.

mod future;
mod layer;
mod panicked;
mod service;
#[cfg(test)]
mod tests;

pub use self::future::ResponseFuture;
pub use self::layer::IsolationLayer;
pub use self::panicked::Panicked;
pub use self::service::Isolation;

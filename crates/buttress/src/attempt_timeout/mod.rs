//! How long one attempt may take.
//!
//! An attempt without an answer after that time is dropped, which ends its request, and is a failure of class `timeout`
//! from then on: it is counted by a breaker and repeated by a retry layer as any other failure is. A deadline, which ends
//! the call, is [another layer](crate::deadline).
//!
//! ```
//! use std::time::Duration;
//!
//! use buttress::attempt_timeout::AttemptTimeoutLayer;
//! use buttress::retry::{Retries, RetryLayer};
//! use tower::{ServiceBuilder, service_fn};
//!
//! # let client = service_fn(async |_: http::Request<String>| Ok::<_, std::io::Error>(http::Response::new(String::new())));
//! let client = ServiceBuilder::new()
//!     .layer(RetryLayer::new(Retries::default()))
//!     .layer(AttemptTimeoutLayer::new(Duration::from_secs(10)))
//!     .service(client);
//! ```
//!
//! It stands inside a breaker: what is dropped from outside a breaker says nothing about the server, and a server that
//! answers nobody would never open it.
//!
//! # What is timed
//!
//! From the first poll, in which a client begins to send, until the head of the response. The answer is asked for before
//! the clock is: one that has arrived in the same instant is returned.
//!
//! The body is not timed. What is judged is the head (and the body of a failure, for which the classifier has a bound of
//! its own); a bound on a whole body would cut every long event stream that is well, and a bound on the silence between
//! two frames is the client's: reqwest's `read_timeout`, for one.
//!
//! # Readiness
//!
//! The inner service's. It is not timed here: whoever waits for it has not sent anything, so that there is no attempt. A
//! [deadline](crate::deadline) covers the readiness of later attempts.
//!
//! # Cancel safety
//!
//! Dropping the future drops the attempt. When the time is up it is dropped at once, so that what it holds, a place of an
//! inner limit for one, is free during the wait for the next attempt.
//!
//! # Errors
//!
//! The inner service's, or a [`Failure`](buttress_core::Failure) of class `timeout` with the rule `attempt timeout`
//! around an [`io::Error`](std::io::Error) of the kind `TimedOut`.
//!
//! # Events
//!
//! [`Event::Classified`](buttress_core::Event::Classified), as the classifier inside does not live to tell it.
//!
//! # Defaults
//!
//! None: one API answers in 50 ms, another thinks for a minute before the first byte.

mod future;
mod layer;
mod service;
#[cfg(test)]
mod tests;

pub use self::future::ResponseFuture;
pub use self::layer::AttemptTimeoutLayer;
pub use self::service::AttemptTimeout;

//! Who is told what happened.
//!
//! Every layer tells an [`Observer`] what it does, by [`Event`]s. The outermost layer of this module,
//! [`call`], tells when a call begins and ends and what it went through, and the inner one,
//! [`attempt`], when an attempt ends. An observer is given to each layer that shall tell it; it is called on the path of
//! the call, and what is not told to anybody costs next to nothing: what happens in every call is made only for an observer
//! that [listens](Observer::listens_to). `Metrics` always does; `Tracing` asks whether there is a subscriber for its lines.
//!
//! ```text
//! observe::call → deadline → retry → … → breaker → observe::attempt → attempt timeout → isolation → classify → client
//! ```
//!
#![cfg_attr(all(feature = "metrics", feature = "tracing"), doc = "```")]
#![cfg_attr(not(all(feature = "metrics", feature = "tracing")), doc = "```ignore")]
//! use std::sync::Arc;
//!
//! use buttress::classify::{ClassifyLayer, Rules};
//! use buttress::observe::{AttemptLayer, CallLayer, Metrics, Observer, Tracing};
//! use buttress::retry::{Retries, RetryLayer};
//! use tower::ServiceBuilder;
//! # let client = ();
//!
//! // Once the recorder of the program is installed: a handle is looked up when this is made, and never again.
//! let observer: Arc<dyn Observer> = Arc::new((Metrics::new("openai"), Tracing));
//! let client = ServiceBuilder::new()
//!     .layer(CallLayer::new(observer.clone()).with_spans())
//!     .layer(RetryLayer::new(Retries::default()).with_observer(observer.clone()))
//!     .layer(AttemptLayer::new(observer.clone()).with_spans())
//!     .layer(ClassifyLayer::new(Rules::new()).with_observer(observer))
//!     .service(client);
//! ```
//!
//! # What is measured
//!
//! [`Metric`] lists it, and with the feature `metrics` the observer `Metrics` exports it through the `metrics` facade.
//! Labels are bounded: a class, a cause, a state, the name that you give the upstream. No URL, no key and no credential is
//! one.
//!
//! # What is logged
//!
//! With the feature `tracing` the observer `Tracing` writes events, and the two layers of this module make spans, if they
//! are told to. No path, no query, no header's value but a correlation id, and no word of the client's errors is in them.
//!
//! # Fresh levels
//!
//! What changes only when something happens (a circuit's state, who waits) is told when it happens. What changes by
//! itself (a budget that fills, a quota that comes back, a pause that runs out) is told where it makes trouble, and when
//! somebody asks: a handle that is a [`Report`] tells an observer how things stand now. Do that before each scrape.

pub use buttress_core::event::{About, Event, Observer, Routine, Story};

pub mod attempt;
pub mod call;
pub mod table;
pub mod tell;

mod current;
mod describe;
mod metric;
mod report;
#[cfg(test)]
mod tests;
mod wait;
mod watcher;

#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "tracing")]
mod tracing;

#[cfg(not(feature = "tracing"))]
mod span;
#[cfg(feature = "tracing")]
use self::tracing::span;

pub use self::attempt::AttemptLayer;
pub use self::call::CallLayer;
pub(crate) use self::current::slot_given;
pub use self::describe::{CorrelationId, Describe, HttpRequests, Undescribed};
pub use self::metric::{DROPPED, Kind, Metric, OTHER, Unit};
#[cfg(feature = "metrics")]
pub use self::metrics::{Metrics, Upstreams};
pub use self::report::Report;
#[cfg(feature = "tracing")]
pub use self::tracing::Tracing;
pub(crate) use self::wait::Wait;
pub(crate) use self::watcher::Watcher;

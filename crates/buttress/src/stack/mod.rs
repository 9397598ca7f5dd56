//! Every layer that a policy asks for, in the one order.
//!
//! A request passes the layers from the outermost in, its answer from the innermost out, and a failed attempt goes round
//! again from the retry layer. There is no other order to choose: it is a type.
//!
//! ```
//! use std::time::Duration;
//!
//! use buttress::core::policy::{Limit, RateLimit};
//! use buttress::rate_limit::Quota;
//! use buttress::stack::Stack;
//! use tower::{ServiceBuilder, service_fn};
//!
//! # fn main() -> Result<(), buttress::core::Invalid> {
//! let stack = Stack::builder()
//!     .profile("openai")
//!     .deadline(Duration::from_secs(120))
//!     .attempt_timeout(Duration::from_secs(30))
//!     .rate_limit(RateLimit::new([Limit::requests(Quota::per_minute(500)?)])?)
//!     .build()?;
//! # let client = service_fn(async |_: http::Request<String>| Ok::<_, std::io::Error>(http::Response::new(String::new())));
//! let client = ServiceBuilder::new().layer(stack.clone()).service(client);
//! # let _ = client;
//! # Ok(())
//! # }
//! ```
//!
//! A [`Policy`](buttress_core::Policy) says the same as one value: [`Stack::new`]. What it leaves out is left out of the
//! stack: a part that is off is one branch, and no layer.
//!
//! # What the layers know of each other
//!
//! A retry leaves its waiting to the cooldown where that would hold the attempt anyway. Fail-fast looks at the cooldown and
//! the breaker before a call queues, and so do the concurrency limit and the rate limit for each call that has waited in
//! them: nobody acts on old news. Where a limit counts tokens, the cost of a call is estimated from its request, and settled
//! by the usage that its response reports; where it counts points, the profile says how many a call costs.
//! Where a part is keyed by the model, a call is looked through for its name once, before the outermost layer; no event,
//! error or metric tells it.
//!
//! # Reload
//!
//! [`Stack::reload`] goes on by another policy. Calls that are under way end by the old one; services that are asked to be
//! ready find the new one. What is known is kept, where what it is known by is still the same key:
//!
//! * quotas: what is used stays used, of the limit with the same unit and period. A limit that is new begins unused. What the
//!   server has said remains is believed until its reset.
//! * pauses, and who waits in them.
//! * circuits: all of them, if the circuit is as it was. By another circuit they go on in the state that they are in, and begin
//!   to count anew; an answer to a call that was sent before is then late news, and counts for nothing.
//! * the retry budget: what is spent stays spent.
//! * the places of attempts in flight, and the limit that was found, within its new bounds.
//!
//! A part that is switched off forgets what it knew, and one whose key is another begins anew.
//!
//! # Readiness
//!
//! The client's. A policy that has changed is noticed here, by one atomic read.
//!
//! # Cancel safety
//!
//! Dropping the future gives back what each layer held.
//!
//! # Errors
//!
//! Those of the layers: [`Rejected`](buttress_core::Rejected), and a [`Failure`](buttress_core::Failure) around the
//! client's own error.
//!
//! # Events
//!
//! Those of the layers, to the one observer that [`Builder::with_observer`] was given.
//!
//! # Defaults
//!
//! Those of [`Policy::new`](buttress_core::Policy::new): what a profile alone means.

mod builder;
mod built;
mod client;
mod future;
mod layer;
mod part;
mod price;
mod report;
mod service;
#[cfg(test)]
mod tests;
mod tower;

pub use buttress_core::policy;

pub use self::builder::Builder;
pub(crate) use self::built::Common;
pub use self::client::HttpClient;
pub use self::future::ResponseFuture;
pub use self::layer::Stack;
pub use self::price::Price;
pub use self::service::Stacked;

use crate::classify::PeekedBody;
use crate::concurrency::PermitBody;
use crate::rate_limit::usage::UsageBody;

/// The body of a response that has passed a stack. It gives the same frames as the client's.
pub type StackBody<B> = PermitBody<UsageBody<PeekedBody<B>>>;

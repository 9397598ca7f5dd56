//! Sending no faster than a quota allows.
//!
//! A call takes the next free slot of its key's quotas. If that is now, it goes at once; if it is later, the call sleeps
//! once, until its slot. If the slot is later than the call may wait, it is refused at once and takes nothing.
//!
//! ```
//! use buttress::key::ByHeader;
//! use buttress::rate_limit::{Quota, RateLimitLayer};
//!
//! # fn main() -> Result<(), buttress::core::Invalid> {
//! let layer = RateLimitLayer::new([Quota::per_minute(500)?]).with_keyer(ByHeader::default());
//! # let _ = layer;
//! # Ok(())
//! # }
//! ```
//!
//! Several quotas are taken all together or not at all. What a call costs is said by a [`Terms`]: one by default, the
//! [`Cost`] in a request's extensions, or a function.
//!
//! ```
//! use buttress::rate_limit::{ByExtension, Cost, Quota, RateLimitLayer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let quotas = [
//!     Quota::per_minute(500)?.counting_requests(),
//!     Quota::per_minute(200_000)?,
//! ];
//! let layer = RateLimitLayer::new(quotas).with_terms(ByExtension);
//! let request = http::Request::post("/v1/chat/completions").extension(Cost(1_200));
//! # let _ = (layer, request);
//! # Ok(())
//! # }
//! ```
//!
//! # Learning
//!
//! What responses say of the server's quotas is believed as far as it lowers: until the server's reset no more goes than
//! remains there, less what is in flight. Another process that spends the same quota is thus seen. An estimate is settled
//! by how much less remains, where no [`Ticket`] tells more. A published limit takes the place of a quota only with
//! [`with_adopted_limits`](Learning::with_adopted_limits).
//!
//! ```
//! use buttress::rate_limit::{Grammar, Learning, Quota, RateLimitLayer};
//!
//! # fn main() -> Result<(), buttress::core::Invalid> {
//! let github = RateLimitLayer::new([Quota::per_hour(5_000)?]).with_learning(Grammar::GitHub);
//! let openai = RateLimitLayer::new([Quota::per_minute(500)?.counting_requests(), Quota::per_minute(200_000)?])
//!     .with_learning(Learning::new(Grammar::OpenAi).with_adopted_limits(true));
//! # let _ = (github, openai);
//! # Ok(())
//! # }
//! ```
//!
//! Where nobody publishes a limit, [`with_adaptive`](RateLimitLayer::with_adaptive) finds one: nothing is limited until the
//! server says "too fast"; then the rate falls with each time it says so again, and rises along a curve while it does not.
//!
//! With [`with_pacing`](RateLimitLayer::with_pacing) what is left goes evenly until it is there again, instead of in a burst
//! before a stall. A [`Snapshot`] says when that is, and when a quota is spent at the present pace.
//!
//! Costs on the way: one lock of the key's own for each call and each response, and one pass over the header fields.
//! Nothing is allocated, except to read the IETF's `RateLimit`, which is a list, and to wake those who may go sooner.
//!
//! # Readiness
//!
//! The inner service's. A call that has to wait gives the readied service up, so that it keeps nobody else from it; when
//! its slot has come, a clone is made ready.
//!
//! # Cancel safety
//!
//! Dropping the future while it waits gives its slot back: the next to come takes it over. A call that had its slot, and
//! was then refused by a layer further in, gives it back too. One that was sent has used it; if it is dropped before its
//! response has come, whether the server has counted it is learned from the next.
//!
//! # Fairness
//!
//! First come, first served, by key, whatever the calls cost: a large call is not overtaken by small ones. The exception is a
//! place that was given up, which goes to the next to come.
//!
//! # News
//!
//! What was promised is checked again when a call wakes. If the limit was lowered meanwhile, or calls went later than
//! their slots, it sleeps on, and keeps its place; if the limit was raised, it is woken. Then [`Look`](crate::Look)s are
//! asked, so that a call that slept through somebody else's 429 does not run into it.
//!
//! # Errors
//!
//! [`Rejected`](buttress_core::Rejected), with [`Why::RateLimit`](buttress_core::Why) and the time of the slot that there
//! would have been, or [`Why::TooLarge`](buttress_core::Why) if there never is one; its
//! [`charge`](buttress_core::Rejected::charge) says which quota it was, and what the call would have cost there. The inner
//! service's errors pass as they are.
//!
//! # Events
//!
//! [`WaitBegan`](buttress_core::Event::WaitBegan), [`Waited`](buttress_core::Event::Waited),
//! [`Rejected`](buttress_core::Event::Rejected).
//!
//! # Defaults
//!
//! * A wait of at most 120 s: two windows of a minute, which is what most providers count in. With zero, nobody waits.
//! * 10 000 keys, some megabytes. When all are busy, newcomers share one quota.
//! * A burst of as many units as a period has: what the providers' own buckets hold.
//! * Nothing is learned, as only the user knows whose fields these are; no limit is adopted, as only the user knows what share
//!   of it is theirs. Of GitHub's resources `core` alone is learned from: searches and GraphQL have quotas of their own.
//! * No pacing: a burst that the server allows is answered sooner.

#[cfg(feature = "governor")]
pub mod governor;
#[cfg(feature = "usage")]
pub mod usage;

mod answers;
mod future;
mod handle;
mod layer;
mod permit;
mod service;
mod shared;
mod terms;
#[cfg(test)]
mod tests;
mod ticket;

pub use buttress_core::quota::adaptive::Increase;
pub use buttress_core::quota::published::Unit;
pub use buttress_core::quota::{Counts, Grammar, Learned, Learning, Level, Quota, Shape, Snapshot};

pub use self::answers::{Answered, Answers, Listen};
pub use self::future::ResponseFuture;
pub use self::handle::Handle;
pub use self::layer::RateLimitLayer;
pub use self::service::RateLimit;
pub use self::terms::{ByExtension, Cost, OnePerRequest, Terms};
pub use self::ticket::Ticket;

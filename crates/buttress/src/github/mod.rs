//! Requests to GitHub, in lanes.
//!
//! What changes something is sent a second after the last that did, what sends mail to people three seconds after, a
//! search two; and no more than ten requests are in flight, with one for tokens beside them.
//!
//! These are the lanes of Octokit's plugin-throttling: see [`github_lanes`](crate::providers::github_lanes). They keep a
//! client below GitHub's secondary limits without knowing them; what a limit's answer says is the
//! [cooldown](crate::cooldown)'s to obey.
//!
//! ```
//! use buttress::classify::{ClassifyLayer, Rules};
//! use buttress::cooldown::CooldownLayer;
//! use buttress::github::LanesLayer;
//! use buttress::providers::github;
//! use tower::ServiceBuilder;
//!
//! # fn main() -> Result<(), buttress::core::Invalid> {
//! let cooldown = CooldownLayer::new();
//! let stack = ServiceBuilder::new()
//!     .layer(cooldown.clone())
//!     .layer(LanesLayer::new()?.with_look(cooldown.handle()))
//!     .layer(ClassifyLayer::new(Rules::new().then(github::PROFILE)));
//! # let _ = stack;
//! # Ok(())
//! # }
//! ```
//!
//! It is made of two [rate limits](crate::rate_limit) and a [concurrency limit](crate::concurrency), and has no other
//! state. A request waits for its turn among those that change something or search, then among those that send mail, and
//! then for one of the ten places.
//!
//! # Readiness
//!
//! The inner service's.
//!
//! # Cancel safety
//!
//! As in the layers that it is made of: what was held is given back.
//!
//! # Fairness
//!
//! First come, first served, by lane; a request that only reads passes those that wait to write. A request that waits for
//! its turn among those that send mail has had its turn among those that change something, so that another may go
//! in the same second: a mail does not hold up what sends none. Over time no more than one a second goes.
//!
//! # Errors
//!
//! [`Rejected`](buttress_core::Rejected), as from the layers that it is made of. The inner service's errors pass as they
//! are.
//!
//! # Events
//!
//! Those of the [rate limit](crate::rate_limit#events), and of the [places](crate::concurrency#events).
//!
//! # Defaults
//!
//! * Octokit's times and bounds. They hold for one layer value: give each credential its own, and all tasks of it the same.
//! * A wait of at most 120 s in a lane: a hundred and twenty writes, which one client rarely has in hand at a time.
//!
//! An attempt after the first takes a place in its lane as any other; Octokit's does not. It is as likely to
//! meet a limit as the first was.

mod by_resource;
mod lanes;
#[cfg(test)]
mod tests;

pub use self::by_resource::ByResource;
pub use self::lanes::{BySpacing, IsAuth, LanesLayer};

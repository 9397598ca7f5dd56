//! Sending no faster than a limiter of the crate [governor](https://docs.rs/governor) allows.
//!
//! A call asks the limiter. If that says yes, the call goes at once; if it says when, the call sleeps until then, and
//! asks again. If that time is later than the call may wait, the call is refused at once.
//!
//! For a program that has such a limiter already, and shares it with other parts of itself. Who has none is better
//! served by the [rate limit](crate::rate_limit): governor cannot reserve, give back, or settle.
//!
//! ```
//! use std::num::NonZeroU32;
//! use std::sync::Arc;
//!
//! use buttress::rate_limit::governor::GovernorLayer;
//! use governor::{Quota, RateLimiter};
//!
//! let quota = Quota::per_second(NonZeroU32::MIN);
//! let all = GovernorLayer::direct(Arc::new(RateLimiter::direct(quota)));
//! let by_host: RateLimiter<Option<String>, _, _> = RateLimiter::keyed(quota);
//! let each = GovernorLayer::keyed(Arc::new(by_host), |request: &http::Request<String>| {
//!     request.uri().host().map(String::from)
//! });
//! # let _ = (all, each);
//! ```
//!
//! A call costs one cell, or as many as its [`Terms`](super::Terms) say. One that costs nothing is not asked for.
//!
//! # Readiness
//!
//! The inner service's. A call that has to wait gives the readied service up, so that it keeps nobody else from it; when
//! its time has come, a clone is made ready, and then the limiter is asked.
//!
//! # Cancel safety
//!
//! A call that waits holds nothing, and leaves nothing behind when it is dropped. What a call has been given is used,
//! also if a layer further in refuses the call: governor takes nothing back.
//!
//! # Fairness
//!
//! None. A call that waits has no place: whoever asks first after a cell has come back gets it, and newcomers ask as soon
//! as they come. Under load a call may wait for longer than its share, or be refused because others were always
//! faster; calls that cost much lose to those that cost little. All who wait for one cell wake at the same time.
//!
//! # Errors
//!
//! [`Rejected`](buttress_core::Rejected), with [`Why::RateLimit`](buttress_core::Why) and the time that governor names, or
//! [`Why::TooLarge`](buttress_core::Why) if the limiter never holds so many cells. The inner service's errors pass as they
//! are.
//!
//! # Events
//!
//! [`WaitBegan`](buttress_core::Event::WaitBegan), with the first time that was named; [`Waited`](buttress_core::Event::Waited);
//! [`Rejected`](buttress_core::Event::Rejected).
//!
//! # Time
//!
//! The limiter reads its own clock, and says how long to wait; the wait is a timer of tokio's. In tests that pause tokio's
//! time, make the limiter with our [`Clock`](crate::Clock), which is a clock to governor too and stands still with it:
//! `RateLimiter::direct_with_clock(quota, Clock::default())`.
//!
//! # Defaults
//!
//! A wait of at most 120 s, as for the [rate limit](crate::rate_limit). How many keys a keyed limiter keeps is its owner's
//! to bound, with governor's `retain_recent`.

mod future;
mod layer;
mod limiter;
mod service;
#[cfg(test)]
mod tests;

pub use self::future::ResponseFuture;
pub use self::layer::GovernorLayer;
pub use self::limiter::{Denied, Direct, Govern, Keyed, Weighted};
pub use self::service::Governor;

//! One client, several upstreams, a stack for each.
//!
//! A request goes to the upstream that it names, or else to the one whose host its URL has, and through that upstream's
//! [stack](crate::stack). What one upstream is told does not concern the others.
//!
//! ```
//! use buttress::stack::policy::{Policy, ProfileName, Upstream, UpstreamName};
//! use buttress::upstreams::{ToUpstream, Upstreams};
//! use tower::{ServiceBuilder, service_fn};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let upstream = |profile: &'static str, url: &'static str| {
//!     let policy = Policy::new(ProfileName::new(profile)?);
//!     Upstream::new(policy).with_base_url(http::Uri::from_static(url))
//! };
//! let upstreams = Upstreams::new([
//!     (UpstreamName::new("openai")?, upstream("openai", "https://api.openai.com/v1")?),
//!     (UpstreamName::new("github")?, upstream("github", "https://api.github.com")?),
//! ])?;
//! # let client = service_fn(async |_: http::Request<String>| Ok::<_, std::io::Error>(http::Response::new(String::new())));
//! let client = ServiceBuilder::new().layer(upstreams).service(client);
//!
//! let by_host = http::Request::get("https://api.github.com/user").body(String::new())?;
//! // Sent to https://api.openai.com/v1/models.
//! let by_name = http::Request::get("/models").extension(ToUpstream::new("openai")).body(String::new())?;
//! # let _ = (client, by_host, by_name);
//! # Ok(())
//! # }
//! ```
//!
//! A request that belongs to no upstream is refused: a stack that is silently missing is missed when it is needed. To let
//! it pass, as it is, is [a choice](Upstreams::with_unknown).
//!
//! # Reload
//!
//! [`Upstreams::reload`] goes on with other upstreams. The stack of each name that stays is
//! [reloaded](crate::stack::Stack::reload), and keeps what it knows.
//!
//! # Readiness
//!
//! The client's.
//!
//! # Cancel safety
//!
//! That of the stacks.
//!
//! # Errors
//!
//! [`UnknownUpstream`], and those of the stacks.
//!
//! # Events
//!
//! Those of the stacks. An event does not say which upstream it is of: [`Builder::with_observers`] gives each an observer of
//! its own, such as a `Metrics` with its name.
//!
//! [`Builder::with_observers`]: crate::stack::Builder::with_observers
//!
//! # Defaults
//!
//! A request that belongs to no upstream is refused.

mod future;
mod layer;
mod making;
mod routes;
mod service;
#[cfg(test)]
mod tests;
mod unknown;

pub use buttress_core::policy::{Upstream, UpstreamName};

pub use self::future::ResponseFuture;
pub use self::layer::{ToUpstream, Unknown, Upstreams};
pub(crate) use self::making::{Making, Observers};
pub use self::service::Routed;
pub use self::unknown::UnknownUpstream;

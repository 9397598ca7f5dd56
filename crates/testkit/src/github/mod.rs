//! The endpoints that limit as GitHub does.

mod account;
mod limits;
mod reply;

pub(crate) use account::Account;
pub use limits::{GitHubLimits, SecondaryStatus};
pub(crate) use reply::{fault, not_found, too_long};

//! The endpoint that limits as OpenAI does.

mod account;
mod limits;
mod reply;
mod request;

pub(crate) use account::Account;
pub use limits::OpenAiLimits;
pub(crate) use reply::{fault, too_long};

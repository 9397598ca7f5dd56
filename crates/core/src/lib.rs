//! The decisions of [Buttress]: whether a request may go, how long to wait, whether to try again.
//!
//! This crate cannot open a socket, read a clock or spawn a task. What it decides is arithmetic on
//! `(state, event, now)`, so that the layers above it stay small, tests are exact and instant, and a simulator or a job
//! queue can use the very decisions that production uses.
//!
//! The way of one attempt: its answer is judged by [`classify::Rules`] into an [`Outcome`], which may hold the server's
//! [`Hint`](hint::Hint); [`Retries::decide`] says whether to go on, with a
//! [`Backoff`](backoff::Backoff) where the server said nothing, within a [`Budget`](budget::Budget) that all calls
//! share; and what became of the call is its [`History`]. If it was told "not now", a [`Gate`](pause::Gate) holds all who
//! share its key. Whether to ask a server at all that does not do well is up to a [`Breaker`](breaker::Breaker).
//!
//! [Buttress]: https://docs.rs/buttress

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod classify;
pub mod concurrency;
pub mod event;
pub mod failure;
pub mod hint;
pub mod history;
pub mod http_date;
pub mod key;
pub mod outcome;
pub mod pause;
pub mod policy;
pub mod quota;
pub mod random;
pub mod rebuild;
pub mod rejected;
pub mod retry;
pub mod time;
pub mod usage;

mod invalid;
mod sync;

pub use self::event::{Event, Observer};
pub use self::failure::{BoxError, Failure};
pub use self::history::History;
pub use self::invalid::Invalid;
pub use self::key::Key;
pub use self::outcome::{Class, Outcome, Repeat, Scope};
pub use self::policy::Policy;
pub use self::rejected::{Charge, Rejected, Why};
pub use self::retry::Retries;
pub use self::time::{Timestamp, UnixTime};

//! A live page for programs that use Buttress: what the layers do now, without a metrics system.
//!
//! For each upstream it shows the circuit and its window, the pause and how long it has to go, the quotas with who waits
//! for them, the retry budget, the attempts of the last five minutes by class, and the last calls that were refused and
//! why. It is read-only.
//!
//! ```
//! use buttress_core::Timestamp;
//! use buttress_core::budget::Budget;
//! use buttress_live::{Board, Upstream};
//!
//! // Where `buttress` is used, its `Clock`, and the handles of its layers: `.with_breaker(breaker.handle())`.
//! let upstream = Upstream::new("openai", || Timestamp::from_nanos(7));
//! let observer = upstream.observer(); // For each layer: `.with_observer(observer.clone())`.
//! let board = Board::new([upstream.with_budget(Budget::default())]);
//!
//! let app: axum::Router = axum::Router::new().nest("/buttress", board.router());
//! # let _ = (app, observer);
//! ```
//!
//! # Paths
//!
//! Attempts are told by the layer `observe::attempt` of `buttress`, refusals by all layers that refuse. A stream that fails
//! after its head is told by `classify`, and counted twice: as the answer that its head was, and by its failure when that
//! comes.
//!
//! * `/`: the page. One file, with no script, style, font or picture from elsewhere.
//! * `/snapshot.json`: all that it shows, as one JSON object. Times are milliseconds from the moment it was made.
//! * `/events`: the same as server-sent events, one a second, until the reader goes.
//!
//! # What it shows to whom
//!
//! No URL, header, body or credential reaches it. A key is shown by its kind and two bytes of a secret digest, or by the
//! [name](Upstream::with_key_name) that the program gives it. Who may see the page is the program's to say: mount it on
//! a listener of its own on the loopback interface, or behind the program's own door.
//!
//! # Cost
//!
//! An attempt costs the observer a clock reading and one exchange of a word; a refusal takes a lock for some
//! nanoseconds. Snapshots are made when somebody reads them. Nothing is spawned.
//!
//! # Defaults
//!
//! * Five minutes of attempts in bars of 5 s, the last 50 refusals (those of a second and a reason are one): what fits a
//!   screen. Beyond that is a metrics system's work.
//! * 24 keys of each kind, those in trouble first.
//! * 16 readers at a time: further ones are told 503.

mod attempts;
mod board;
mod names;
mod page;
mod recorder;
mod refusals;
mod serve;
mod source;
#[cfg(test)]
mod tests;
mod upstream;
mod view;

pub use self::board::Board;
pub use self::source::{Circuits, Now, Parts, Pauses, Quotas};
pub use self::upstream::Upstream;

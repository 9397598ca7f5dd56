//! How much may be sent, and when the next of it may go.
//!
//! A [`Quota`] is so many units per period. A [`Meter`] keeps the account of one: a token bucket, a sliding window (an
//! exact log, or a counter that estimates), a fixed window. A [`Schedule`] keeps several of them, all or nothing, and
//! hands out *slots*: the time at which a call may go. A [`Limiter`] is a schedule that many threads share.
//!
//! # Slots instead of wake-ups
//!
//! A limiter that says "not now" leaves its callers to ask again, all at once, and whoever is luckiest goes first. One
//! that answers with a time does not: each caller takes the next free slot, sleeps once, and goes. The order is that of
//! arrival, nobody wakes in vain, and whether a wait is worth it is known before it begins.
//!
//! A slot that is not used is given back. If it lies ahead, the next caller whom it suits takes it over, with its place.
//! If it has passed, what it cost goes back as far as that is safe: never so that the calls which remain would exceed
//! the quota in any window, those included that wait for later slots.
//!
//! # News
//!
//! A slot is a promise made with what was known. When more is learned (the server says that less remains, a response cost
//! more than was estimated, the rate is changed), the slots of those who wait are laid again in the same order. A caller
//! whose slot moved back finds out when it wakes, in [`Limiter::confirm`]; one whose slot moved forward is woken.
//!
//! # What the server says
//!
//! [`Learning`] reads from an answer what remains at the server. That is kept beside our own accounts, as a ceiling until the
//! server's reset, and not mixed into them: it can only lower, and is gone when its window is. So another process that spends
//! the same quota is seen.
//!
//! What is in flight when an answer comes may be counted in it or not. All of it is taken off: a later answer, with less in
//! flight, puts right what was taken off twice. In a window of which all comes back at once, what remains only falls, so that
//! of two answers the lower is the later one, in whichever order they came; where units return one by one, and where no reset
//! is told, the answer to the call that was sent last is. An answer of a window that is over is neither.
//!
//! A limit that the server publishes takes the place of ours only where the user allows it.
//!
//! # What goes through in a window
//!
//! | shape | in any window of one period | at one instant |
//! |---|---|---|
//! | [`Shape::Bucket`] | units + burst | burst |
//! | [`Shape::Log`] | units | units |
//! | [`Shape::Counter`] | under twice the units; estimated as if the last window had been even | units |
//! | [`Shape::Fixed`] | twice the units, across the edge of two windows | units |
//!
//! All arithmetic is on integers. The time that one unit takes to come back is rounded up to a nanosecond, so that
//! rounding can only slow down.

pub mod adaptive;
pub mod fields;
pub mod published;

mod accounts;
mod amount;
mod bucket;
mod ceiling;
mod counter;
mod fixed;
mod forecast;
mod found;
mod learner;
mod learning;
mod limiter;
mod log;
mod lows;
mod meter;
mod queue;
mod schedule;
mod slot;
#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests;
mod trend;

pub use self::amount::{Counts, Quota, Shape};
pub use self::bucket::Bucket;
pub use self::ceiling::Reading;
pub use self::counter::Counter;
pub use self::fixed::Fixed;
pub use self::learner::Lesson;
pub use self::learning::{Learning, Readings};
pub use self::limiter::Limiter;
pub use self::log::Log;
pub use self::meter::Meter;
pub use self::published::{Grammar, Published};
pub use self::schedule::Schedule;
pub use self::slot::{Learned, Level, Refused, Slot, Snapshot, TooLarge};

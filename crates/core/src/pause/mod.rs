//! A pause that many share: nobody is sent while it lasts, and everybody who waits for it ends.
//!
//! Ten workers share a limit. All are told "429" at once, and each of them would now begin a pause, end it, and let the
//! others go while the next begins its own: that is how a flag and an event come to a deadlock, or to a herd. Here there
//! is one owner of the pause, the [`Gate`], and three rules:
//!
//! * **A deadline that only grows.** Each answer raises it to when *that answer* arrived plus what the server asked for.
//!   Ten answers of one wave are one pause.
//! * **An epoch.** It counts the pauses, and every attempt carries the epoch in which it was sent. What an attempt of an
//!   earlier epoch brings is late: it may lengthen a pause by the deadline that it names, and if that has passed, or if
//!   it names none, it changes nothing.
//! * **A gradual release.** When the deadline has passed, one goes. If its answer is good, two may be on their way at a
//!   time, then four, eight, until nobody waits; one that is told "429" begins the next pause.
//!
//! # Waiting
//!
//! Whoever has to wait stands in a line, first come, first served. The first in the line knows when it has to look again
//! and sleeps on a timer until then; the others sleep until they are called up. Thus a pause that ends wakes one and not
//! ten thousand, and a pause that nobody waits for costs no timer. Whoever is called up and has not been sent yet when
//! the deadline grows goes back to its old place. Leaving the line or dropping an attempt, at any moment, makes room
//! and calls up the next.
//!
//! An attempt on its way may take minutes, and its answer with it; but a refusal is told at the door. So if nothing has
//! come back for [a second](Pauses::with_patience), one more may go: a server that answers slowly, a connection that
//! hangs, or somebody who was called up and is asleep, does not hold all others for good.
//!
//! # What holds at all times
//!
//! Checked after each change in debug builds:
//!
//! 1. Open: nobody stands in the line, nobody is called up, and no limit is counted against the next.
//! 2. While a pause is in force: nobody is called up.
//! 3. Parked: nobody stands in the line, as its callers are refused.
//! 4. While it is released: if somebody stands in the line, as many are called up or on their way as may be.
//! 5. Nobody is called up and in the line.

mod facts;
mod gate;
mod line;
#[cfg(all(test, buttress_loom))]
mod loom_tests;
mod policy;
#[cfg(all(test, not(buttress_loom)))]
mod schedules;
mod state;
#[cfg(all(test, not(buttress_loom)))]
mod tests;
mod verdict;

pub use self::facts::{Change, Phase, Refusal, Snapshot, Turn};
pub use self::gate::{Entry, Gate, Pass};
pub use self::line::Ticket;
pub use self::policy::Pauses;
pub use self::verdict::Verdict;

//! What happened, as observers are told it.
//!
//! Events hold nothing of a request that may be secret: no path, no query, no header, no word of the client's errors but
//! where a variant says so. A [`Key`] in an event shows its kind and no more.

mod about;
mod observer;
mod routine;
mod story;

use std::error::Error;
use std::time::Duration;

pub use self::about::About;
pub use self::observer::Observer;
pub use self::routine::Routine;
pub use self::story::Story;

use crate::breaker::{self, Change, Exceeded};
use crate::history::{Cause, End};
use crate::key::Key;
use crate::outcome::{Class, Outcome};
use crate::quota::Level;
use crate::rejected::{Rejected, Why};
use crate::time::Timestamp;

/// Something that happened. Attempts count from 1.
///
/// Most are of one call. Those whose name ends in `Level` say how things stand now, and come when somebody asks for
/// them, or when trouble is a reason to say it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A call began.
    CallBegan {
        /// What may be told of its request.
        about: About<'a>,
    },
    /// A call ended, well or not, or was dropped before it had an answer. Each call that began ends once.
    CallEnded {
        /// What its last answer meant; `None` if it was dropped.
        class: Option<Class>,
        /// The status of the response, if it was one of HTTP.
        status: Option<u16>,
        /// From beginning to end, waits included.
        elapsed: Duration,
        /// What it went through.
        story: &'a Story,
    },
    /// An attempt ended, well or not, or was dropped before it had an answer.
    AttemptEnded {
        /// Its number.
        attempt: u32,
        /// The method of HTTP, `_OTHER` for one that is not in RFC 9110 or RFC 5789, or empty if it is not HTTP.
        method: &'static str,
        /// What it meant; `None` if it was dropped.
        outcome: Option<&'a Outcome>,
        /// The status of the response, if it was one of HTTP.
        status: Option<u16>,
        /// How long it took. No wait of ours is in it.
        elapsed: Duration,
        /// Whether a rate limit above had given it a slot: then the server's "too many" is one that should not have been.
        had_slot: bool,
    },
    /// An attempt did not do what was asked, or had hints that could not be used.
    Classified {
        /// What it meant.
        outcome: &'a Outcome,
    },
    /// A stream that had begun as a success failed in its middle, or in its trailers (gRPC). Nothing is repeated: parts of
    /// it have been delivered.
    StreamFailed {
        /// What it meant.
        outcome: &'a Outcome,
    },
    /// An attempt failed and will be followed by another.
    RetryScheduled {
        /// The number of the attempt that failed.
        attempt: u32,
        /// What it meant.
        outcome: &'a Outcome,
        /// How long until the next.
        wait: Duration,
        /// Who chose the wait.
        cause: Cause,
    },
    /// There is no further attempt, after a failure or after a success that was not the first attempt's.
    RetryEnded {
        /// How many attempts were made.
        attempts: u32,
        /// What the last one meant.
        class: Class,
        /// Why there was no further attempt.
        end: End,
        /// How long the call waited between attempts, in all.
        waited: Duration,
    },
    /// A call begins to wait. Each wait that begins ends, by [`Event::Waited`].
    WaitBegan {
        /// What for.
        cause: Cause,
        /// Whose pause, or quota; [`Key::ALL`] where there is no key.
        key: Key,
        /// How long, as far as is known now.
        wait: Option<Duration>,
    },
    /// A wait is over.
    Waited {
        /// What the call waited for.
        cause: Cause,
        /// Whose pause, or quota.
        key: Key,
        /// How long it really was.
        wait: Duration,
        /// Whether nothing came of it: the call was refused after all, was dropped, or ran out of time.
        given_up: bool,
    },
    /// A call was refused by us, before anything was sent.
    Rejected {
        /// Why, and when it would be granted.
        rejected: &'a Rejected,
    },
    /// A retry layer found another inside it. Their attempts would multiply; the outer one does not repeat what the
    /// inner one has given up.
    NestedRetry {
        /// How many attempts the inner one made.
        attempts: u32,
    },
    /// The inner service of a rebuild layer is broken: it will never be ready again, or nothing has come of it for long.
    ServiceBroken {
        /// What it said, if it said anything.
        error: Option<&'a (dyn Error + 'static)>,
    },
    /// A broken service was replaced, or could not be.
    ServiceRebuilt {
        /// Why there is no other.
        error: Option<&'a (dyn Error + 'static)>,
    },
    /// The deadline of a call passed before there was an answer.
    DeadlinePassed {
        /// How long the call had.
        after: Duration,
    },
    /// A circuit opened, began to probe, closed, or was told to.
    BreakerChanged {
        /// Whose circuit.
        key: Key,
        /// From what to what, and why.
        change: &'a Change,
        /// How it stands after the change: where it opened, what it was judged by.
        snapshot: &'a breaker::Snapshot,
    },
    /// A circuit that only counts would have opened.
    BreakerWouldOpen {
        /// Whose circuit.
        key: Key,
        /// Which bounds were exceeded.
        exceeded: Exceeded,
    },
    /// All who share a key were told to wait, or were told so again by the answer to a probe.
    PauseBegan {
        /// Who.
        key: Key,
        /// [`Why::Cooldown`], or [`Why::QuotaExhausted`]: then callers are refused.
        why: Why,
        /// When it will end, as far as is known now.
        until: Timestamp,
        /// How long that is from now.
        remaining: Duration,
    },
    /// A pause is over, and nobody waits.
    PauseEnded {
        /// Whose.
        key: Key,
    },
    /// How many retries the budget would grant now, one after the other; `u32::MAX` if it has no bound.
    BudgetLevel {
        /// So many.
        balance: u32,
    },
    /// What is left of a quota: of all keys that have one of it, the least.
    QuotaLevel {
        /// The quota, and what is left.
        level: Level,
    },
    /// How the circuits of a layer stand.
    BreakerLevel {
        /// How many are in each state, in the order of [`breaker::State::ALL`].
        states: [u32; breaker::State::ALL.len()],
        /// The largest share that failed, of those that have had enough calls to be judged.
        failure_rate: Option<f64>,
        /// The largest share that took too long, of those that have had enough calls to be judged.
        slow_rate: Option<f64>,
    },
    /// How the pauses of a layer stand.
    PauseLevel {
        /// How long the longest has to go.
        remaining: Duration,
    },
}

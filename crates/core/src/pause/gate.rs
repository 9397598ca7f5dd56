use std::fmt;
use std::sync::PoisonError;
use std::task::Waker;

use super::facts::{Change, Let, Refusal, Snapshot, Turn};
use super::line::{Out, Ticket};
use super::policy::Pauses;
use super::state::Pause;
use super::verdict::Verdict;
use crate::outcome::Outcome;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};
use crate::time::Timestamp;

/// Set in the word while not everybody may go.
const SHUT: u64 = 1;

/// The pause of one key, shared by all who have that key. See the [module](super).
///
/// While there is no pause, one atomic read lets a caller go, and no answer but a refusal looks here at all. The rest is
/// behind a lock that is held for the arithmetic, and never while somebody is woken.
pub struct Gate {
    /// The epoch, shifted by one; and [`SHUT`].
    word: AtomicU64,
    pause: Mutex<Pause<Waker>>,
}

/// An attempt that was let go: in which epoch, and whether it was released one by one.
///
/// One that [was](Pass::is_released) is owed back: to [`Gate::answered`], or to [`Gate::came_back`] if there is no
/// answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Pass(
    /// The epoch, shifted by one; and whether it was released.
    u64,
);

impl Pass {
    /// An attempt that was sent when there was no gate for its key.
    pub const BEFORE: Self = Self(0);

    /// In which epoch it was sent.
    pub const fn epoch(self) -> u64 {
        self.0 >> 1
    }

    /// Whether it was released one by one, and has to come back.
    pub const fn is_released(self) -> bool {
        self.0 & 1 == 1
    }

    /// The same attempt when it has come back, and may still have something to say: it is owed no more.
    pub const fn returned(self) -> Self {
        Self(self.0 & !1)
    }

    const fn new(epoch: u64, way: Let) -> Self {
        Self(epoch << 1 | matches!(way, Let::Released) as u64)
    }
}

/// What somebody finds who has not waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It goes.
    Go(Pass),
    /// It has to wait for its [turn](Gate::turn).
    Wait,
    /// It may not go, and may not wait either.
    Refused(Refusal),
}

impl Gate {
    /// A gate that is open. `seed` is for the margins that it draws.
    pub fn new(pauses: Pauses, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self {
            word: AtomicU64::new(0),
            pause: Mutex::new(Pause::new(pauses, random)),
        }
    }

    /// Goes, if there is no pause. One atomic read.
    #[inline]
    pub fn pass(&self) -> Option<Pass> {
        let word = self.word.load(Ordering::Acquire);
        (word & SHUT == 0).then_some(Pass(word))
    }

    /// Goes if it may, and else says whether there is a place to wait for somebody who gives up at `gives_up`.
    pub fn enter(&self, gives_up: Timestamp, now: Timestamp) -> Entry {
        if let Some(pass) = self.pass() {
            return Entry::Go(pass);
        }
        let entered = self.with(now, |pause, _| (pause.enter(gives_up, now), pause.epoch()));
        match entered {
            (Some(Ok(way)), epoch) => Entry::Go(Pass::new(epoch, way)),
            (Some(Err(refusal)), _) => Entry::Refused(refusal),
            (None, _) => Entry::Wait,
        }
    }

    /// Looks whether it is the turn of somebody who waits, and takes a place in the line at first. Whoever has a ticket
    /// owes [`Gate::go`] or [`Gate::leave`], unless it was refused.
    pub fn turn(
        &self,
        ticket: &mut Option<Ticket>,
        gives_up: Timestamp,
        now: Timestamp,
        waker: &Waker,
    ) -> Turn {
        let waker = waker.clone();
        self.with(now, |pause, out| {
            pause.turn(ticket, gives_up, now, waker, out)
        })
    }

    /// Goes, after it was its turn. `None` if a pause has begun since: then it waits for its turn again.
    pub fn go(&self, ticket: Option<Ticket>, now: Timestamp) -> Option<Pass> {
        let Some(ticket) = ticket else {
            return self.pass();
        };
        self.with(now, |pause, out| {
            let way = pause.go(ticket, now, out)?;
            Some(Pass::new(pause.epoch(), way))
        })
    }

    /// Gives a place in the line back.
    pub fn leave(&self, ticket: Ticket, now: Timestamp) {
        self.with(now, |pause, out| pause.leave(ticket, now, out));
    }

    /// An attempt came back without an answer: dropped, failed for other reasons, never sent.
    pub fn came_back(&self, pass: Pass, now: Timestamp) {
        if pass.is_released() {
            self.with(now, |pause, _| pause.came_back(now));
        }
    }

    /// An attempt came back with an answer.
    pub fn answered(&self, pass: Pass, outcome: &Outcome, now: Timestamp) -> Option<Change> {
        let verdict = Verdict::of(outcome);
        if !pass.is_released() && !verdict.is_not_now() {
            return None;
        }
        let received = match outcome.received() {
            // Nobody measured it.
            Timestamp::ORIGIN => now,
            received => received,
        };
        self.with(now, |pause, out| {
            if pass.is_released() {
                pause.came_back(now);
            }
            pause.answered(pass.epoch(), verdict, received, now, out)
        })
    }

    /// Why somebody who gives up at `gives_up` would be refused, if it would. Takes nothing.
    pub fn look(&self, gives_up: Timestamp, now: Timestamp) -> Option<Refusal> {
        match self.pass() {
            Some(_) => None,
            None => self.with(now, |pause, _| pause.look(gives_up, now)),
        }
    }

    /// Until when callers wait at least, if they do.
    pub fn held_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.pass() {
            Some(_) => None,
            None => self.with(now, |pause, _| pause.held_until(now)),
        }
    }

    /// Pauses by hand, until `until` at least.
    pub fn hold(&self, until: Timestamp, now: Timestamp) -> Option<Change> {
        self.with(now, |pause, out| {
            pause.advance(now);
            (until > now).then(|| pause.hold(until, out))?
        })
    }

    /// Ends a pause by hand. It is released step by step, as any other.
    pub fn release(&self, now: Timestamp) {
        self.with(now, |pause, out| pause.release(now, out));
    }

    /// Goes on with other pauses. The one that is in force, and who waits in it, stay as they are.
    pub fn change(&self, pauses: Pauses) {
        self.lock().change(pauses);
    }

    /// What is known at `now`.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        self.with(now, |pause, _| {
            pause.advance(now);
            pause.snapshot()
        })
    }

    /// Whether forgetting this gate would change nothing.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.lock().is_idle(now)
    }

    /// Counts the changes of what a watcher sees.
    pub fn version(&self) -> u64 {
        self.lock().version()
    }

    /// The version, if it is no more `seen`; else `waker` is woken when it changes. Whoever has a ticket owes
    /// [`Gate::unwatch`].
    pub fn watch(&self, ticket: &mut Option<Ticket>, seen: u64, waker: &Waker) -> Option<u64> {
        let (waker, mut out) = (waker.clone(), Out::default());
        let version = self.lock().watch(ticket, seen, waker, &mut out);
        drop(out);
        version
    }

    /// Gives the place of a watcher back.
    pub fn unwatch(&self, ticket: Ticket) {
        let mut out = Out::default();
        self.lock().unwatch(ticket, &mut out);
        drop(out);
    }

    /// An event: decided under the lock, told when the lock is given back.
    fn with<T>(
        &self,
        now: Timestamp,
        event: impl FnOnce(&mut Pause<Waker>, &mut Out<Waker>) -> T,
    ) -> T {
        let mut out = Out::default();
        let mut pause = self.lock();
        let result = event(&mut pause, &mut out);
        pause.settle(now, &mut out);
        let shut = if pause.is_open() { 0 } else { SHUT };
        self.word
            .store(pause.epoch() << 1 | shut, Ordering::Release);
        drop(pause);
        out.woken.into_iter().for_each(Waker::wake);
        result
    }

    fn lock(&self) -> MutexGuard<'_, Pause<Waker>> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.lock().snapshot();
        f.debug_tuple("Gate").field(&snapshot).finish()
    }
}

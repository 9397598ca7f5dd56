#[cfg(test)]
#[cfg(buttress_loom)]
mod loom_tests;
#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests;

use std::fmt;
use std::sync::PoisonError;
use std::task::Waker;

use super::amount::Quota;
use super::learner::Lesson;
use super::schedule::Schedule;
use super::slot::{Refused, Slot, Snapshot, TooLarge};
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};
use crate::time::Timestamp;

/// A [`Schedule`] that threads share.
///
/// While a single token bucket has room, its whole state is one word, and to take from it is one exchange of that word.
/// As soon as somebody has to wait, or gives something back, the word is *sealed*: the schedule takes over from it, under a
/// lock, and hands it back when nobody waits any more. Other shapes, and sets of quotas, are always under the lock.
///
/// No lock is held across a call of anybody else's code.
pub struct Limiter {
    /// When the bucket will be full, or [`SEALED`].
    word: AtomicU64,
    interval: u64,
    depth: u64,
    /// Whether it does: not zero.
    learns: AtomicU64,
    guarded: Mutex<Guarded>,
}

struct Guarded {
    schedule: Schedule,
    /// Whether a bucket of `interval` and `depth` is what the schedule has.
    fits_the_word: bool,
}

/// The word of a bucket that would be full at the end of time.
const SEALED: u64 = u64::MAX;

impl Limiter {
    /// Keeps `schedule`, of which nothing has been used.
    pub fn new(mut schedule: Schedule) -> Self {
        let bucket = schedule.bucket();
        let shape = bucket.map(|bucket| (bucket.interval(), bucket.depth()));
        let (interval, depth) = shape.unwrap_or_default();
        Self {
            word: AtomicU64::new(if shape.is_some() { 0 } else { SEALED }),
            interval,
            depth,
            learns: AtomicU64::new(schedule.learns().into()),
            guarded: Mutex::new(Guarded {
                schedule,
                fits_the_word: shape.is_some(),
            }),
        }
    }

    /// Takes the next free slot for `cost`, if it is not after `latest`.
    ///
    /// # Errors
    ///
    /// If the cost never fits, or the slot is too late. Nothing is taken then.
    pub fn reserve(&self, cost: u64, now: Timestamp, latest: Timestamp) -> Result<Slot, Refused> {
        if self.try_take(cost, now) {
            return Ok(Slot {
                at: now,
                cost,
                place: None,
            });
        }
        self.guarded(now, |schedule| schedule.reserve(cost, now, latest))
    }

    /// One exchange of the word. Relaxed: there is nothing beside the word that it would make visible.
    fn try_take(&self, cost: u64, now: Timestamp) -> bool {
        let now = now.as_nanos();
        let cost = self.interval.saturating_mul(cost);
        let mut seen = self.word.load(Ordering::Relaxed);
        while seen != SEALED {
            let full_at = seen.max(now).saturating_add(cost);
            if full_at - now > self.depth || full_at == SEALED {
                return false;
            }
            match self.word.compare_exchange_weak(
                seen,
                full_at,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(newer) => seen = newer,
            }
        }
        false
    }

    /// When the call of a slot may go, as things stand, without going. `waker` is kept, and woken if that moves forward.
    pub fn watch(&self, slot: Slot, now: Timestamp, waker: &Waker) -> Timestamp {
        let mut waker = Some(waker.clone());
        self.guarded(now, |schedule| schedule.watch(slot, &mut waker))
    }

    /// Asks, after a wait, whether the call may go now. If the slot that comes back is granted, it has gone, as far as the
    /// quotas know. If not, it says until when to wait.
    ///
    /// # Errors
    ///
    /// If the quotas were changed meanwhile, so that the cost never fits.
    pub fn confirm(&self, slot: Slot, now: Timestamp) -> Result<Slot, TooLarge> {
        let mut gone = None;
        self.guarded(now, |schedule| schedule.confirm(slot, now, &mut gone))
    }

    /// Gives a slot back that is not used: the call was cancelled while it waited, or was not sent.
    pub fn give_back(&self, slot: Slot, now: Timestamp) {
        drop(self.guarded(now, |schedule| schedule.give_back(slot, now)));
    }

    /// A call that was sent turned out to cost `actual`. What was not used goes back; what was used on top is debt. The slot
    /// that comes back has the new cost.
    pub fn settle(&self, slot: Slot, actual: u64, now: Timestamp) -> Slot {
        self.guarded(now, |schedule| schedule.settle(slot, actual, now))
    }

    /// The answer to a call that went has come, and this is what it teaches. The slot that comes back has the cost that the
    /// call is now known to have had.
    pub fn answered(&self, slot: Slot, lesson: &Lesson<'_>, now: Timestamp) -> Slot {
        let (slot, sooner) = self.guarded(now, |schedule| schedule.answered(slot, lesson, now));
        sooner.into_iter().for_each(Waker::wake);
        slot
    }

    /// An answer came, by which we were "too fast" or not.
    pub fn adapt(&self, is_too_fast: bool, now: Timestamp) {
        let sooner = self.guarded(now, |schedule| schedule.adapt(is_too_fast, now));
        sooner.into_iter().for_each(Waker::wake);
    }

    /// Whether each call that went is to be [`answered`](Self::answered), [`lost`](Self::lost) or given back.
    pub fn learns(&self) -> bool {
        self.learns.load(Ordering::Relaxed) != 0
    }

    /// The answer to a call that went will not come.
    pub fn lost(&self, slot: Slot, now: Timestamp) {
        self.guarded(now, |schedule| schedule.lost(slot));
    }

    /// The server says that of the quota at `index` no more than `remaining` remains. This only lowers what remains.
    pub fn lower(&self, index: usize, remaining: u64, now: Timestamp) {
        self.guarded(now, |schedule| schedule.lower(index, remaining, now));
    }

    /// Goes on with other quotas. What is used stays used, of the quota at the same index.
    pub fn change(&self, quotas: &[Quota], now: Timestamp) {
        let mut guarded = self.lock();
        self.seal(&mut guarded, now);
        // The word is read with the interval and the depth of the first quota.
        guarded.fits_the_word = false;
        let sooner = guarded.schedule.change(quotas, now);
        drop(guarded);
        sooner.into_iter().for_each(Waker::wake);
    }

    /// Goes on as `other` would, of which nothing has been used: with its quotas, in whatever order, and with what it learns.
    /// What is used stays used, of the quota with the same period that counts the same.
    pub fn renew(&self, other: &Schedule, now: Timestamp) {
        let mut guarded = self.lock();
        self.seal(&mut guarded, now);
        guarded.fits_the_word = false;
        let sooner = guarded.schedule.renew(other, now);
        self.learns.store(other.learns().into(), Ordering::Relaxed);
        drop(guarded);
        sooner.into_iter().for_each(Waker::wake);
    }

    /// How it stands.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        self.guarded(now, |schedule| schedule.snapshot(now))
    }

    /// Why there would be no slot for `cost` by `latest`. Takes nothing.
    pub fn look(&self, cost: u64, now: Timestamp, latest: Timestamp) -> Option<Refused> {
        self.guarded(now, |schedule| schedule.look(cost, now, latest))
    }

    /// When a call of `cost` that came now would go. Takes nothing.
    pub fn next(&self, cost: u64, now: Timestamp) -> Timestamp {
        self.guarded(now, |schedule| schedule.next(cost, now))
    }

    /// Whether a limiter made anew at `now` would be no different.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        match self.word.load(Ordering::Relaxed) {
            SEALED => self.lock().schedule.is_idle(now),
            full_at => full_at <= now.as_nanos(),
        }
    }

    fn guarded<T>(&self, now: Timestamp, change: impl FnOnce(&mut Schedule) -> T) -> T {
        let mut guarded = self.lock();
        self.seal(&mut guarded, now);
        let changed = change(&mut guarded.schedule);
        self.unseal(&mut guarded);
        changed
    }

    /// word -> schedule
    fn seal(&self, guarded: &mut Guarded, now: Timestamp) {
        if !guarded.fits_the_word {
            return;
        }
        let full_at = self.word.swap(SEALED, Ordering::Relaxed);
        if full_at != SEALED
            && let Some(bucket) = guarded.schedule.bucket()
        {
            bucket.resume(full_at, now);
        }
    }

    /// schedule -> word
    fn unseal(&self, guarded: &mut Guarded) {
        if guarded.fits_the_word
            && let Some(bucket) = guarded.schedule.bucket()
        {
            self.word.store(bucket.full_at(), Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Guarded> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").finish_non_exhaustive()
    }
}

use std::task::Waker;
use std::time::Duration;

use super::accounts::Accounts;
use super::adaptive::Increase;
use super::amount::Quota;
use super::bucket::Bucket;
use super::found::Finder;
use super::learner::Learner;
use super::meter::{AnyMeter, Meter};
use super::queue::Queue;
use super::slot::{Refused, Slot, TooLarge};
use crate::time::Timestamp;

mod learn;
mod queries;
mod renew;

/// Several quotas at once, all or nothing, and the queue of those who wait for them.
///
/// Two accounts are kept. `sent` has what has gone, at the time when it went, and decides: whoever wakes goes only if its
/// call fits there. `promised` has the slots that were handed out on top, and exists only while somebody waits.
#[derive(Debug)]
pub struct Schedule {
    sent: Accounts,
    promised: Option<Accounts>,
    queue: Queue,
    learner: Option<Learner>,
    finder: Option<Box<Finder>>,
    /// The latest slot that was handed out: later callers get later ones, also those who need less.
    last: Timestamp,
    grain: u64,
}

/// A timer fires up to a millisecond late, and a task runs a little after its timer. A call that goes so much after its slot
/// counts at its slot: to count it later would cost a quota of one unit per 5 ms a fifth of its rate.
const GRAIN: Duration = Duration::from_millis(2);

impl Schedule {
    /// All of `quotas` at once. Without any, everything goes at once.
    pub fn new(quotas: &[Quota]) -> Self {
        Self {
            sent: Accounts::new(quotas),
            promised: None,
            queue: Queue::default(),
            learner: None,
            finder: None,
            last: Timestamp::default(),
            grain: crate::time::saturating_nanos(GRAIN),
        }
    }

    /// With another tolerance of late wake-ups. Two milliseconds by default; with zero, what goes late counts late, and
    /// those behind it go later.
    #[must_use]
    pub fn with_grain(mut self, grain: Duration) -> Self {
        self.grain = crate::time::saturating_nanos(grain);
        self
    }

    /// With pacing, or without: what is left is spread over the time until all of it is there again, instead of a burst and a
    /// stall.
    #[must_use]
    pub fn with_pacing(self, is_paced: bool) -> Self {
        Self {
            sent: self.sent.paced(is_paced),
            ..self
        }
    }

    /// Learns from answers. Each call that went is then to be [`answered`](Self::answered), [`lost`](Self::lost) or
    /// [given back](Self::give_back).
    #[must_use]
    pub fn with_learning(self) -> Self {
        Self {
            learner: Some(Learner::default()),
            ..self
        }
    }

    /// Finds a limit that nobody publishes by trying. Each answer is then to be told to [`adapt`](Self::adapt).
    #[must_use]
    pub fn with_adaptive(self, rise: Increase) -> Self {
        Self {
            finder: Some(Box::new(Finder::new(rise))),
            ..self
        }
    }

    /// Whether it is to be told of answers.
    pub const fn learns(&self) -> bool {
        self.learner.is_some()
    }

    /// The quotas.
    pub fn quotas(&self) -> &[Quota] {
        self.sent.quotas()
    }

    /// Takes the next free slot for `cost`, if it is not after `latest`.
    ///
    /// # Errors
    ///
    /// If the cost never fits, or the slot is too late. Nothing is taken then.
    pub fn reserve(
        &mut self,
        cost: u64,
        now: Timestamp,
        latest: Timestamp,
    ) -> Result<Slot, Refused> {
        self.check(cost)?;
        if self.promised.is_some()
            && let Some((place, at, paid)) = self.queue.claim(cost, now, latest)
        {
            if let Some(promised) = &mut self.promised {
                promised.lower_price(paid, cost, at, now);
            }
            return Ok(Slot {
                at,
                cost,
                place: Some(place),
            });
        }
        let (slot, quota) = self.next_of(cost, now);
        if slot > latest
            && let Some(quota) = quota
        {
            let cost = quota.of(cost);
            return Err(Refused::Late { slot, cost, quota });
        }
        Ok(self.hand_out(cost, slot, now))
    }

    /// When a call of `cost` that came now would go, and the quota that it waits for.
    fn next_of(&mut self, cost: u64, now: Timestamp) -> (Timestamp, Option<Quota>) {
        let sent = self.sent.next(cost, now);
        let Some(promised) = &self.promised else {
            return sent;
        };
        let promised = promised.next(cost, now.max(self.last));
        if promised.0 > now || sent.0 <= now {
            return promised;
        }
        // Others went later than they were promised: there is less room than it seems.
        drop(self.lay_again(now, Lay::Later));
        let promised = self.promised.as_ref().unwrap_or(&self.sent);
        promised.next(cost, now.max(self.last))
    }

    fn check(&self, cost: u64) -> Result<(), TooLarge> {
        let never = |quota: &&Quota| quota.of(cost) > quota.largest();
        match self.quotas().iter().find(never) {
            Some(quota) => Err(TooLarge {
                cost: quota.of(cost),
                quota: *quota,
            }),
            None => Ok(()),
        }
    }

    fn hand_out(&mut self, cost: u64, at: Timestamp, now: Timestamp) -> Slot {
        let goes = at <= now;
        if goes {
            self.goes(cost, at);
        } else if self.promised.is_none() {
            self.promised = Some(self.sent.clone());
        }
        if let Some(promised) = &mut self.promised {
            promised.take(cost, at);
            self.last = at;
        }
        let place = (!goes).then(|| self.queue.push(at, cost));
        Slot { at, cost, place }
    }

    /// Asks, after a wait, whether the call may go now. If so it has gone, as far as the quotas know; if not, the slot says
    /// until when it is to wait. The waker of a call that goes comes out by `gone`: to drop it is to run an executor's code,
    /// which is not to be done under a lock.
    ///
    /// # Errors
    ///
    /// If the quotas were changed meanwhile, so that the cost never fits.
    pub fn confirm(
        &mut self,
        slot: Slot,
        now: Timestamp,
        gone: &mut Option<Waker>,
    ) -> Result<Slot, TooLarge> {
        let Some(number) = slot.place else {
            return Ok(slot);
        };
        self.check(slot.cost)?;
        if let Some(at) = self.due(number, slot.cost, now) {
            self.goes(slot.cost, at);
            *gone = self.queue.leave(number);
            self.calm();
            return Ok(Slot {
                at,
                place: None,
                ..slot
            });
        }
        let Some(place) = self.queue.place(number) else {
            return Ok(slot);
        };
        Ok(Slot {
            at: place.slot,
            ..slot
        })
    }

    /// The time at which the call of a place counts if it goes now; `None` if it may not go yet.
    fn due(&mut self, number: u64, cost: u64, now: Timestamp) -> Option<Timestamp> {
        let slot = self.queue.place(number)?.slot;
        if slot > now {
            return None;
        }
        let is_late = now.as_nanos() - slot.as_nanos() > self.grain;
        let from = if is_late { now } else { slot };
        let (at, _) = self.sent.next(cost, from);
        if at > now {
            // Others went later than their slots, or there is news.
            drop(self.lay_again(now, Lay::Later));
            return None;
        }
        Some(at)
    }

    /// When the call of a slot may go, as things stand, without going. `waker` is kept while that lies ahead, and woken if
    /// it moves forward.
    pub fn watch(&mut self, slot: Slot, waker: &mut Option<Waker>) -> Timestamp {
        let place = slot.place.and_then(|number| self.queue.place(number));
        place.map_or(slot.at, |place| {
            std::mem::swap(&mut place.waker, waker);
            place.slot
        })
    }

    /// Gives a slot back that is not used: the call was cancelled while it waited, or was not sent.
    pub fn give_back(&mut self, slot: Slot, now: Timestamp) -> Option<Waker> {
        let waker = match slot.place {
            None => {
                self.came_back(slot);
                for accounts in self.accounts_mut() {
                    accounts.unpay(slot.cost, slot.at, now);
                }
                None
            }
            Some(number) => self.give_up(number, now),
        };
        self.calm();
        waker
    }

    fn give_up(&mut self, number: u64, now: Timestamp) -> Option<Waker> {
        let place = self.queue.place(number)?;
        let (at, cost) = (place.slot, place.cost);
        if at > now {
            return self.queue.free(number);
        }
        if let Some(promised) = &mut self.promised {
            promised.unpay(cost, at, now);
        }
        self.queue.leave(number)
    }

    /// A call that was sent turned out to cost `actual`. What was not used goes back; what was used on top is debt. The slot
    /// that comes back has the new cost.
    pub fn settle(&mut self, slot: Slot, actual: u64, now: Timestamp) -> Slot {
        if actual <= slot.cost {
            for accounts in self.accounts_mut() {
                accounts.refund(slot.cost, actual, slot.at, now);
            }
        } else {
            self.sent.charge(slot.cost, actual, now);
            self.news(now);
        }
        Slot {
            cost: actual,
            ..slot
        }
    }

    /// The server says that of the quota at `index` no more than `remaining` remains. This only lowers what remains.
    pub fn lower(&mut self, index: usize, remaining: u64, now: Timestamp) {
        let meter = self.sent.meters_mut().nth(index);
        if let Some(meter) = meter {
            meter.lower(remaining, now);
            self.news(now);
        }
    }

    /// Goes on with other quotas. What is used stays used, of the quota at the same index. Gives the wakers of those whose
    /// slot moved forward.
    #[must_use = "those whose slot moved forward are asleep until they are woken"]
    pub fn change(&mut self, quotas: &[Quota], now: Timestamp) -> Vec<Waker> {
        self.sent.change(quotas, now);
        if self.promised.is_none() {
            return Vec::new();
        }
        self.lay_again(now, Lay::Anew)
    }

    /// The one bucket that this is, while nobody waits: a state that fits into one word.
    pub(super) fn bucket(&mut self) -> Option<&mut Bucket> {
        let is_plain = self.learner.is_none() && self.finder.is_none() && !self.sent.is_paced();
        let is_simple = is_plain && self.promised.is_none();
        let mut meters = self.sent.meters_mut();
        match (meters.next(), meters.next()) {
            (Some(AnyMeter::Bucket(bucket)), None) if is_simple => Some(bucket),
            _ => None,
        }
    }

    fn accounts_mut(&mut self) -> impl Iterator<Item = &mut Accounts> {
        [Some(&mut self.sent), self.promised.as_mut()]
            .into_iter()
            .flatten()
    }

    /// A call goes, as far as the quotas know.
    fn goes(&mut self, cost: u64, at: Timestamp) {
        self.sent.take(cost, at);
        if let Some(learner) = &mut self.learner {
            learner.goes(cost);
        }
    }

    fn news(&mut self, now: Timestamp) {
        if self.promised.is_some() {
            drop(self.lay_again(now, Lay::Later));
        }
    }

    /// Lays the slots of all who wait again, in the same order.
    fn lay_again(&mut self, now: Timestamp, lay: Lay) -> Vec<Waker> {
        let mut promised = self.sent.clone();
        let mut last = Timestamp::default();
        let mut sooner = Vec::new();
        for place in self.queue.waiting_mut() {
            let from = match lay {
                Lay::Later => place.slot.max(last),
                Lay::Anew => now.max(last),
            };
            let (slot, _) = promised.next(place.cost, from);
            if slot < place.slot {
                sooner.extend(place.waker.take());
            }
            place.slot = slot;
            promised.take(place.cost, slot);
            last = slot;
        }
        self.last = last;
        self.promised = Some(promised);
        sooner
    }

    /// With nobody waiting, all that was promised has been sent or given back.
    fn calm(&mut self) {
        if self.queue.waiting() == 0 {
            self.promised = None;
            self.queue.clear();
        }
    }

    #[cfg(all(test, not(buttress_loom)))]
    pub(super) fn places(&self) -> usize {
        self.queue.places()
    }
}

/// How slots are laid again.
#[derive(Clone, Copy)]
enum Lay {
    /// None earlier than it was: who sleeps until then need not be woken.
    Later,
    /// As if all had just come.
    Anew,
}

//! What answers say of the quotas.

use std::task::Waker;

use super::{Lay, Schedule};
use crate::quota::amount::Counts;
use crate::quota::ceiling::{Ceiling, Reading, Told};
use crate::quota::learner::Lesson;
use crate::quota::learning::MOST;
use crate::quota::slot::Slot;
use crate::time::Timestamp;

/// What a reading changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    Nothing,
    /// There was and is room for all who wait.
    Beside,
    Less,
    More,
}

impl Schedule {
    /// The answer to a call that went has come, and this is what it teaches. The slot that comes back has the cost that the
    /// call is now known to have had; those of the wakers are to be woken whose slots moved forward.
    ///
    /// The server had counted this call and not all that is in flight: what remains by its word, less that, may go until
    /// its reset.
    pub fn answered(
        &mut self,
        slot: Slot,
        lesson: &Lesson<'_>,
        now: Timestamp,
    ) -> (Slot, Vec<Waker>) {
        self.came_back(slot);
        let mut slot = slot;
        let mut news = News::Nothing;
        for reading in lesson.readings.iter().flatten() {
            if let Some(told) = self.told(reading, lesson, slot.at, now) {
                if let Some(cost) = self.settled(&told, &slot, lesson) {
                    slot = self.settle(slot, cost, now);
                }
                news = news.max(self.hear(&told));
            }
        }
        let mut woken = self.tell(news, now);
        if lesson.adopts {
            woken.extend(self.adopt(lesson, now));
        }
        (slot, woken)
    }

    /// The answer to a call that went will not come: it was dropped. The server may count it or not; the next answer to
    /// another will tell.
    pub fn lost(&mut self, slot: Slot) {
        self.came_back(slot);
    }

    /// An answer came, by which we were "too fast" or not. Gives the wakers of those whose slot moved forward.
    #[must_use = "those whose slot moved forward are asleep until they are woken"]
    pub fn adapt(&mut self, is_too_fast: bool, now: Timestamp) -> Vec<Waker> {
        let Some(finder) = &mut self.finder else {
            return Vec::new();
        };
        let Some(found) = finder.answered(is_too_fast, self.sent.found.as_deref(), now) else {
            return Vec::new();
        };
        self.sent.found = Some(Box::new(found));
        match self.promised {
            Some(_) => self.lay_again(now, Lay::Anew),
            None => Vec::new(),
        }
    }

    pub(super) const fn came_back(&mut self, slot: Slot) {
        if let Some(learner) = &mut self.learner {
            learner.comes(slot.cost);
        }
    }

    /// Lays the slots of those who wait again, if the news touches them.
    fn tell(&mut self, news: News, now: Timestamp) -> Vec<Waker> {
        let Some(promised) = &mut self.promised else {
            return Vec::new();
        };
        let lay = match news {
            News::Nothing => return Vec::new(),
            News::Beside => {
                promised.ceilings.clone_from(&self.sent.ceilings);
                for ceiling in &mut promised.ceilings {
                    ceiling.put_aside(self.queue.demand(ceiling.counts()));
                }
                return Vec::new();
            }
            News::Less => Lay::Later,
            News::More => Lay::Anew,
        };
        self.lay_again(now, lay)
    }

    fn told(
        &self,
        reading: &Reading,
        lesson: &Lesson<'_>,
        sent: Timestamp,
        now: Timestamp,
    ) -> Option<Told> {
        let counts = lesson.counts(reading.unit, self.quotas())?;
        let ours = self
            .quotas()
            .iter()
            .find(|quota| reading.is_of(quota, counts));
        Some(Told {
            reading: *reading,
            remaining: reading.remaining?,
            counts,
            sent,
            now,
            ours: ours.copied(),
        })
    }

    fn ceiling(&self, told: &Told) -> Option<Ceiling> {
        let learner = self.learner.as_ref()?;
        Ceiling::new(told, learner.in_flight(told.counts))
    }

    fn hear(&mut self, told: &Told) -> News {
        let Some(newer) = self.ceiling(told) else {
            return News::Nothing;
        };
        let now = told.now;
        let ceilings = &mut self.sent.ceilings;
        ceilings.retain(|ceiling| !ceiling.is_over(now));
        let place = ceilings.iter().position(|one| one.is_of(&told.reading));
        let before = place.map(|place| ceilings[place]);
        match place {
            Some(place) => {
                if !ceilings[place].follow(newer) {
                    return News::Nothing;
                }
            }
            None if ceilings.len() < MOST => ceilings.push(newer),
            None => return News::Nothing,
        }
        let demand = self.queue.demand(told.counts);
        let has_room = |ceiling: &Ceiling| ceiling.has_room(demand, now);
        let rises =
            |before: Ceiling| newer.left(now) > before.left(now) || newer.until() < before.until();
        if has_room(&newer) && before.as_ref().is_none_or(has_room) {
            News::Beside
        } else if before.is_some_and(rises) {
            News::More
        } else {
            News::Less
        }
    }

    /// What a call can have cost at the most, if that is less than was estimated: what remained by the last answer that came
    /// before it was sent, less what remains by its own. Whatever others spent meanwhile is in that too, so that it is never
    /// less than the truth.
    fn settled(&self, told: &Told, slot: &Slot, lesson: &Lesson<'_>) -> Option<u64> {
        let newer = self.ceiling(told).filter(|_| lesson.settles)?;
        let mut known = self.sent.ceilings_of(told.counts, told.now);
        let earlier = known.find(|ceiling| ceiling.is_of(&told.reading))?;
        let spent = earlier.spent_until(&newer)?;
        let is_cost = told.counts == Counts::Cost;
        (is_cost && earlier.was_known(slot.at) && spent < slot.cost).then_some(spent)
    }

    /// Takes a published limit in place of ours, where it is plain which of ours that is.
    fn adopt(&mut self, lesson: &Lesson<'_>, now: Timestamp) -> Vec<Waker> {
        let mut quotas = self.quotas().to_vec();
        for reading in lesson.readings.iter().flatten() {
            let Some(limit) = reading.limit else { continue };
            let Some(counts) = lesson.counts(reading.unit, self.quotas()) else {
                continue;
            };
            let mut same = quotas
                .iter_mut()
                .filter(|quota| reading.is_of(quota, counts));
            let (Some(ours), None) = (same.next(), same.next()) else {
                continue;
            };
            if let Some(theirs) = ours.with_units(limit) {
                *ours = theirs;
            }
        }
        if quotas == self.quotas() {
            return Vec::new();
        }
        self.change(&quotas, now)
    }
}

use std::collections::{BTreeSet, VecDeque};
use std::task::Waker;

use super::amount::Counts;
use crate::time::Timestamp;

/// Who waits, in order, and the places that were given up.
///
/// Slots do not decrease from the front to the back. A place keeps its number when its slot is laid again, and when it
/// is taken over by somebody else.
#[derive(Debug, Default)]
pub(super) struct Queue {
    places: VecDeque<Place>,
    free: BTreeSet<u64>,
    waiting: usize,
    next: u64,
}

#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    pub(super) slot: Timestamp,
    pub(super) cost: u64,
    state: State,
    pub(super) waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Free,
    Gone,
}

/// As many free places as are looked at for one that suits.
const LOOKS: usize = 8;

/// A queue of fewer places is not worth tidying.
const SMALL: usize = 16;

impl Queue {
    pub(super) fn push(&mut self, slot: Timestamp, cost: u64) -> u64 {
        let number = self.next;
        self.next += 1;
        self.waiting += 1;
        self.places.push_back(Place {
            number,
            slot,
            cost,
            state: State::Waiting,
            waker: None,
        });
        number
    }

    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// The place of somebody who waits.
    pub(super) fn place(&mut self, number: u64) -> Option<&mut Place> {
        let index = self.index(number)?;
        let place = self.places.get_mut(index)?;
        (place.state == State::Waiting).then_some(place)
    }

    fn index(&self, number: u64) -> Option<usize> {
        let found = self
            .places
            .binary_search_by_key(&number, |place| place.number);
        found.ok()
    }

    /// Whoever waited here has gone on.
    pub(super) fn leave(&mut self, number: u64) -> Option<Waker> {
        let place = self.place(number)?;
        place.state = State::Gone;
        let waker = place.waker.take();
        self.waiting -= 1;
        self.tidy();
        waker
    }

    /// Whoever waited here has given up, and somebody else may have the place.
    pub(super) fn free(&mut self, number: u64) -> Option<Waker> {
        let place = self.place(number)?;
        place.state = State::Free;
        let waker = place.waker.take();
        self.waiting -= 1;
        self.free.insert(number);
        self.tidy();
        waker
    }

    /// The first free place that suits, among the next few: its number, its slot, and what was paid for it.
    pub(super) fn claim(
        &mut self,
        cost: u64,
        now: Timestamp,
        latest: Timestamp,
    ) -> Option<(u64, Timestamp, u64)> {
        self.forget_passed(now);
        let number = self.free.iter().take(LOOKS).copied().find(|number| {
            let place = self.index(*number).and_then(|at| self.places.get(at));
            place.is_some_and(|place| cost <= place.cost && place.slot <= latest)
        })?;
        self.free.remove(&number);
        let index = self.index(number)?;
        let place = self.places.get_mut(index)?;
        let claimed = (number, place.slot, place.cost);
        place.state = State::Waiting;
        place.cost = cost;
        self.waiting += 1;
        Some(claimed)
    }

    /// What all places together take of what is counted so.
    pub(super) fn demand(&self, counts: Counts) -> u64 {
        let taken = self
            .places
            .iter()
            .filter(|place| place.state != State::Gone);
        let units = taken.map(|place| match counts {
            Counts::Cost => place.cost,
            Counts::Requests => 1,
        });
        units.fold(0, u64::saturating_add)
    }

    /// A slot that has passed is nobody's.
    fn forget_passed(&mut self, now: Timestamp) {
        while let Some(number) = self.free.first().copied() {
            let index = self.index(number);
            match index.and_then(|index| self.places.get_mut(index)) {
                Some(place) if place.slot > now => break,
                Some(place) => place.state = State::Gone,
                None => {}
            }
            self.free.remove(&number);
        }
    }

    /// Those who wait, in order. Free places are forgotten: their slots are to be laid anew.
    pub(super) fn waiting_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.free.clear();
        self.places.retain(|place| place.state == State::Waiting);
        self.places.iter_mut()
    }

    /// Whoever is stuck in front does not make the queue grow: the gone behind it are swept out when they are the most.
    fn tidy(&mut self) {
        while self
            .places
            .front()
            .is_some_and(|place| place.state == State::Gone)
        {
            self.places.pop_front();
        }
        let live = self.waiting + self.free.len();
        if self.places.len() > SMALL + 2 * live {
            self.places.retain(|place| place.state != State::Gone);
        }
    }

    /// Nobody waits: nothing is kept.
    pub(super) fn clear(&mut self) {
        self.free.clear();
        self.places.clear();
    }

    #[cfg(all(test, not(buttress_loom)))]
    pub(super) fn places(&self) -> usize {
        self.places.len()
    }
}

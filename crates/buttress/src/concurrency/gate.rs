//! The places, and who waits for one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use buttress_core::concurrency::{AdaptiveLimit, Algorithm, Sample};
use buttress_core::{Class, Timestamp};

/// Shared by all calls. The lock is held for some comparisons, and never while anybody is woken.
pub(super) struct Gate {
    state: Mutex<State>,
}

struct State {
    limit: AdaptiveLimit,
    /// What the limit began as.
    given: Algorithm,
    in_flight: u32,
    next_ticket: u64,
    /// In the order in which they came.
    waiting: BTreeMap<u64, Waker>,
    /// Those whose place is counted already, and who have not been polled since.
    granted: BTreeSet<u64>,
}

/// What a call is told at once.
pub(super) enum Entry {
    Place(Permit),
    Queue(Ticket),
    Full,
}

impl Gate {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        let state = State {
            limit: AdaptiveLimit::new(algorithm.clone()),
            given: algorithm,
            in_flight: 0,
            next_ticket: 0,
            waiting: BTreeMap::new(),
            granted: BTreeSet::new(),
        };
        Self {
            state: Mutex::new(state),
        }
    }

    /// Goes on with another algorithm, from the limit that was found.
    pub(super) fn go_on(&self, algorithm: Algorithm) {
        self.change(|state| {
            if state.given == algorithm {
                return;
            }
            let found = Some(state.limit.limit()).filter(|_| !state.given.is_fixed());
            state.given = algorithm.clone();
            state.limit = AdaptiveLimit::new(match found {
                Some(found) => algorithm.begun_with(found),
                None => algorithm,
            });
        });
    }

    /// What the limit began as.
    pub(super) fn given(&self) -> Algorithm {
        self.lock().given.clone()
    }

    /// A place, or a place in the queue, unless `longest` wait already.
    pub(super) fn enter(self: &Arc<Self>, longest: usize, now: Timestamp) -> Entry {
        let mut state = self.lock();
        if state.waiting.is_empty() && state.has_room() {
            state.in_flight += 1;
            let in_flight = state.in_flight;
            drop(state);
            return Entry::Place(self.permit(in_flight, now));
        }
        if state.waiting.len() >= longest {
            return Entry::Full;
        }
        let number = state.next_ticket;
        state.next_ticket += 1;
        state.waiting.insert(number, Waker::noop().clone());
        Entry::Queue(Ticket {
            gate: Arc::clone(self),
            number,
        })
    }

    fn permit(self: &Arc<Self>, in_flight: u32, began: Timestamp) -> Permit {
        Permit {
            gate: Arc::clone(self),
            in_flight,
            began,
        }
    }

    /// How many places there are, are taken, and are waited for.
    pub(super) fn numbers(&self) -> (u32, u32, usize) {
        let state = self.lock();
        (state.limit.limit(), state.in_flight, state.waiting.len())
    }

    /// Changes the state, and wakes those who have a place by it.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let mut next = state.grant();
        drop(state);
        while let Some(waker) = next {
            waker.wake();
            next = self.lock().grant();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self) -> bool {
        self.in_flight < self.limit.limit()
    }

    /// Gives a free place to the first who waits.
    fn grant(&mut self) -> Option<Waker> {
        if !self.has_room() {
            return None;
        }
        let (number, waker) = self.waiting.pop_first()?;
        self.in_flight += 1;
        self.granted.insert(number);
        Some(waker)
    }
}

/// A place. It is free when this is dropped.
pub(super) struct Permit {
    gate: Arc<Gate>,
    /// When this one began, itself among them.
    in_flight: u32,
    began: Timestamp,
}

impl Permit {
    /// The place is used from `now` on.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.began = now;
    }

    /// What the attempt meant shows what the server can bear.
    pub(super) fn ended(&self, class: Class, now: Timestamp) {
        let Some(is_congested) = is_congested(class) else {
            return;
        };
        let sample = Sample {
            elapsed: self.elapsed(now),
            in_flight: self.in_flight,
            is_congested,
        };
        self.gate
            .change(|state| state.limit.ended(&sample, self.began, now));
    }

    fn elapsed(&self, now: Timestamp) -> Duration {
        now.since(self.began)
    }
}

/// Whether the server had too much to do; `None` if that cannot be told.
const fn is_congested(class: Class) -> Option<bool> {
    match class {
        Class::RateLimited | Class::Overloaded | Class::Unavailable | Class::Timeout => Some(true),
        Class::Ok | Class::Auth | Class::ClientError | Class::Conflict => Some(false),
        _ => None,
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.change(|state| state.in_flight -= 1);
    }
}

/// A place in the queue. Dropping it leaves the queue, and hands on the place that it may have been given.
pub(super) struct Ticket {
    gate: Arc<Gate>,
    number: u64,
}

impl Ticket {
    /// The place, when it is this one's turn.
    pub(super) fn poll(&self, cx: &Context<'_>, now: impl FnOnce() -> Timestamp) -> Poll<Permit> {
        // Cloned and dropped outside the lock: a waker is somebody else's code.
        let mut waker = cx.waker().clone();
        let mut state = self.gate.lock();
        if state.granted.remove(&self.number) {
            let in_flight = state.in_flight;
            drop(state);
            return Poll::Ready(self.gate.permit(in_flight, now()));
        }
        if let Some(kept) = state.waiting.get_mut(&self.number) {
            std::mem::swap(kept, &mut waker);
        }
        Poll::Pending
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut left = None;
        self.gate.change(|state| {
            left = state.waiting.remove(&self.number);
            if state.granted.remove(&self.number) {
                state.in_flight -= 1;
            }
        });
    }
}

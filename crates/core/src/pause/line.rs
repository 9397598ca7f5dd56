//! Who waits, and who was called up. First come, first served.

use std::collections::BTreeMap;

use crate::time::Timestamp;

/// A place in the line of one gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// Somebody who waits: how to wake it (taken when it was), and when it stops to wait.
#[derive(Debug)]
pub(super) struct Waiter<W> {
    pub(super) waker: Option<W>,
    pub(super) gives_up: Timestamp,
}

/// The line. Ordered maps, so that a place in the middle is left without a walk.
#[derive(Debug)]
pub(super) struct Line<W> {
    waiting: BTreeMap<Ticket, Waiter<W>>,
    called: BTreeMap<Ticket, Waiter<W>>,
    tickets: u64,
    /// Who of the line was told to look again, and when.
    armed: Option<(Ticket, Timestamp)>,
}

impl<W> Line<W> {
    pub(super) const fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
            called: BTreeMap::new(),
            tickets: 0,
            armed: None,
        }
    }

    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn called(&self) -> usize {
        self.called.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.called.is_empty()
    }

    pub(super) fn is_called(&self, ticket: Ticket) -> bool {
        self.called.contains_key(&ticket)
    }

    /// Takes the place that `ticket` names, which is an old one if somebody comes back. It is here, so nobody has to
    /// wake it.
    pub(super) fn join(&mut self, ticket: Ticket, gives_up: Timestamp, out: &mut Out<W>) {
        let waiter = self.waiting.entry(ticket).or_insert(Waiter {
            waker: None,
            gives_up,
        });
        out.dropped.extend(waiter.waker.take());
    }

    /// Says how to wake `ticket` from now on. What was said before is put out, to be dropped where no lock is held.
    pub(super) fn register(&mut self, ticket: Ticket, waker: W, out: &mut Out<W>) {
        let waiter = self
            .waiting
            .get_mut(&ticket)
            .or_else(|| self.called.get_mut(&ticket));
        out.dropped.extend(match waiter {
            Some(waiter) => waiter.waker.replace(waker),
            None => Some(waker),
        });
    }

    /// Calls up the first.
    pub(super) fn call_up(&mut self, out: &mut Out<W>) {
        if let Some((ticket, mut waiter)) = self.waiting.pop_first() {
            out.woken.extend(waiter.waker.take());
            self.called.insert(ticket, waiter);
        }
    }

    /// `ticket` goes, if it was called up.
    pub(super) fn go(&mut self, ticket: Ticket, out: &mut Out<W>) -> bool {
        let waiter = self.called.remove(&ticket);
        let was_called = waiter.is_some();
        out.dropped.extend(waiter.and_then(|waiter| waiter.waker));
        was_called
    }

    pub(super) fn leave(&mut self, ticket: Ticket, out: &mut Out<W>) {
        let waiter = self.waiting.remove(&ticket);
        let waiter = waiter.or_else(|| self.called.remove(&ticket));
        out.dropped.extend(waiter.and_then(|waiter| waiter.waker));
    }

    /// Whoever was called up goes back to its old place, and is woken to find that out.
    pub(super) fn revoke(&mut self, out: &mut Out<W>) {
        while let Some((ticket, mut waiter)) = self.called.pop_first() {
            out.woken.extend(waiter.waker.take());
            self.waiting.insert(ticket, waiter);
        }
    }

    /// Sends away, from the front of the line, whoever gives up before `until`. Who stands behind somebody more patient
    /// finds out at its own time.
    pub(super) fn shed(&mut self, until: Timestamp, out: &mut Out<W>) {
        while let Some(first) = self.waiting.first_entry()
            && first.get().gives_up < until
        {
            out.woken.extend(first.remove().waker);
        }
    }

    /// Sends everybody away, or on.
    pub(super) fn clear(&mut self, out: &mut Out<W>) {
        let called = std::mem::take(&mut self.called);
        let waiting = std::mem::take(&mut self.waiting);
        let waiters = called.into_values().chain(waiting.into_values());
        out.woken.extend(waiters.filter_map(|waiter| waiter.waker));
    }

    /// `ticket` is told to look again at `due`, if it is the first; the others will be woken.
    pub(super) fn arm(&mut self, ticket: Ticket, due: Timestamp) -> Option<Timestamp> {
        let (first, _) = self.waiting.first_key_value()?;
        if *first != ticket {
            return None;
        }
        self.armed = Some((ticket, due));
        Some(due)
    }

    /// Wakes the first, if it does not know that it has to look again at `due`. If it has no waker, it has been woken
    /// already and is on its way to look.
    pub(super) fn alert(&mut self, due: Timestamp, out: &mut Out<W>) {
        let Some(mut first) = self.waiting.first_entry() else {
            return;
        };
        let knows = |(ticket, at)| ticket == *first.key() && at <= due;
        if !self.armed.is_some_and(knows) {
            out.woken.extend(first.get_mut().waker.take());
        }
    }

    /// Whether nobody is in both, as far as a short walk can tell: it is walked after each change in debug builds.
    pub(super) fn is_disjoint(&self) -> bool {
        let mut some = self.called.keys().take(16);
        some.all(|ticket| !self.waiting.contains_key(ticket))
    }
}

/// Whom to wake, and what to drop, when the lock is given back: neither may happen under it.
#[derive(Debug)]
pub(super) struct Out<W> {
    pub(super) woken: Vec<W>,
    pub(super) dropped: Vec<W>,
}

impl<W> Default for Out<W> {
    fn default() -> Self {
        Self {
            woken: Vec::new(),
            dropped: Vec::new(),
        }
    }
}

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use buttress_core::history::Cause;
use buttress_core::pause::{Entry, Gate, Pass, Ticket, Turn};
use buttress_core::{Key, Rejected, Timestamp};
use tokio::time::Sleep;

use super::errand::{Errand, Owed, Passes};
use super::gates::Gates;
use super::keys::Keys;
use crate::observe::Wait;
use crate::time::sleep;

/// Somebody who waits for its keys. Dropped, it gives its places back.
pub(super) struct Admission {
    gates: Arc<Gates>,
    keys: Keys,
    own: Place,
    account: Option<Place>,
    gives_up: Timestamp,
    told: Option<Wait>,
    timer: Option<(Timestamp, Pin<Box<Sleep>>)>,
}

struct Place {
    key: Key,
    gate: Arc<Gate>,
    ticket: Option<Ticket>,
}

/// What becomes of a call that cannot pass unseen.
pub(super) enum Admitted {
    Now(Errand),
    Later(Box<Admission>),
    Never(Rejected),
}

impl Admission {
    pub(super) fn begin(
        gates: Arc<Gates>,
        keys: Keys,
        gives_up: Timestamp,
        now: Timestamp,
    ) -> Admitted {
        let place = |key| Place {
            key,
            gate: gates.seen(key),
            ticket: None,
        };
        let own = place(keys.own);
        // Where neither has room for a pause of its own, both share one, in which nobody waits for himself.
        let account = keys.account.map(place);
        let account = account.filter(|account| !Arc::ptr_eq(&account.gate, &own.gate));
        let keys = Keys {
            account: account.as_ref().map(|account| account.key),
            ..keys
        };
        let admission = Self {
            gates,
            keys,
            own,
            account,
            gives_up,
            told: None,
            timer: None,
        };
        admission.enter(now)
    }

    fn enter(self, now: Timestamp) -> Admitted {
        let own = match self.own.gate.enter(self.gives_up, now) {
            Entry::Go(pass) => pass,
            Entry::Wait => {
                let key = self.own.key;
                return self.later(key, now);
            }
            Entry::Refused(refusal) => {
                return Admitted::Never(self.gates.refuse(self.own.key, refusal));
            }
        };
        let Some(account) = &self.account else {
            return Admitted::Now(self.errand(own, Pass::BEFORE));
        };
        match account.gate.enter(self.gives_up, now) {
            Entry::Go(pass) => Admitted::Now(self.errand(own, pass)),
            Entry::Wait => {
                self.own.gate.came_back(own, now);
                let key = account.key;
                self.later(key, now)
            }
            Entry::Refused(refusal) => {
                self.own.gate.came_back(own, now);
                Admitted::Never(self.gates.refuse(account.key, refusal))
            }
        }
    }

    /// It waits for its own key, and would then be refused by the account's: it need not wait for that.
    fn later(mut self, key: Key, now: Timestamp) -> Admitted {
        let account = self.account.as_ref();
        let refused = account.and_then(|account| {
            let refusal = account.gate.look(self.gives_up, now)?;
            Some(self.gates.refuse(account.key, refusal))
        });
        match refused {
            Some(rejected) => Admitted::Never(rejected),
            None => {
                let held = self.gates.seen(key).held_until(now);
                let wait = held.map(|until| until.since(now));
                let Gates { watcher, clock, .. } = &*self.gates;
                self.told = Some(Wait::begin(watcher, *clock, Cause::Cooldown, key, wait));
                Admitted::Later(Box::new(self))
            }
        }
    }

    /// Ready when it may go: a place is kept for it until it goes.
    pub(super) fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        loop {
            let now = self.gates.clock.now();
            let Some(wait) = self.turn(now, cx) else {
                return Poll::Ready(Ok(()));
            };
            match wait {
                Ok(until) => ready!(self.poll_timer(until, now, cx)),
                Err(rejected) => {
                    self.told = None;
                    return Poll::Ready(Err(rejected));
                }
            }
        }
    }

    /// `None` if it is its turn; else until when to sleep.
    fn turn(
        &mut self,
        now: Timestamp,
        cx: &mut Context<'_>,
    ) -> Option<Result<Timestamp, Rejected>> {
        for place in std::iter::once(&mut self.own).chain(self.account.as_mut()) {
            match place
                .gate
                .turn(&mut place.ticket, self.gives_up, now, cx.waker())
            {
                Turn::Yours => {}
                Turn::Wait { until } => {
                    let until = until.unwrap_or(Timestamp::MAX).min(self.gives_up);
                    return Some(Ok(until));
                }
                Turn::Refused(refusal) => {
                    place.ticket = None;
                    return Some(Err(self.gates.refuse(place.key, refusal)));
                }
            }
        }
        None
    }

    /// Ready at `until`. Who is not told a time has no timer, and is woken.
    fn poll_timer(&mut self, until: Timestamp, now: Timestamp, cx: &mut Context<'_>) -> Poll<()> {
        if until == Timestamp::MAX {
            self.timer = None;
            return Poll::Pending;
        }
        if self.timer.as_ref().is_none_or(|(set, _)| *set != until) {
            self.timer = Some((until, sleep(until.since(now))));
        }
        let Some((_, timer)) = &mut self.timer else {
            return Poll::Pending;
        };
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        Poll::Ready(())
    }

    /// Goes, after it was its turn. `None` if a pause has begun since: then it waits for its turn again.
    pub(super) fn go(&mut self) -> Option<Errand> {
        let now = self.gates.clock.now();
        let own = self.own.gate.go(self.own.ticket, now)?;
        let account = match &mut self.account {
            None => Pass::BEFORE,
            Some(place) => match place.gate.go(place.ticket, now) {
                Some(pass) => {
                    place.ticket = None;
                    pass
                }
                // It keeps its ticket, and comes back to its old place.
                None => {
                    self.own.gate.came_back(own, now);
                    return None;
                }
            },
        };
        self.own.ticket = None;
        if let Some(mut told) = self.told.take() {
            told.over();
        }
        Some(self.errand(own, account))
    }

    fn errand(&self, own: Pass, account: Pass) -> Errand {
        let passes = Passes { own, account };
        let account = self.account.as_ref().map(|place| &place.gate);
        let owed = Owed::new(passes, &self.own.gate, account);
        Errand::new(Arc::clone(&self.gates), self.keys, passes, owed)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let now = self.gates.clock.now();
        for place in std::iter::once(&mut self.own).chain(self.account.as_mut()) {
            if let Some(ticket) = place.ticket.take() {
                place.gate.leave(ticket, now);
            }
        }
    }
}

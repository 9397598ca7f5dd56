mod circuit;
mod machine;
mod model;
mod windows;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::{
    Answer, Breaker, Change, Circuit, Command, Notice, Permit, Refused, Snapshot, State, Verdict,
};
use crate::time::Timestamp;

pub(super) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(super) fn good() -> Answer {
    Answer {
        verdict: Verdict::Success,
        elapsed: None,
        hint: None,
    }
}

pub(super) fn bad() -> Answer {
    Answer {
        verdict: Verdict::Failure,
        ..good()
    }
}

pub(super) fn slow(took: Duration) -> Answer {
    Answer {
        elapsed: Some(took),
        ..good()
    }
}

/// A circuit with a clock, and what it has told.
pub(super) struct Scene {
    pub(super) breaker: Breaker,
    now: Cell<Timestamp>,
    told: RefCell<Vec<Notice>>,
}

impl Scene {
    pub(super) fn new(circuit: Circuit) -> Self {
        Self {
            breaker: Breaker::new(circuit),
            now: Cell::default(),
            told: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now.get()
    }

    pub(super) fn wait(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    pub(super) fn acquire(&self) -> Result<Permit, Refused> {
        let tell = &mut |notice| self.told.borrow_mut().push(notice);
        self.breaker.acquire(|| self.now(), tell)
    }

    pub(super) fn record(&self, permit: Permit, answer: Answer) {
        let tell = &mut |notice| self.told.borrow_mut().push(notice);
        self.breaker.record(permit, answer, || self.now(), tell);
    }

    pub(super) fn call(&self, answer: Answer) {
        let permit = self.acquire().unwrap();
        self.record(permit, answer);
    }

    pub(super) fn calls(&self, count: usize, answer: Answer) {
        (0..count).for_each(|_| self.call(answer));
    }

    pub(super) fn command(&self, command: Command) -> bool {
        let tell = &mut |notice| self.told.borrow_mut().push(notice);
        self.breaker.command(command, self.now(), tell)
    }

    pub(super) fn state(&self) -> State {
        self.breaker.state(self.now())
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.breaker.snapshot(self.now())
    }

    pub(super) fn told(&self) -> Vec<Notice> {
        self.told.take()
    }

    pub(super) fn changes(&self) -> Vec<(State, State)> {
        let changed = |notice| match notice {
            Notice::Changed(Change { from, to, .. }) => Some((from, to)),
            Notice::WouldOpen(_) => None,
        };
        self.told().into_iter().filter_map(changed).collect()
    }
}

//! Two and three workers, in every order of their steps that the memory model allows.
//!
//! A worker that sleeps without a timer waits on a notification: one that never comes is a deadlock, which the checker
//! reports. A timer that fires sets the clock on. Patience has no end here, so that the step is the bound.
//! The clock and the server's count are the test's own: their atomics are std's, so that orders in which only they differ
//! are not tried.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use loom::sync::{Arc, Notify};
use loom::thread;

use super::*;
use crate::hint::{Hint, HintSource};
use crate::outcome::{Class, Outcome};
use crate::time::Timestamp;

struct Bell(Notify);

impl Wake for Bell {
    fn wake(self: StdArc<Self>) {
        self.0.notify();
    }
}

struct World {
    gate: Gate,
    clock: AtomicU64,
    released: AtomicUsize,
    /// As many may be on their way at a time: the widest step that so few can reach.
    most: usize,
}

/// What the server says to one attempt, or what becomes of it.
#[derive(Clone, Copy, Debug)]
enum Say {
    Good,
    /// 429, and so many seconds.
    Wait(u64),
    /// The attempt is dropped, or panics.
    Nothing,
}

const SECOND: u64 = 1_000_000_000;

impl World {
    fn new(most: usize) -> Self {
        let pauses = Pauses::default()
            .with_margin(false)
            .with_patience(Duration::MAX);
        Self {
            gate: Gate::new(pauses, 0),
            clock: AtomicU64::new(SECOND),
            released: AtomicUsize::new(0),
            most,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.clock.load(Ordering::SeqCst))
    }

    /// One attempt after the other, as `says` goes; it begins with one that is on its way already.
    fn work(&self, mut pass: Pass, says: &[Say]) {
        for say in says {
            self.answer(pass, *say);
            pass = self.admitted();
            self.sent(pass);
        }
        self.answer(pass, Say::Good);
    }

    fn sent(&self, pass: Pass) {
        if pass.is_released() {
            let others = self.released.fetch_add(1, Ordering::SeqCst);
            assert!(others < self.most, "{others} and one of {}", self.most);
        }
    }

    fn answer(&self, pass: Pass, say: Say) {
        if pass.is_released() {
            self.released.fetch_sub(1, Ordering::SeqCst);
        }
        let source = HintSource::RetryAfter;
        let hint = |wait| {
            Some(Hint {
                wait: Duration::from_secs(wait),
                source,
            })
        };
        let outcome = match say {
            Say::Good => Outcome::new(Class::Ok),
            Say::Wait(wait) => Outcome::new(Class::RateLimited).with_hint(hint(wait)),
            Say::Nothing => return self.gate.came_back(pass, self.now()),
        };
        let _ = self.gate.answered(pass, &outcome, self.now());
    }

    fn admitted(&self) -> Pass {
        if let Entry::Go(pass) = self.gate.enter(Timestamp::MAX, self.now()) {
            return pass;
        }
        let bell = StdArc::new(Bell(Notify::new()));
        let waker = Waker::from(StdArc::clone(&bell));
        let mut ticket = None;
        loop {
            match self
                .gate
                .turn(&mut ticket, Timestamp::MAX, self.now(), &waker)
            {
                Turn::Yours => {
                    if let Some(pass) = self.gate.go(ticket, self.now()) {
                        return pass;
                    }
                }
                Turn::Wait { until: Some(until) } if until < Timestamp::MAX => {
                    self.clock.fetch_max(until.as_nanos(), Ordering::SeqCst);
                }
                Turn::Wait { .. } => bell.0.wait(),
                Turn::Refused(refusal) => panic!("{refusal:?}"),
            }
        }
    }

    /// Waits, and goes away in the middle of it.
    fn cancelled(&self) {
        let bell = StdArc::new(Bell(Notify::new()));
        let mut ticket = None;
        let waker = Waker::from(bell);
        let turn = self
            .gate
            .turn(&mut ticket, Timestamp::MAX, self.now(), &waker);
        if let (Turn::Yours, Some(pass)) = (turn, self.gate.go(ticket, self.now())) {
            self.sent(pass);
            return self.answer(pass, Say::Nothing);
        }
        if let Some(ticket) = ticket {
            self.gate.leave(ticket, self.now());
        }
    }

    /// Everybody has ended: nothing is left behind, and whoever comes next goes.
    fn check(&self) {
        let snapshot = self.gate.snapshot(self.now());
        assert_eq!((snapshot.waiting, snapshot.released), (0, 0));
        let pass = self.admitted();
        self.answer(pass, Say::Good);
    }
}

/// Every worker has an attempt on its way when it begins.
fn all_orders(
    most: usize,
    preemptions: Option<usize>,
    workers: &'static [&'static [Say]],
    more: fn(&World),
) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.check(move || {
        let world = Arc::new(World::new(most));
        let passes: Vec<_> = workers.iter().map(|_| world.gate.pass().unwrap()).collect();
        let work = |(says, pass): (&'static &'static [Say], Pass)| {
            let world = Arc::clone(&world);
            thread::spawn(move || world.work(pass, says))
        };
        let threads: Vec<_> = workers.iter().zip(passes).map(work).collect();
        more(&world);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        world.check();
    });
}

fn nobody(_world: &World) {}

const TWICE: &[Say] = &[Say::Wait(10), Say::Wait(5)];
const ONCE: &[Say] = &[Say::Wait(10)];
const LONGER: &[Say] = &[Say::Wait(20)];
const LOST: &[Say] = &[Say::Wait(10), Say::Nothing];

#[test]
fn two_who_are_told_at_once_both_end() {
    all_orders(1, None, &[ONCE], |world| {
        let pass = Pass::BEFORE;
        world.work(pass, LONGER);
    });
}

#[test]
fn two_whose_probe_is_refused_both_end() {
    all_orders(1, Some(3), &[TWICE, ONCE], nobody);
}

#[test]
fn two_whose_probe_is_lost_both_end() {
    all_orders(1, Some(3), &[LOST, ONCE], nobody);
}

#[test]
fn one_who_leaves_wakes_the_next() {
    all_orders(2, Some(2), &[ONCE, LONGER], World::cancelled);
}

#[test]
fn three_who_are_told_at_once_all_end() {
    all_orders(2, Some(2), &[ONCE, LONGER, ONCE], nobody);
}

#[test]
fn three_with_a_refused_and_a_lost_probe_all_end() {
    all_orders(2, Some(2), &[TWICE, LOST, ONCE], nobody);
}

#[test]
fn a_hold_and_a_release_by_hand_strand_nobody() {
    all_orders(1, Some(3), &[ONCE, ONCE], |world| {
        let until = world.now() + Duration::from_secs(30);
        let _ = world.gate.hold(until, world.now());
        world.gate.release(world.now());
    });
}

//! Ten and a hundred workers in random schedules, in virtual time: everything ends, and the server never sees more than
//! was released.
//!
//! What the model checker does for three, in every order, is done here for more, in some orders: each step of a worker
//! is one operation of the gate, and which worker makes the next is drawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use super::*;
use crate::hint::{Hint, HintSource};
use crate::outcome::{Class, Outcome};
use crate::time::Timestamp;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// Has something to send, but not before.
    Desk(Timestamp),
    Line {
        look: Option<Timestamp>,
    },
    Called,
    Server(Pass),
    Done,
}

struct Worker {
    at: At,
    ticket: Option<Ticket>,
    flag: Arc<Flag>,
    gives_up: Timestamp,
}

struct World {
    gate: Gate,
    now: Timestamp,
    workers: Vec<Worker>,
    random: fastrand::Rng,
    /// Refusals that the server has left.
    refusals: usize,
    steps: usize,
}

impl World {
    fn new(workers: usize, seed: u64) -> Self {
        // Nobody is lent a place, so that the step is the bound.
        let pauses = Pauses::default().with_patience(Duration::from_secs(1_000_000));
        let begin = Timestamp::from_nanos(1_000_000_000);
        let worker = |_| Worker {
            at: At::Desk(begin),
            ticket: None,
            flag: Arc::default(),
            gives_up: Timestamp::MAX,
        };
        Self {
            gate: Gate::new(pauses, seed),
            now: begin,
            workers: (0..workers).map(worker).collect(),
            random: fastrand::Rng::with_seed(seed),
            refusals: 4 * workers,
            steps: 0,
        }
    }

    fn run(mut self) {
        while self
            .workers
            .iter()
            .any(|worker| !matches!(worker.at, At::Done))
        {
            self.steps += 1;
            assert!(self.steps < 1_000_000, "it does not end: {:?}", self.gate);
            let ready: Vec<_> = (0..self.workers.len())
                .filter(|n| self.can_move(*n))
                .collect();
            match self.random.choice(&ready) {
                Some(n) => self.step(*n),
                None => self.sleep(),
            }
            if self.random.u32(..20) == 0 {
                self.now = self.now + Duration::from_millis(self.random.u64(..500));
            }
        }
        let snapshot = self.gate.snapshot(self.now);
        assert_eq!((snapshot.waiting, snapshot.released), (0, 0));
    }

    fn can_move(&self, n: usize) -> bool {
        let worker = &self.workers[n];
        match worker.at {
            At::Desk(from) => from <= self.now,
            At::Line { look } => {
                let is_due = look.unwrap_or(Timestamp::MAX).min(worker.gives_up) <= self.now;
                is_due || worker.flag.0.load(Ordering::SeqCst)
            }
            At::Called | At::Server(_) => true,
            At::Done => false,
        }
    }

    /// Nobody can move: the clock goes on to the next timer. If there is none, a wake-up was lost.
    fn sleep(&mut self) {
        let timers = self.workers.iter().filter_map(|worker| match worker.at {
            At::Desk(from) => Some(from),
            At::Line { look } => Some(look.unwrap_or(Timestamp::MAX).min(worker.gives_up)),
            _ => None,
        });
        let next = timers.min().filter(|next| *next < Timestamp::MAX);
        self.now =
            next.unwrap_or_else(|| panic!("all sleep, and nobody wakes them: {:?}", self.gate));
    }

    fn step(&mut self, n: usize) {
        self.workers[n].at = match self.workers[n].at {
            At::Desk(_) => self.enter(n),
            At::Line { .. } | At::Called if self.random.u32(..20) == 0 => self.cancel(n),
            At::Line { .. } => self.turn(n),
            At::Called => match self.gate.go(self.workers[n].ticket, self.now) {
                Some(pass) => self.send(n, pass),
                None => self.turn(n),
            },
            At::Server(pass) => self.answer(pass),
            At::Done => At::Done,
        };
    }

    fn enter(&mut self, n: usize) -> At {
        let patience = [5, 120, 100_000][self.random.usize(..3)];
        let gives_up = self.now + Duration::from_secs(patience);
        self.workers[n].gives_up = gives_up;
        match self.gate.enter(gives_up, self.now) {
            Entry::Go(pass) => self.send(n, pass),
            Entry::Wait => self.turn(n),
            Entry::Refused(refusal) => self.refused(refusal),
        }
    }

    fn turn(&mut self, n: usize) -> At {
        let worker = &mut self.workers[n];
        worker.flag.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&worker.flag));
        match self
            .gate
            .turn(&mut worker.ticket, worker.gives_up, self.now, &waker)
        {
            Turn::Yours => At::Called,
            Turn::Wait { until } => At::Line { look: until },
            Turn::Refused(refusal) => {
                worker.ticket = None;
                self.refused(refusal)
            }
        }
    }

    /// It comes back when it was told to, as a job queue would do.
    fn refused(&self, refusal: Refusal) -> At {
        let later = self.now + Duration::from_secs(1);
        At::Desk(refusal.not_before.unwrap_or(later).max(later))
    }

    fn cancel(&mut self, n: usize) -> At {
        if let Some(ticket) = self.workers[n].ticket.take() {
            self.gate.leave(ticket, self.now);
        }
        At::Desk(self.now)
    }

    fn send(&mut self, n: usize, pass: Pass) -> At {
        self.workers[n].ticket = None;
        let snapshot = self.gate.snapshot(self.now);
        let is_released =
            |worker: &&Worker| matches!(worker.at, At::Server(pass) if pass.is_released());
        let released = self.workers.iter().filter(is_released).count();
        match snapshot.phase {
            Phase::Open => {}
            Phase::Releasing { step } => assert!(released < step, "{released} and one of {step}"),
            Phase::Paused | Phase::Parked => panic!("sent while a pause is in force"),
        }
        assert_eq!(pass.epoch(), snapshot.epoch);
        At::Server(pass)
    }

    fn answer(&mut self, pass: Pass) -> At {
        let refuses = self.refusals > 0 && self.random.bool();
        if refuses {
            self.refusals -= 1;
            let class = match self.random.u32(..20) {
                0 => Class::QuotaExhausted,
                _ => Class::RateLimited,
            };
            let wait = Duration::from_secs(self.random.u64(..30));
            let source = HintSource::RetryAfter;
            let outcome = Outcome::new(class).with_hint(Some(Hint { wait, source }));
            self.gate.answered(pass, &outcome, self.now);
            return At::Desk(self.now);
        }
        if self.random.u32(..10) == 0 {
            // Dropped, or a panic.
            self.gate.came_back(pass, self.now);
            return At::Desk(self.now);
        }
        self.gate.answered(pass, &Outcome::new(Class::Ok), self.now);
        At::Done
    }
}

#[test]
fn ten_workers_all_end_in_any_of_a_thousand_schedules() {
    (0..1_000).for_each(|seed| World::new(10, seed).run());
}

#[test]
fn a_hundred_workers_all_end_in_any_of_fifty_schedules() {
    (0..50).for_each(|seed| World::new(100, seed).run());
}

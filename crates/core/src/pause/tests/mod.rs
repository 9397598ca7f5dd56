mod deadline;
mod order;

use std::time::Duration;

use super::facts::Let;
use super::line::{Out, Ticket};
use super::state::Pause;
use super::*;
use crate::time::Timestamp;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_nanos(seconds * 1_000_000_000)
}

fn told(seconds: u64) -> Verdict {
    Verdict::Limited(Some(Duration::from_secs(seconds)))
}

/// A pause whose waiters are named by numbers.
struct Desk {
    pause: Pause<u32>,
    out: Out<u32>,
}

impl Desk {
    fn new() -> Self {
        Self::with(Pauses::default().with_margin(false))
    }

    fn with(pauses: Pauses) -> Self {
        let pause = Pause::new(pauses, fastrand::Rng::with_seed(7));
        Self {
            pause,
            out: Out::default(),
        }
    }

    /// Paused until `until` by an answer at zero.
    fn paused(until: u64) -> Self {
        let mut desk = Self::new();
        desk.answer(0, told(until), 0);
        desk
    }

    fn answer(&mut self, sent: u64, verdict: Verdict, now: u64) -> Option<Change> {
        let (received, now) = (at(now), at(now));
        let change = self
            .pause
            .answered(sent, verdict, received, now, &mut self.out);
        self.pause.settle(now, &mut self.out);
        change
    }

    /// A released attempt comes back with an answer.
    fn back(&mut self, sent: u64, verdict: Verdict, now: u64) -> Option<Change> {
        self.pause.came_back(at(now));
        self.answer(sent, verdict, now)
    }

    fn turn(&mut self, ticket: &mut Option<Ticket>, name: u32, now: u64) -> Turn {
        self.turn_until(ticket, name, Timestamp::MAX, now)
    }

    fn turn_until(
        &mut self,
        ticket: &mut Option<Ticket>,
        name: u32,
        gives_up: Timestamp,
        now: u64,
    ) -> Turn {
        let turn = self
            .pause
            .turn(ticket, gives_up, at(now), name, &mut self.out);
        self.pause.settle(at(now), &mut self.out);
        turn
    }

    /// As many new waiters, with the names from zero.
    fn queue(&mut self, count: u32, now: u64) -> Vec<Option<Ticket>> {
        let join = |name| {
            let mut ticket = None;
            let turn = self.turn(&mut ticket, name, now);
            assert!(matches!(turn, Turn::Wait { .. }), "{turn:?}");
            ticket
        };
        (0..count).map(join).collect()
    }

    fn go(&mut self, ticket: Option<Ticket>, now: u64) -> Option<Let> {
        let way = self.pause.go(ticket?, at(now), &mut self.out);
        self.pause.settle(at(now), &mut self.out);
        way
    }

    fn woken(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.out.woken)
    }

    fn phase(&mut self, now: u64) -> Phase {
        self.pause.advance(at(now));
        self.pause.snapshot().phase
    }

    fn until(&self) -> Timestamp {
        self.pause.snapshot().until
    }
}

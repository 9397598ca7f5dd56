//! What a call holds: its slot, or its place among those who wait for one.

use std::sync::Arc;
use std::task::Context;

use buttress_core::quota::{Learning, Limiter, Readings, Refused, Slot};
use buttress_core::{BoxError, Class, Key, Rejected, Timestamp};

use super::shared::rejected;
use super::ticket::Ticket;
use crate::stream::Stream;
use crate::time::Clock;

/// A slot that was taken.
#[derive(Debug)]
pub(super) struct Permit {
    limiter: Arc<Limiter>,
    slot: Slot,
    clock: Clock,
    /// Whether the limiter counts the call as in flight, and is to be told when it is not.
    is_in_flight: bool,
    /// Whether a ticket tells what the call cost.
    has_ticket: bool,
}

impl Permit {
    pub(super) const fn new(limiter: Arc<Limiter>, slot: Slot, clock: Clock) -> Self {
        Self {
            limiter,
            slot,
            clock,
            is_in_flight: false,
            has_ticket: false,
        }
    }

    /// The call is about to be sent.
    pub(super) fn sent(mut self, ticket: Option<&Ticket>) -> Self {
        if let Some(ticket) = ticket {
            let again = Self::new(Arc::clone(&self.limiter), self.slot, self.clock);
            ticket.pay(again);
            self.has_ticket = true;
        }
        self.is_in_flight = self.limiter.learns();
        self
    }

    /// What the call really cost. Only what is known now can be given back: the same slot settled again has another cost.
    pub(super) fn settle(&mut self, actual: u32) {
        let now = self.clock.now();
        self.slot = self.limiter.settle(self.slot, actual.into(), now);
    }

    /// The answer has come, and says this of the server's quotas.
    pub(super) fn answered(&mut self, learning: &Learning, readings: &Readings) {
        self.is_in_flight = false;
        let lesson = learning.lesson(readings, !self.has_ticket);
        self.slot = self.limiter.answered(self.slot, &lesson, self.clock.now());
    }

    /// The answer has come, and was "too fast" or not.
    pub(super) fn adapt(&self, is_too_fast: bool) {
        self.limiter.adapt(is_too_fast, self.clock.now());
    }

    /// A stream that says "too fast" in its middle is an answer more.
    pub(super) fn follow(&self, stream: &Stream) {
        let (limiter, clock) = (Arc::clone(&self.limiter), self.clock);
        stream.follow(move |outcome| {
            if outcome.class() == Class::RateLimited {
                limiter.adapt(true, clock.now());
            }
        });
    }

    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Gives the slot back if the error says that nothing was sent.
    pub(super) fn unless_sent(&mut self, error: BoxError) -> BoxError {
        if Rejected::find(&*error).is_some() {
            self.is_in_flight = false;
            self.limiter.give_back(self.slot, self.clock.now());
        }
        error
    }
}

impl Drop for Permit {
    /// A call that was sent and dropped, or failed without an answer.
    fn drop(&mut self) {
        if self.is_in_flight {
            self.limiter.lost(self.slot, self.clock.now());
        }
    }
}

/// A place in the queue. It is given up when this is dropped.
pub(super) struct Seat {
    permit: Option<Permit>,
    pub(super) key: Key,
    pub(super) latest: Timestamp,
    ticket: Option<Ticket>,
}

impl Seat {
    pub(super) const fn new(
        permit: Permit,
        key: Key,
        latest: Timestamp,
        ticket: Option<Ticket>,
    ) -> Self {
        Self {
            permit: Some(permit),
            key,
            latest,
            ticket,
        }
    }

    pub(super) fn watch(&self, now: Timestamp, cx: &mut Context<'_>) -> Timestamp {
        let permit = self.permit.as_ref();
        permit.map_or(now, |permit| {
            permit.limiter.watch(permit.slot, now, cx.waker())
        })
    }

    pub(super) fn look(&self, now: Timestamp) -> Option<Refused> {
        let permit = self.permit.as_ref()?;
        permit.limiter.look(permit.slot.cost(), now, self.latest)
    }

    /// The slot, if it is due; `None` if it has been moved back.
    pub(super) fn confirm(&mut self, now: Timestamp) -> Result<Option<Permit>, Rejected> {
        let Some(permit) = &mut self.permit else {
            return Ok(None);
        };
        let confirmed = permit.limiter.confirm(permit.slot, now);
        let slot = confirmed.map_err(|too_large| rejected(too_large.into(), self.key))?;
        if !slot.is_granted() {
            return Ok(None);
        }
        permit.slot = slot;
        let permit = self.permit.take();
        Ok(permit.map(|permit| permit.sent(self.ticket.as_ref())))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(permit) = &self.permit {
            permit.limiter.give_back(permit.slot, permit.clock.now());
        }
    }
}

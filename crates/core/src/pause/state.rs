//! The decisions: one method per event, `now` an argument, integers only.

mod queries;

use std::collections::BTreeMap;

use super::facts::{Change, Let, Refusal, Turn};
use super::line::{Line, Out, Ticket};
use super::policy::Pauses;
use super::verdict::Verdict;
use crate::rejected::Why;
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug)]
enum Mode {
    Open,
    Paused { is_parked: bool },
    Releasing(Release),
}

#[derive(Clone, Copy, Debug)]
struct Release {
    /// As many may be on their way at a time.
    step: usize,
    /// Good answers in this step.
    good: usize,
    /// As many more, as nothing came back for a while.
    lent: usize,
    /// When something last moved.
    moved: Timestamp,
}

#[derive(Debug)]
pub(super) struct Pause<W> {
    pauses: Pauses,
    random: fastrand::Rng,
    mode: Mode,
    epoch: u64,
    until: Timestamp,
    /// Limits in a row.
    limits: u32,
    /// Released and not come back, whatever the epoch.
    under_way: usize,
    line: Line<W>,
    /// Changes of what watchers see.
    version: u64,
    watchers: BTreeMap<Ticket, W>,
}

impl<W> Pause<W> {
    pub(super) const fn new(pauses: Pauses, random: fastrand::Rng) -> Self {
        Self {
            pauses,
            random,
            mode: Mode::Open,
            epoch: 0,
            until: Timestamp::from_nanos(0),
            limits: 0,
            under_way: 0,
            line: Line::new(),
            version: 0,
            watchers: BTreeMap::new(),
        }
    }

    pub(super) const fn change(&mut self, pauses: Pauses) {
        self.pauses = pauses;
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.mode, Mode::Open)
    }

    /// Somebody who has not waited goes at once, is refused, or has to wait (`None`): nobody overtakes the line.
    pub(super) fn enter(
        &mut self,
        gives_up: Timestamp,
        now: Timestamp,
    ) -> Option<Result<Let, Refusal>> {
        self.advance(now);
        if self.is_open() {
            return Some(Ok(Let::Free));
        }
        if self.line.is_empty() && self.free() > 0 {
            self.sent(now);
            return Some(Ok(Let::Released));
        }
        self.refusal(gives_up, now).map(Err)
    }

    /// Somebody who waits looks whether it is its turn. It takes a place at the end of the line if it has none.
    pub(super) fn turn(
        &mut self,
        ticket: &mut Option<Ticket>,
        gives_up: Timestamp,
        now: Timestamp,
        waker: W,
        out: &mut Out<W>,
    ) -> Turn {
        self.advance(now);
        if self.is_open() {
            out.dropped.push(waker);
            return Turn::Yours;
        }
        let ticket = *ticket.get_or_insert_with(|| self.line.ticket());
        if !self.line.is_called(ticket) {
            self.line.join(ticket, gives_up, out);
            self.call_up(now, out);
        }
        if self.line.is_called(ticket) {
            self.line.register(ticket, waker, out);
            return Turn::Yours;
        }
        if let Some(refusal) = self.refusal(gives_up, now) {
            self.line.leave(ticket, out);
            out.dropped.push(waker);
            return Turn::Refused(refusal);
        }
        self.line.register(ticket, waker, out);
        let until = self.due().and_then(|due| self.line.arm(ticket, due));
        Turn::Wait { until }
    }

    /// Somebody who was called up is sent. `None` if the call was taken back: a pause has begun meanwhile.
    pub(super) fn go(&mut self, ticket: Ticket, now: Timestamp, out: &mut Out<W>) -> Option<Let> {
        self.advance(now);
        if self.is_open() {
            return Some(Let::Free);
        }
        if !self.line.go(ticket, out) {
            return None;
        }
        self.sent(now);
        Some(Let::Released)
    }

    /// Somebody who waits, or was called up, goes away.
    pub(super) fn leave(&mut self, ticket: Ticket, now: Timestamp, out: &mut Out<W>) {
        self.advance(now);
        self.line.leave(ticket, out);
    }

    /// One that was released came back, with an answer or without.
    pub(super) fn came_back(&mut self, now: Timestamp) {
        self.advance(now);
        self.under_way = self.under_way.saturating_sub(1);
        if let Mode::Releasing(release) = &mut self.mode {
            release.moved = now;
        }
    }

    /// An attempt that was sent in epoch `sent` was answered; the answer arrived at `received`.
    pub(super) fn answered(
        &mut self,
        sent: u64,
        verdict: Verdict,
        received: Timestamp,
        now: Timestamp,
        out: &mut Out<W>,
    ) -> Option<Change> {
        self.advance(now);
        match verdict {
            Verdict::Nothing => None,
            Verdict::Good if sent < self.epoch => None,
            Verdict::Good => self.good(out),
            Verdict::Limited(_) | Verdict::Spent(_) if sent < self.epoch => {
                self.told_late(verdict, received, now, out)
            }
            Verdict::Limited(_) | Verdict::Spent(_) => {
                self.limits = self.limits.saturating_add(1);
                let until = self.deadline(verdict, received);
                self.pause(until, matches!(verdict, Verdict::Spent(_)), out)
            }
        }
    }

    /// A pause by hand.
    pub(super) fn hold(&mut self, until: Timestamp, out: &mut Out<W>) -> Option<Change> {
        self.pause(until, false, out)
    }

    /// The pause is over, by hand: it is released step by step.
    pub(super) fn release(&mut self, now: Timestamp, out: &mut Out<W>) {
        if matches!(self.mode, Mode::Paused { .. }) {
            self.until = now;
            self.begin_release(now);
            self.changed(out);
        }
    }

    /// After each event: calls up whoever may go, and sees to it that the first in the line knows its time.
    pub(super) fn settle(&mut self, now: Timestamp, out: &mut Out<W>) {
        self.call_up(now, out);
        if let Some(due) = self.due() {
            self.line.alert(due, out);
        }
        debug_assert_eq!(self.broken_invariant(), None, "{:?}", self.mode);
    }

    /// Time passes.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let patience = self.pauses.patience();
        match &mut self.mode {
            // Paused -> Releasing
            Mode::Paused { .. } if now >= self.until => self.begin_release(now),
            Mode::Releasing(release)
                if self.line.waiting() > 0 && now >= release.moved + patience =>
            {
                release.lent += 1;
                release.moved = now;
            }
            _ => {}
        }
    }

    /// What has changed since `seen`, or `None`: then `waker` is told.
    pub(super) fn watch(
        &mut self,
        ticket: &mut Option<Ticket>,
        seen: u64,
        waker: W,
        out: &mut Out<W>,
    ) -> Option<u64> {
        let ticket = *ticket.get_or_insert_with(|| self.line.ticket());
        if self.version == seen {
            out.dropped.extend(self.watchers.insert(ticket, waker));
            return None;
        }
        out.dropped.push(waker);
        Some(self.version)
    }

    pub(super) fn unwatch(&mut self, ticket: Ticket, out: &mut Out<W>) {
        out.dropped.extend(self.watchers.remove(&ticket));
    }

    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    fn good(&mut self, out: &mut Out<W>) -> Option<Change> {
        let Mode::Releasing(release) = &mut self.mode else {
            return None;
        };
        self.limits = 0;
        if self.line.waiting() == 0 {
            return Some(self.open(out));
        }
        release.good += 1;
        if release.good == release.step {
            release.step = release.step.saturating_mul(2);
            release.good = 0;
            self.changed(out);
        }
        None
    }

    /// Late news counts for what it says itself: until when.
    fn told_late(
        &mut self,
        verdict: Verdict,
        received: Timestamp,
        now: Timestamp,
        out: &mut Out<W>,
    ) -> Option<Change> {
        let is_spent = matches!(verdict, Verdict::Spent(_));
        let is_graver = is_spent && matches!(self.mode, Mode::Paused { is_parked: false });
        if matches!(verdict, Verdict::Limited(None) | Verdict::Spent(None)) && !is_graver {
            return None;
        }
        let until = self.deadline(verdict, received);
        if until <= now {
            return None;
        }
        self.pause(until, is_spent, out)
    }

    /// When the answer arrived, and what it asked for or the default.
    fn deadline(&mut self, verdict: Verdict, received: Timestamp) -> Timestamp {
        let (pauses, random) = (self.pauses, &mut self.random);
        received
            + match verdict {
                Verdict::Limited(Some(wait)) | Verdict::Spent(Some(wait)) => {
                    pauses.lengthened(wait, random)
                }
                Verdict::Spent(None) => pauses.parked(random),
                _ => pauses.wait_after(self.limits, random),
            }
    }

    fn pause(&mut self, until: Timestamp, is_spent: bool, out: &mut Out<W>) -> Option<Change> {
        let grew = until > self.until;
        self.until = self.until.max(until);
        let (was_paused, was_parked) = match self.mode {
            Mode::Paused { is_parked } => (true, is_parked),
            Mode::Open | Mode::Releasing(_) => (false, false),
        };
        let is_parked = is_spent || was_parked;
        self.mode = Mode::Paused { is_parked };
        if !was_paused {
            // Open, Releasing -> Paused
            self.epoch += 1;
            self.line.revoke(out);
        }
        if is_parked {
            self.line.clear(out);
        } else {
            self.line.shed(self.until, out);
        }
        if grew || !was_paused || is_parked != was_parked {
            self.changed(out);
        }
        let why = if is_parked {
            Why::QuotaExhausted
        } else {
            Why::Cooldown
        };
        let until = self.until;
        (!was_paused || is_parked != was_parked).then_some(Change::Began { until, why })
    }

    const fn begin_release(&mut self, now: Timestamp) {
        self.mode = Mode::Releasing(Release {
            step: 1,
            good: 0,
            lent: 0,
            moved: now,
        });
    }

    /// Releasing -> Open. Whoever is called up goes when it pleases.
    fn open(&mut self, out: &mut Out<W>) -> Change {
        self.mode = Mode::Open;
        self.line.clear(out);
        self.changed(out);
        Change::Ended
    }

    fn changed(&mut self, out: &mut Out<W>) {
        self.version += 1;
        out.woken
            .extend(std::mem::take(&mut self.watchers).into_values());
    }

    fn sent(&mut self, now: Timestamp) {
        self.under_way += 1;
        if let Mode::Releasing(release) = &mut self.mode {
            release.moved = now;
        }
    }

    fn call_up(&mut self, now: Timestamp, out: &mut Out<W>) {
        while self.line.waiting() > 0 && self.free() > 0 {
            self.line.call_up(out);
            if let Mode::Releasing(release) = &mut self.mode {
                release.moved = now;
            }
        }
    }
}

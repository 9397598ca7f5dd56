//! The decisions: one method per event, `now` an argument, integers only.

use std::collections::BTreeMap;

use super::line::{Line, Out, Ticket};
use super::policy::Pauses;
use super::verdict::Verdict;
use crate::rejected::Why;
use crate::time::Timestamp;

/// Where a pause stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// There is none: everybody goes.
    Open,
    /// It is in force, and callers wait.
    Paused,
    /// The quota is used up: callers are refused.
    Parked,
    /// It is over, and is released step by step.
    Releasing {
        /// As many may be on their way at a time.
        step: usize,
    },
}

/// What is known of a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Where it stands.
    pub phase: Phase,
    /// When the last pause ended or will end; the origin of time if there was none.
    pub until: Timestamp,
    /// How many pauses there have been.
    pub epoch: u64,
    /// How many wait.
    pub waiting: usize,
    /// How many of those that were released one by one are called up or on their way.
    pub released: usize,
    /// How many limits there have been in a row.
    pub limits: u32,
}

/// Why somebody may not go and may not wait either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub why: Why,
    /// When somebody would be let go, if that is known.
    pub not_before: Option<Timestamp>,
}

/// What became of a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It began.
    Began {
        /// When it will end, as far as is known.
        until: Timestamp,
        /// Whether it is [`Why::Cooldown`] or [`Why::QuotaExhausted`].
        why: Why,
    },
    /// It was released, and nobody waits.
    Ended,
}

/// What somebody who wants to go has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Go, and say so by [`Gate::go`](super::Gate::go) at the moment of sending.
    Yours,
    /// Wait to be woken.
    Wait {
        /// And look again then, if not woken before. Only the first in the line is told.
        until: Option<Timestamp>,
    },
    /// Leave.
    Refused(Refusal),
}

/// How an attempt was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Let {
    /// With everybody.
    Free,
    /// As one of those that are released: it has to come back.
    Released,
}

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

    /// As [`Pause::enter`], without going.
    pub(super) fn look(&mut self, gives_up: Timestamp, now: Timestamp) -> Option<Refusal> {
        self.advance(now);
        let would_go = self.is_open() || self.line.is_empty() && self.free() > 0;
        if would_go {
            None
        } else {
            self.refusal(gives_up, now)
        }
    }

    /// Until when everybody waits at least.
    pub(super) fn held_until(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.advance(now);
        matches!(self.mode, Mode::Paused { .. }).then_some(self.until)
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

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            phase: match self.mode {
                Mode::Open => Phase::Open,
                Mode::Paused { is_parked: false } => Phase::Paused,
                Mode::Paused { is_parked: true } => Phase::Parked,
                Mode::Releasing(release) => Phase::Releasing { step: release.step },
            },
            until: self.until,
            epoch: self.epoch,
            waiting: self.line.waiting(),
            released: self.under_way + self.line.called(),
            limits: self.limits,
        }
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

    /// Whether forgetting all this would change nothing, or nothing that still matters.
    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        let is_unused = self.line.is_empty() && self.under_way == 0 && self.watchers.is_empty();
        is_unused && (self.is_open() || now >= self.until + self.pauses.memory())
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
                Verdict::Spent(None) => pauses.park(random),
                _ => pauses.default_wait(self.limits, random),
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

    /// How many may go now.
    fn free(&self) -> usize {
        match self.mode {
            Mode::Open => usize::MAX,
            Mode::Paused { .. } => 0,
            Mode::Releasing(release) => {
                let most = release.step.saturating_add(release.lent);
                most.saturating_sub(self.under_way + self.line.called())
            }
        }
    }

    /// When the first in the line has to look again, if nothing happens before.
    fn due(&self) -> Option<Timestamp> {
        match self.mode {
            Mode::Open => None,
            Mode::Paused { .. } => Some(self.until),
            Mode::Releasing(release) => Some(release.moved + self.pauses.patience()),
        }
    }

    /// Why somebody who stops to wait at `gives_up` has no business in the line.
    fn refusal(&self, gives_up: Timestamp, now: Timestamp) -> Option<Refusal> {
        let refusal = |why, not_before| Some(Refusal { why, not_before });
        match self.mode {
            Mode::Paused { is_parked: true } => refusal(Why::QuotaExhausted, Some(self.until)),
            Mode::Paused { .. } if self.until > gives_up => {
                refusal(Why::Cooldown, Some(self.until))
            }
            _ if now >= gives_up => refusal(Why::Cooldown, None),
            _ => None,
        }
    }

    /// The number of the first rule of the module's documentation that does not hold.
    fn broken_invariant(&self) -> Option<u32> {
        let (waiting, called) = (self.line.waiting(), self.line.called());
        let rules = match self.mode {
            Mode::Open => [(1, self.line.is_empty()), (1, self.limits == 0)],
            Mode::Paused { is_parked } => [(2, called == 0), (3, !is_parked || waiting == 0)],
            Mode::Releasing(release) => [
                (4, waiting == 0 || self.free() == 0),
                (4, release.good < release.step),
            ],
        };
        let both = (5, self.line.is_disjoint());
        let broken = rules.into_iter().chain([both]).find(|(_, holds)| !holds);
        broken.map(|(number, _)| number)
    }
}

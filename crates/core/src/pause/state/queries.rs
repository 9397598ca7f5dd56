//! What can be asked of a pause.

use super::{Mode, Pause};
use crate::pause::facts::{Phase, Refusal, Snapshot};
use crate::rejected::Why;
use crate::time::Timestamp;

impl<W> Pause<W> {
    /// As [`Pause::enter`], without going.
    pub(in crate::pause) fn look(
        &mut self,
        gives_up: Timestamp,
        now: Timestamp,
    ) -> Option<Refusal> {
        self.advance(now);
        let would_go = self.is_open() || self.line.is_empty() && self.free() > 0;
        if would_go {
            None
        } else {
            self.refusal(gives_up, now)
        }
    }

    /// Until when everybody waits at least.
    pub(in crate::pause) fn held_until(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.advance(now);
        matches!(self.mode, Mode::Paused { .. }).then_some(self.until)
    }

    pub(in crate::pause) fn snapshot(&self) -> Snapshot {
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

    /// Whether forgetting all this would change nothing, or nothing that still matters.
    pub(in crate::pause) fn is_idle(&self, now: Timestamp) -> bool {
        let is_unused = self.line.is_empty() && self.under_way == 0 && self.watchers.is_empty();
        is_unused && (self.is_open() || now >= self.until + self.pauses.memory())
    }

    /// How many may go now.
    pub(super) fn free(&self) -> usize {
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
    pub(super) fn due(&self) -> Option<Timestamp> {
        match self.mode {
            Mode::Open => None,
            Mode::Paused { .. } => Some(self.until),
            Mode::Releasing(release) => Some(release.moved + self.pauses.patience()),
        }
    }

    /// Why somebody who stops to wait at `gives_up` has no business in the line.
    pub(super) fn refusal(&self, gives_up: Timestamp, now: Timestamp) -> Option<Refusal> {
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
    pub(super) fn broken_invariant(&self) -> Option<u32> {
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

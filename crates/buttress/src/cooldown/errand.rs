use std::sync::Arc;

use buttress_core::pause::{Gate, Pass, Verdict};
use buttress_core::{Key, Outcome};

use super::gates::Gates;
use super::keys::Keys;

/// An attempt on its way. Dropped before it was answered, it has come back without an answer.
pub(super) struct Errand {
    gates: Arc<Gates>,
    keys: Keys,
    own: Leg,
    account: Option<Leg>,
}

/// How one gate was passed.
pub(super) struct Leg {
    pass: Pass,
    /// The gate that it is owed back to, if it was released one by one.
    owed: Option<Arc<Gate>>,
}

impl Leg {
    pub(super) const fn free(pass: Pass) -> Self {
        Self { pass, owed: None }
    }

    pub(super) fn through(gate: Arc<Gate>, pass: Pass) -> Self {
        let owed = pass.is_released().then_some(gate);
        Self { pass, owed }
    }

    pub(super) fn give_back(&mut self, gates: &Gates) {
        if let Some(gate) = self.owed.take() {
            gate.came_back(self.pass, gates.clock.now());
        }
    }

    fn answered(&mut self, gates: &Gates, key: Key, outcome: &Outcome) {
        let now = gates.clock.now();
        let gate = self.owed.take().unwrap_or_else(|| gates.made(key, now));
        gates.tell(gate.answered(self.pass, outcome, now));
    }
}

impl Errand {
    pub(super) const fn new(gates: Arc<Gates>, keys: Keys, own: Leg, account: Option<Leg>) -> Self {
        Self {
            gates,
            keys,
            own,
            account,
        }
    }

    /// Whether an answer that is good would tell anybody anything.
    fn is_awaited(&self) -> bool {
        let account = self.account.as_ref();
        self.own.owed.is_some() || account.is_some_and(|leg| leg.owed.is_some())
    }

    /// An answer has come. If it says "not now", it says so to one key, and nothing to the other.
    pub(super) fn answered(mut self, outcome: &Outcome) {
        let is_not_now = Verdict::of(outcome).is_not_now();
        if !is_not_now && !self.is_awaited() {
            return;
        }
        let told = self.keys.key(outcome.scope());
        let own = (self.keys.own, Some(&mut self.own));
        let account = self.keys.account.map(|key| (key, self.account.as_mut()));
        for (key, leg) in std::iter::once(own).chain(account) {
            let Some(leg) = leg else { continue };
            if key == told || !is_not_now && leg.owed.is_some() {
                leg.answered(&self.gates, key, outcome);
            }
        }
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.own.give_back(&self.gates);
        if let Some(account) = &mut self.account {
            account.give_back(&self.gates);
        }
    }
}

use std::sync::Arc;

use buttress_core::pause::{Gate, Pass, Verdict};
use buttress_core::{Key, Outcome};

use super::gates::Gates;
use super::keys::Keys;
use crate::stream::Stream;

/// An attempt on its way. Dropped before it was answered, it has come back without an answer.
pub(super) struct Errand {
    gates: Arc<Gates>,
    keys: Keys,
    passes: Passes,
    /// Boxed: there while a pause is released, and not else.
    owed: Option<Box<Owed>>,
}

/// How the gates of both keys were passed. That of the account means nothing where there is no such key.
#[derive(Clone, Copy)]
pub(super) struct Passes {
    pub(super) own: Pass,
    pub(super) account: Pass,
}

/// The gates that an attempt was released by, one by one, and has to come back to.
#[derive(Default)]
pub(super) struct Owed {
    own: Option<Arc<Gate>>,
    account: Option<Arc<Gate>>,
}

impl Owed {
    pub(super) fn new(
        passes: Passes,
        own: &Arc<Gate>,
        account: Option<&Arc<Gate>>,
    ) -> Option<Box<Self>> {
        let owed = |pass: Pass, gate: &Arc<Gate>| pass.is_released().then(|| Arc::clone(gate));
        let own = owed(passes.own, own);
        let account = account.and_then(|gate| owed(passes.account, gate));
        (own.is_some() || account.is_some()).then(|| Box::new(Self { own, account }))
    }
}

impl Errand {
    #[inline]
    pub(super) const fn new(
        gates: Arc<Gates>,
        keys: Keys,
        passes: Passes,
        owed: Option<Box<Owed>>,
    ) -> Self {
        Self {
            gates,
            keys,
            passes,
            owed,
        }
    }

    pub(super) fn gates(&self) -> &Gates {
        &self.gates
    }

    /// Its answer is a stream, which may say "not now" when the attempt has long come back.
    #[cold]
    pub(super) fn follow(&self, stream: &Stream) {
        let passes = Passes {
            own: self.passes.own.returned(),
            account: self.passes.account.returned(),
        };
        let later = Self::new(Arc::clone(&self.gates), self.keys, passes, None);
        stream.follow(move |outcome| later.answered(outcome));
    }

    /// An answer has come.
    #[inline]
    pub(super) fn answered(self, outcome: &Outcome) {
        let is_not_now = Verdict::of(outcome).is_not_now();
        if is_not_now || self.owed.is_some() {
            self.tell(outcome, is_not_now);
        }
    }

    /// If the answer says "not now", it says so to one key, and nothing to the other.
    #[cold]
    fn tell(mut self, outcome: &Outcome, is_not_now: bool) {
        let owed = self.owed.take().map_or_else(Owed::default, |owed| *owed);
        let told = is_not_now.then(|| self.keys.key(outcome.scope()));
        self.tell_one(self.keys.own, self.passes.own, owed.own, outcome, told);
        if let Some(key) = self.keys.account {
            self.tell_one(key, self.passes.account, owed.account, outcome, told);
        }
    }

    /// `told` is the key that has to wait, if one has to.
    fn tell_one(
        &self,
        key: Key,
        pass: Pass,
        owed: Option<Arc<Gate>>,
        outcome: &Outcome,
        told: Option<Key>,
    ) {
        let now = self.gates.clock.now();
        match owed {
            Some(gate) if told.is_none_or(|told| told == key) => {
                self.gates.tell(key, gate.answered(pass, outcome, now));
            }
            Some(gate) => gate.came_back(pass, now),
            None if told == Some(key) => {
                let gate = self.gates.made(key, now);
                self.gates.tell(key, gate.answered(pass, outcome, now));
            }
            None => {}
        }
    }
}

impl Drop for Errand {
    #[inline]
    fn drop(&mut self) {
        if let Some(owed) = self.owed.take() {
            let now = self.gates.clock.now();
            let came_back = |gate: Option<Arc<Gate>>, pass| {
                if let Some(gate) = gate {
                    gate.came_back(pass, now);
                }
            };
            came_back(owed.own, self.passes.own);
            came_back(owed.account, self.passes.account);
        }
    }
}

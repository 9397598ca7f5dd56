//! Failures that come after their answer was counted.

use std::sync::Arc;

use buttress_core::breaker::{Answer, Circuit, Verdict};
use buttress_core::{Key, Outcome};

use super::shared::{Entry, Shared, tell};
use crate::keyed::Keyed;
use crate::observe::Watcher;
use crate::time::Clock;

/// Who hears of a stream that fails after its head was counted as a success.
pub(super) struct Later {
    circuits: Arc<Keyed<Entry>>,
    own: Option<Arc<Entry>>,
    key: Key,
    circuit: Circuit,
    clock: Clock,
    watcher: Watcher,
}

impl Later {
    pub(super) fn new<K>(shared: &Shared<K>, own: Option<&Arc<Entry>>, key: Key) -> Self {
        Self {
            circuits: Arc::clone(&shared.circuits),
            own: own.cloned(),
            key,
            circuit: *shared.circuit(),
            clock: shared.clock,
            watcher: shared.watcher.clone(),
        }
    }

    /// Counts it as a call of its own. A circuit that would let no call pass counts none.
    pub(super) fn failed(&self, outcome: &Outcome) {
        let verdict = self.circuit.verdict(outcome);
        if verdict != Verdict::Failure {
            return;
        }
        let entry: &Entry = match &self.own {
            Some(own) => own,
            None => self.circuits.shared(),
        };
        let now = || self.clock.now();
        let tell = &mut |notice| tell(&self.watcher, entry, self.key, now(), &notice);
        let Ok(permit) = entry.breaker.acquire(now, tell) else {
            return;
        };
        let answer = Answer {
            verdict,
            elapsed: None,
            hint: outcome.hint().map(|hint| hint.wait),
        };
        entry.breaker.record(permit, answer, now, tell);
    }
}

use std::fmt;
use std::sync::Arc;

use buttress_core::budget::Budget;
use buttress_core::{Key, Observer};

use crate::names::Names;
use crate::recorder::Recorder;
use crate::source::{Circuits, Now, Parts, Pauses, Quotas};
use crate::view::{self, Rows};

/// One upstream of the page: what its layers tell, and where to look.
///
/// Of several layers of a kind, all are shown.
pub struct Upstream {
    name: String,
    recorder: Arc<Recorder>,
    names: Names,
    circuits: Vec<Box<dyn Circuits>>,
    pauses: Vec<Box<dyn Pauses>>,
    quotas: Vec<Box<dyn Quotas>>,
    budgets: Vec<Box<dyn Fn() -> Option<Arc<Budget>> + Send + Sync>>,
}

impl Upstream {
    /// Nothing is known of it yet. `clock` is the one that its layers have.
    pub fn new(name: impl Into<String>, clock: impl Now) -> Self {
        Self {
            name: name.into(),
            recorder: Arc::new(Recorder::new(clock)),
            names: Names::default(),
            circuits: Vec::new(),
            pauses: Vec::new(),
            quotas: Vec::new(),
            budgets: Vec::new(),
        }
    }

    /// Whom its layers are to tell: attempts come from the attempt layer, refusals from all who refuse.
    pub fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.recorder) as Arc<dyn Observer>
    }

    /// With the circuits of a breaker layer.
    #[must_use]
    pub fn with_breaker(mut self, circuits: impl Circuits) -> Self {
        self.circuits.push(Box::new(circuits));
        self
    }

    /// With the pauses of a cooldown layer.
    #[must_use]
    pub fn with_cooldown(mut self, pauses: impl Pauses) -> Self {
        self.pauses.push(Box::new(pauses));
        self
    }

    /// With the quotas of a rate-limit layer.
    #[must_use]
    pub fn with_rate_limit(mut self, quotas: impl Quotas) -> Self {
        self.quotas.push(Box::new(quotas));
        self
    }

    /// With the budget of a retry layer.
    #[must_use]
    pub fn with_budget(mut self, budget: impl Into<Arc<Budget>>) -> Self {
        let budget = budget.into();
        self.budgets
            .push(Box::new(move || Some(Arc::clone(&budget))));
        self
    }

    /// With all parts of a stack, as its policy of the moment has them.
    #[must_use]
    pub fn with_stack(mut self, stack: impl Parts) -> Self {
        let parts = stack.clone();
        self.budgets.push(Box::new(move || parts.budget()));
        self.with_breaker(stack.clone())
            .with_cooldown(stack.clone())
            .with_rate_limit(stack)
    }

    /// With a name for a key. Whoever can see the page can read it.
    #[must_use]
    pub fn with_key_name(mut self, key: Key, name: impl Into<String>) -> Self {
        self.names.insert(key, name.into());
        self
    }

    pub(crate) fn view(&self) -> view::Upstream {
        let now = self.recorder.clock.now();
        let circuit = |key, seen: &_| view::Circuit::new(key, seen, now);
        let pause = |key, seen: &_| view::Pause::new(key, seen, now);
        let quota = |key, seen: &_| view::Quota::new(key, seen, now);
        let budgets = self.budgets.iter().filter_map(|budget| budget());
        let budgets = budgets.map(|budget| view::Budget::new(budget.balance(now)));
        let refused = self.recorder.refusals.newest().into_iter();
        view::Upstream {
            name: self.name.clone(),
            circuits: self.rows(
                &self.circuits,
                |it| it.circuits(),
                circuit,
                view::Circuit::order,
            ),
            pauses: self.rows(&self.pauses, |it| it.pauses(), pause, view::Pause::order),
            quotas: self.rows(&self.quotas, |it| it.quotas(), quota, view::Quota::order),
            budgets: budgets.collect(),
            attempts: view::attempts(&self.recorder.attempts, now),
            refused: refused
                .map(|refusal| view::Refused::new(&refusal, &self.names, now))
                .collect(),
        }
    }

    /// A row for each key of each layer.
    fn rows<L: ?Sized, S, R, O: Ord>(
        &self,
        layers: &[Box<L>],
        read: impl Fn(&L) -> Vec<(Key, S)>,
        row: impl Fn(String, &S) -> R,
        order: impl FnMut(&R) -> O,
    ) -> Rows<R> {
        let seen = layers.iter().flat_map(|layer| read(layer));
        let rows = seen.map(|(key, seen)| row(self.names.of(key), &seen));
        Rows::new(rows.collect(), order)
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

use std::array;
use std::sync::OnceLock;

use buttress_core::breaker::{Change, Snapshot, State};
use metrics::{Counter, Gauge};

use super::labels::Labels;
use crate::observe::metric::Metric;

const STATES: usize = State::ALL.len();

/// How many circuits are in each state, as far as events have told.
///
/// One gauge for each state, so that what a circuit was goes back to zero when it is something else. Two changes that are
/// told at once may be told in either order: what is added and taken away comes to the same. Nobody tells when a circuit
/// is made, so this begins with one, in the state that the first change left. A look at all of them sets it right.
pub(super) struct Circuits {
    states: [Gauge; STATES],
    transitions: [Counter; STATES],
    failure: OnceLock<Gauge>,
    slow: OnceLock<Gauge>,
    labels: Labels,
}

impl Circuits {
    pub(super) fn new(first: State, labels: &Labels) -> Self {
        let name = |n: usize| Some(State::ALL[n].name().into());
        let circuits = Self {
            states: array::from_fn(|n| labels.gauge(Metric::BreakerState, name(n))),
            transitions: array::from_fn(|n| labels.counter(Metric::BreakerTransitions, name(n))),
            failure: OnceLock::new(),
            slow: OnceLock::new(),
            labels: labels.clone(),
        };
        circuits.states.iter().for_each(|state| state.set(0.0));
        circuits.states[first.index()].set(1.0);
        circuits
    }

    pub(super) fn changed(&self, change: &Change, snapshot: &Snapshot) {
        let (from, to) = (change.from.index(), change.to.index());
        self.transitions[to].increment(1);
        self.states[from].decrement(1.0);
        self.states[to].increment(1.0);
        self.rates(snapshot.failure_rate, snapshot.slow_rate);
    }

    /// What a look at all of them has shown.
    pub(super) fn stand(&self, states: &[u32; STATES], failure: Option<f64>, slow: Option<f64>) {
        for (place, count) in states.iter().enumerate() {
            self.states[place].set(*count);
        }
        self.rates(failure, slow);
    }

    /// A rate is not shown before there have been calls enough to judge, and is zero when there are no longer.
    fn rates(&self, failure: Option<f64>, slow: Option<f64>) {
        let show = |gauge: &OnceLock<Gauge>, metric, rate: Option<f64>| match (gauge.get(), rate) {
            (None, None) => {}
            (Some(gauge), rate) => gauge.set(rate.unwrap_or_default()),
            (None, Some(rate)) => {
                let gauge = gauge.get_or_init(|| self.labels.gauge(metric, None));
                gauge.set(rate);
            }
        };
        show(&self.failure, Metric::BreakerFailureRatio, failure);
        show(&self.slow, Metric::BreakerSlowRatio, slow);
    }
}

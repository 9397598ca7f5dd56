use std::array;
use std::sync::OnceLock;

use buttress_core::breaker::State;
use buttress_core::history::Cause;
use buttress_core::{Class, Event, Why};
use metrics::{Counter, Gauge, Histogram};

use super::circuits::Circuits;
use super::http::Http;
use super::labels::{Labels, describe};
use super::place;
use super::quotas::Quotas;
use crate::observe::metric::{DROPPED, Metric};

/// All classes, and dropped.
const CLASSES: usize = Class::ALL.len() + 1;

/// What is kept of the recorder: a handle for each series, found by its place.
///
/// What counts begins at zero at once, so that a rate sees the first of each kind. What shows a level is there from when
/// the level is known: a stack without a budget has none at zero.
pub(super) struct Handles {
    pub(super) calls: [Counter; CLASSES],
    pub(super) call_duration: Histogram,
    attempts: [Counter; CLASSES],
    attempt_duration: Histogram,
    pub(super) stream_failures: [Counter; Class::ALL.len()],
    pub(super) retries: [Counter; Cause::ALL.len()],
    pub(super) waits: [Histogram; Cause::ALL.len()],
    pub(super) waiters: [Gauge; Cause::ALL.len()],
    pub(super) rejections: [Counter; Why::ALL.len()],
    pub(super) malformed: Counter,
    missed: Counter,
    http: Option<Http>,
    circuits: OnceLock<Circuits>,
    budget: OnceLock<Gauge>,
    quotas: Quotas,
    cooldown: OnceLock<Gauge>,
    labels: Labels,
}

impl Handles {
    pub(super) fn new(labels: &Labels) -> Self {
        let http = labels.server().map(Http::new);
        let all = Metric::ALL.into_iter();
        all.filter(|metric| http.is_some() || !metric.is_optional())
            .for_each(describe);
        let counter = |metric| labels.counter(metric, None);
        let histogram = |metric| labels.histogram(metric, None);
        let class = |place: usize| Class::ALL.get(place).map_or(DROPPED, |class| class.name());
        let by_class = |metric| array::from_fn(|n| labels.counter(metric, Some(class(n).into())));
        let cause = |place: usize| Some(Cause::ALL[place].name().into());
        Self {
            calls: by_class(Metric::Calls),
            call_duration: histogram(Metric::CallDuration),
            attempts: by_class(Metric::Attempts),
            attempt_duration: histogram(Metric::AttemptDuration),
            stream_failures: array::from_fn(|n| {
                labels.counter(Metric::StreamFailures, Some(class(n).into()))
            }),
            retries: array::from_fn(|n| labels.counter(Metric::Retries, cause(n))),
            waits: array::from_fn(|n| labels.histogram(Metric::WaitDuration, cause(n))),
            waiters: array::from_fn(|n| labels.gauge(Metric::Waiters, cause(n))),
            rejections: array::from_fn(|n| {
                labels.counter(Metric::Rejections, Some(Why::ALL[n].name().into()))
            }),
            malformed: counter(Metric::MalformedHints),
            missed: counter(Metric::LimiterMissed),
            http,
            circuits: OnceLock::new(),
            budget: OnceLock::new(),
            quotas: Quotas::default(),
            cooldown: OnceLock::new(),
            labels: labels.clone(),
        }
    }

    pub(super) fn attempt_ended(&self, event: &Event<'_>) {
        let Event::AttemptEnded {
            method,
            outcome,
            status,
            elapsed,
            had_slot,
            ..
        } = *event
        else {
            return;
        };
        let class = outcome.map(|outcome| outcome.class());
        self.attempts[place(class)].increment(1);
        self.attempt_duration.record(elapsed);
        if had_slot && class == Some(Class::RateLimited) {
            self.missed.increment(1);
        }
        if let Some(http) = &self.http {
            http.record(method, status, class, elapsed);
        }
    }

    /// How things stand, and what changes it.
    pub(super) fn level(&self, event: &Event<'_>) {
        let labels = &self.labels;
        let circuits = |first| {
            let made = || Circuits::new(first, labels);
            self.circuits.get_or_init(made)
        };
        let cooldown = |remaining: f64| {
            let gauge = || labels.gauge(Metric::CooldownRemaining, None);
            self.cooldown.get_or_init(gauge).set(remaining);
        };
        match *event {
            Event::BreakerChanged {
                change, snapshot, ..
            } => circuits(change.from).changed(change, snapshot),
            Event::BreakerLevel {
                ref states,
                failure_rate,
                slow_rate,
            } => circuits(State::Closed).stand(states, failure_rate, slow_rate),
            Event::BudgetLevel { balance } => {
                let gauge = || labels.gauge(Metric::RetryBudget, None);
                let is_bounded = balance < u32::MAX;
                let balance = if is_bounded {
                    balance.into()
                } else {
                    f64::INFINITY
                };
                self.budget.get_or_init(gauge).set::<f64>(balance);
            }
            Event::QuotaLevel { level } => self.quotas.stand(&level, labels),
            Event::PauseBegan { remaining, .. } | Event::PauseLevel { remaining } => {
                cooldown(remaining.as_secs_f64());
            }
            Event::PauseEnded { .. } => cooldown(0.0),
            _ => {}
        }
    }
}

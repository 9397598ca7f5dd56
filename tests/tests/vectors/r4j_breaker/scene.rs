//! A breaker with a clock, the permits that are out, and what it has told.

use std::collections::BTreeMap;
use std::time::Duration;

use buttress_core::Timestamp;
use buttress_core::breaker::{
    Answer, Breaker, Cause, Command, Exceeded, Notice, Permit, Snapshot, State, Verdict,
};
use serde::Deserialize;

use super::Step;
use super::config::Config;
use crate::report::{self, Mismatch, expect_eq};

pub(super) struct Scene {
    breaker: Breaker,
    now: Timestamp,
    /// How far the clock is ahead for who reads the state.
    ahead: Duration,
    /// Each with the period that it was given in.
    out: Vec<(u64, Permit)>,
    told: Told,
}

#[derive(Default)]
struct Told {
    periods: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Told {
    fn hear(&mut self, notice: Notice) {
        match notice {
            Notice::WouldOpen(exceeded) => self.count(exceeded),
            Notice::Changed(change) => {
                self.periods += 1;
                *self.counts.entry("state_transition").or_default() += 1;
                // They tell of bounds where calls are counted at large, and not of probes.
                if let (State::Closed, Cause::Exceeded(exceeded)) = (change.from, change.cause) {
                    self.count(exceeded);
                }
            }
        }
    }

    fn count(&mut self, exceeded: Exceeded) {
        *self.counts.entry("failure_rate_exceeded").or_default() += u64::from(exceeded.failures);
        *self.counts.entry("slow_call_rate_exceeded").or_default() += u64::from(exceeded.slow);
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    state: Option<String>,
    failure_rate_pct: Option<f64>,
    slow_call_rate_pct: Option<f64>,
    successful: Option<u64>,
    buffered: Option<u64>,
    failed: Option<u64>,
    slow: Option<u64>,
    slow_successful: Option<u64>,
    slow_failed: Option<u64>,
    not_permitted: Option<u64>,
    #[serde(default)]
    events_count: BTreeMap<String, u64>,
}

impl Scene {
    pub(super) fn new(config: &Config) -> Result<Self, Mismatch> {
        // A timer of theirs ends an open period after its time, though no call comes. A nanosecond after is the first
        // moment at which a reader sees that here.
        let ahead = Duration::from_nanos(u64::from(config.auto_half_open));
        Ok(Self {
            breaker: Breaker::new(config.circuit()?),
            now: Timestamp::default(),
            ahead,
            out: Vec::new(),
            told: Told::default(),
        })
    }

    pub(super) fn advance(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
    }

    fn try_acquire(&mut self) {
        let (now, told) = (self.now + self.ahead, &mut self.told);
        let permit = self
            .breaker
            .acquire(|| now, &mut |notice| told.hear(notice));
        let period = self.told.periods;
        self.out.extend(permit.ok().map(|permit| (period, permit)));
    }

    pub(super) fn acquire(&mut self, permitted: bool) -> report::Verdict {
        let before = self.out.len();
        self.try_acquire();
        expect_eq(permitted, self.out.len() > before)
    }

    pub(super) fn end_newest(&mut self, verdict: Verdict, millis: u64) {
        if let Some((_, permit)) = self.out.pop() {
            self.end(permit, verdict, millis);
        }
    }

    /// A result that nobody was asked for: of a call of this period that is out, or else of one that is let through now,
    /// or else of one that is late.
    pub(super) fn record(&mut self, verdict: Verdict, millis: u64) {
        let is_current = |(period, _): &(u64, Permit)| *period == self.told.periods;
        if !self.out.iter().any(is_current) && self.breaker.look(self.now).is_none() {
            self.try_acquire();
        }
        let is_current = |(period, _): &(u64, Permit)| *period == self.told.periods;
        let place = self.out.iter().position(is_current).unwrap_or(0);
        if place < self.out.len() {
            let (_, permit) = self.out.remove(place);
            self.end(permit, verdict, millis);
        }
    }

    fn end(&mut self, permit: Permit, verdict: Verdict, millis: u64) {
        let answer = Answer {
            verdict,
            elapsed: Some(Duration::from_millis(millis)),
            hint: None,
        };
        let told = &mut self.told;
        let tell = &mut |notice| told.hear(notice);
        self.breaker.record(permit, answer, || self.now, tell);
    }

    pub(super) fn release(&mut self) -> report::Verdict {
        let (_, permit) = self
            .out
            .pop()
            .ok_or_else(|| Mismatch::unknown("nothing to release"))?;
        self.breaker.release(permit);
        Ok(())
    }

    fn command(&mut self, command: Command) -> bool {
        let told = &mut self.told;
        let tell = &mut |notice| told.hear(notice);
        self.breaker.command(command, self.now, tell)
    }

    pub(super) fn reset(&mut self) -> report::Verdict {
        expect_eq(true, self.command(Command::Reset))
    }

    pub(super) fn transition(&mut self, step: &Step) -> report::Verdict {
        let until = |millis| Timestamp::default() + Duration::from_millis(millis);
        let command = match (step.to.as_deref(), step.for_ms, step.until_ms) {
            (Some("OPEN"), None, None) => Command::Open,
            (Some("OPEN"), Some(wait), None) => Command::OpenFor(Duration::from_millis(wait)),
            (Some("OPEN"), None, Some(end)) => Command::OpenFor(until(end).since(self.now)),
            (Some("HALF_OPEN"), None, None) => Command::Probe,
            (Some("CLOSED"), None, None) => Command::Reset,
            (Some("FORCED_OPEN"), None, None) => Command::ForceOpen,
            (Some("DISABLED"), None, None) => Command::Disable,
            (Some("METRICS_ONLY"), None, None) => Command::CountOnly,
            other => return Err(Mismatch::unknown(format!("a transition to {other:?}"))),
        };
        expect_eq(!step.illegal, self.command(command))
    }

    pub(super) fn expect(&self, step: usize, expected: &Expected) -> report::Verdict {
        let seen = self.breaker.snapshot(self.now + self.ahead);
        if let Some(state) = &expected.state {
            expect_eq(
                (step, state.to_lowercase()),
                (step, seen.state.name().to_owned()),
            )?;
        }
        expected.judge(step, &seen)?;
        for (name, count) in &expected.events_count {
            let known = [
                "failure_rate_exceeded",
                "slow_call_rate_exceeded",
                "state_transition",
            ];
            if !known.contains(&name.as_str()) {
                return Err(Mismatch::unknown(format!("an event {name}")));
            }
            let found = self.told.counts.get(name.as_str()).copied();
            expect_eq((step, name, *count), (step, name, found.unwrap_or(0)))?;
        }
        Ok(())
    }
}

impl Expected {
    fn judge(&self, step: usize, seen: &Snapshot) -> report::Verdict {
        let counts = &seen.counts;
        let numbers = [
            ("successful", self.successful, counts.successful()),
            ("buffered", self.buffered, counts.calls),
            ("failed", self.failed, counts.failed),
            ("slow", self.slow, counts.slow),
            (
                "slow_successful",
                self.slow_successful,
                counts.slow - counts.slow_failed,
            ),
            ("slow_failed", self.slow_failed, counts.slow_failed),
            ("not_permitted", self.not_permitted, seen.refused),
        ];
        for (name, expected, found) in numbers {
            expect_eq((step, name, expected.unwrap_or(found)), (step, name, found))?;
        }
        let rates = [
            ("failure rate", self.failure_rate_pct, seen.failure_rate),
            ("slow rate", self.slow_call_rate_pct, seen.slow_rate),
        ];
        for (name, expected, found) in rates {
            // Too few calls to judge are -1 there.
            let found = found.map_or(-1.0, |rate| rate * 100.0);
            let expected = expected.unwrap_or(found);
            report::expect(
                (expected - found).abs() < 1e-3,
                (step, name, expected),
                found,
            )?;
        }
        Ok(())
    }
}

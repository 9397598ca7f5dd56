//! The whole, against a model that keeps a list of everything.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::breaker::{Rate, Stalled, Window};

const SECOND: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug)]
struct Settings {
    calls: Option<u32>,
    buckets: u32,
    failures: u32,
    slow: u32,
    minimum: u32,
    probes: u32,
    closes: bool,
    growth: u32,
}

fn settings() -> impl Strategy<Value = Settings> {
    let rates = || prop_oneof![Just(1_u32), Just(33), Just(50), Just(100)];
    let windows = prop_oneof![Just(None), (1_u32..8).prop_map(Some)];
    let sizes = (windows, 1_u32..5, 1_u32..6, 1_u32..5);
    (
        sizes,
        rates(),
        rates(),
        any::<bool>(),
        prop_oneof![Just(100_u32), Just(150), Just(200)],
    )
        .prop_map(
            |((calls, buckets, minimum, probes), failures, slow, closes, growth)| Settings {
                calls,
                buckets,
                failures,
                slow,
                minimum: minimum.min(calls.unwrap_or(minimum)),
                probes,
                closes,
                growth,
            },
        )
}

const OPEN: u64 = 4 * SECOND;
const LONGEST: u64 = 10 * SECOND;
const LIMIT: u64 = 3 * SECOND;

impl Settings {
    fn circuit(self) -> Circuit {
        let window = match self.calls {
            Some(calls) => Window::calls(calls),
            None => Window::buckets(secs(1), self.buckets),
        };
        let percent = |percent| Rate::from_percent(percent).unwrap();
        let stalled = if self.closes {
            Stalled::Close
        } else {
            Stalled::Open
        };
        let open = [OPEN, LONGEST, LIMIT].map(Duration::from_nanos);
        Circuit::default()
            .with_window(window.unwrap())
            .with_failure_rate(percent(self.failures))
            .with_slow_call_rate(percent(self.slow), secs(1))
            .with_minimum_calls(self.minimum)
            .and_then(|circuit| circuit.with_probes(self.probes))
            .and_then(|circuit| circuit.with_open_growth(open[0], self.growth, open[1]))
            .and_then(|circuit| circuit.with_half_open_for(open[2], stalled))
            .unwrap()
    }
}

struct Model {
    settings: Settings,
    state: State,
    period: u64,
    until: u64,
    times_open: u32,
    given: u32,
    results: Vec<(u64, bool, bool)>,
}

impl Model {
    fn enter(&mut self, state: State, now: u64) {
        self.state = state;
        self.period += 1;
        match state {
            State::Open => {
                self.times_open += 1;
                let mut wait = OPEN;
                for _ in 1..self.times_open {
                    wait = (wait * u64::from(self.settings.growth) / 100).min(LONGEST);
                }
                self.until = now + wait + 1;
            }
            State::HalfOpen => {
                self.until = now + LIMIT;
                self.given = 0;
                self.results.clear();
            }
            _ => {
                self.times_open = 0;
                self.results.clear();
            }
        }
    }

    fn pass_time(&mut self, now: u64) {
        if self.state == State::HalfOpen && now >= self.until {
            let end = self.until;
            let to = if self.settings.closes {
                State::Closed
            } else {
                State::Open
            };
            self.enter(to, end);
        }
    }

    fn seen(&self, now: u64) -> State {
        match self.state {
            State::HalfOpen if now >= self.until && self.settings.closes => State::Closed,
            State::HalfOpen if now >= self.until => {
                let mut later = Self {
                    results: Vec::new(),
                    ..*self
                };
                later.pass_time(now);
                later.seen(now)
            }
            State::Open if now >= self.until => State::HalfOpen,
            state => state,
        }
    }

    /// The period that a call is let through in.
    fn acquire(&mut self, now: u64) -> Option<u64> {
        self.pass_time(now);
        if self.state == State::Open && now >= self.until {
            self.enter(State::HalfOpen, now);
        }
        match self.state {
            State::Closed => Some(self.period),
            State::HalfOpen if self.given < self.settings.probes => {
                self.given += 1;
                Some(self.period)
            }
            _ => None,
        }
    }

    fn record(&mut self, period: u64, failed: bool, slow: bool, now: u64) {
        if period != self.period {
            return;
        }
        self.pass_time(now);
        if period != self.period {
            return;
        }
        self.results.push((now / SECOND, failed, slow));
        let settings = self.settings;
        let minimum = match self.state {
            State::HalfOpen => settings.minimum.min(settings.probes),
            _ => {
                if let Some(calls) = settings.calls {
                    let over = self.results.len().saturating_sub(calls as usize);
                    self.results.drain(..over);
                } else {
                    let buckets = u64::from(settings.buckets);
                    self.results
                        .retain(|(second, ..)| now / SECOND - second < buckets);
                }
                settings.minimum
            }
        };
        let calls = self.results.len();
        if calls < minimum as usize {
            return;
        }
        let share = |count: usize| 100 * count;
        let failures = self.results.iter().filter(|(_, failed, _)| *failed).count();
        let slow = self.results.iter().filter(|(.., slow)| *slow).count();
        let is_bad = share(failures) >= settings.failures as usize * calls
            || share(slow) >= settings.slow as usize * calls;
        match (self.state, is_bad) {
            (_, true) => self.enter(State::Open, now),
            (State::HalfOpen, false) => self.enter(State::Closed, now),
            _ => {}
        }
    }

    fn release(&mut self, period: u64) {
        if period == self.period && self.state == State::HalfOpen {
            self.given -= 1;
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    End { at: usize, failed: bool, slow: bool },
    Drop { at: usize },
    Wait(u64),
    Reset,
    Open,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let waits = prop_oneof![
        Just(1),
        Just(SECOND),
        Just(LIMIT - 1),
        Just(LIMIT),
        Just(OPEN),
        Just(OPEN + 1),
        0..20 * SECOND,
    ];
    let step = prop_oneof![
        6 => Just(Step::Begin),
        6 => (any::<usize>(), any::<bool>(), any::<bool>())
            .prop_map(|(at, failed, slow)| Step::End { at, failed, slow }),
        1 => any::<usize>().prop_map(|at| Step::Drop { at }),
        2 => waits.prop_map(Step::Wait),
        1 => prop_oneof![4 => Just(Step::Open), 1 => Just(Step::Reset)],
    ];
    prop::collection::vec(step, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn it_agrees_with_a_list_of_all_results(settings in settings(), steps in steps()) {
        let scene = Scene::new(settings.circuit());
        let mut model = Model {
            settings,
            state: State::Closed,
            period: 0,
            until: 0,
            times_open: 0,
            given: 0,
            results: Vec::new(),
        };
        let mut under_way = Vec::new();
        for step in steps {
            let now = scene.now().as_nanos();
            match step {
                Step::Begin => {
                    let expected = model.acquire(now);
                    let found = scene.acquire();
                    prop_assert_eq!(found.is_ok(), expected.is_some());
                    if let (Ok(permit), Some(period)) = (found, expected) {
                        under_way.push((permit, period));
                    }
                }
                Step::End { at, failed, slow } if !under_way.is_empty() => {
                    let (permit, period) = under_way.swap_remove(at % under_way.len());
                    model.record(period, failed, slow, now);
                    let answer = Answer {
                        verdict: if failed { Verdict::Failure } else { Verdict::Success },
                        elapsed: Some(if slow { secs(2) } else { secs(1) }),
                        hint: None,
                    };
                    scene.record(permit, answer);
                }
                Step::Drop { at } if !under_way.is_empty() => {
                    let (permit, period) = under_way.swap_remove(at % under_way.len());
                    model.release(period);
                    scene.breaker.release(permit);
                }
                Step::Wait(nanos) => scene.wait(Duration::from_nanos(nanos)),
                Step::Reset => {
                    model.pass_time(now);
                    model.enter(State::Closed, now);
                    scene.command(Command::Reset);
                }
                Step::Open => {
                    model.pass_time(now);
                    model.enter(State::Open, now);
                    scene.command(Command::Open);
                }
                Step::End { .. } | Step::Drop { .. } => {}
            }
            let now = scene.now().as_nanos();
            prop_assert_eq!(scene.state(), model.seen(now));
            let is_refused = scene.breaker.look(scene.now()).is_some();
            let is_full = model.state == State::HalfOpen && model.given >= settings.probes && now < model.until;
            prop_assert_eq!(is_refused, model.seen(now) == State::Open || is_full);
        }
    }
}

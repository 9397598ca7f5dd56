use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress_core::breaker::{Cause as ChangeCause, Change, Counts, Exceeded, Snapshot, State};
use buttress_core::history::Cause;
use buttress_core::quota::{Level, Quota};
use buttress_core::{Key, Observer, Outcome, Rejected, Timestamp, Why};
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key as Series, KeyName, Metadata, Recorder,
    SharedString, Unit, with_local_recorder,
};

use super::*;
use crate::observe::{Kind, Metric, OTHER, Story};

/// Keeps the numbers of all series, and how often one was asked for.
#[derive(Clone, Default)]
struct Recorded {
    numbers: Arc<Mutex<BTreeMap<String, Number>>>,
    described: Arc<Mutex<Vec<(String, String)>>>,
    looked_up: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Number {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Sum>),
}

#[derive(Default)]
struct Sum(Mutex<(u64, f64)>);

impl HistogramFn for Sum {
    fn record(&self, value: f64) {
        let mut sum = self.0.lock().unwrap();
        *sum = (sum.0 + 1, sum.1 + value);
    }
}

impl Recorded {
    fn series<T>(
        &self,
        key: &Series,
        make: impl FnOnce() -> Number,
        of: impl FnOnce(Number) -> T,
    ) -> T {
        self.looked_up.fetch_add(1, Ordering::Relaxed);
        let labels = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<_> = labels.filter(|label| !label.ends_with('=')).collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        of(self
            .numbers
            .lock()
            .unwrap()
            .entry(name)
            .or_insert_with(make)
            .clone())
    }

    fn describe(&self, name: &KeyName, help: &SharedString) {
        let described = (name.as_str().to_owned(), help.to_string());
        self.described.lock().unwrap().push(described);
    }

    /// All that is not zero, with `upstream=up` left out.
    fn told(&self) -> Vec<String> {
        let numbers = self.numbers.lock().unwrap();
        let told = numbers.iter().filter_map(|(name, number)| {
            let number = match number {
                Number::Counter(count) => count.load(Ordering::Relaxed).to_string(),
                Number::Gauge(bits) => f64::from_bits(bits.load(Ordering::Relaxed)).to_string(),
                Number::Histogram(sum) => {
                    let (count, sum) = *sum.0.lock().unwrap();
                    format!("{count}/{sum}")
                }
            };
            let name = name
                .replace("upstream=up,", "")
                .replace("{upstream=up}", "");
            let name = name.replace("buttress_", "");
            (!["0", "0/0"].contains(&number.as_str())).then(|| format!("{name} {number}"))
        });
        told.collect()
    }

    fn names(&self) -> Vec<String> {
        let numbers = self.numbers.lock().unwrap();
        let name = |series: &String| series.split('{').next().map(str::to_owned);
        let mut names: Vec<_> = numbers.keys().filter_map(name).collect();
        names.dedup();
        names
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, help: SharedString) {
        self.describe(&name, &help);
    }

    fn register_counter(&self, key: &Series, _: &Metadata<'_>) -> Counter {
        self.series(
            key,
            || Number::Counter(Arc::default()),
            |number| match number {
                Number::Counter(count) => Counter::from_arc(count),
                _ => panic!("{key} is no counter"),
            },
        )
    }

    fn register_gauge(&self, key: &Series, _: &Metadata<'_>) -> Gauge {
        self.series(
            key,
            || Number::Gauge(Arc::default()),
            |number| match number {
                Number::Gauge(bits) => Gauge::from_arc(bits),
                _ => panic!("{key} is no gauge"),
            },
        )
    }

    fn register_histogram(&self, key: &Series, _: &Metadata<'_>) -> Histogram {
        self.series(
            key,
            || Number::Histogram(Arc::default()),
            |number| match number {
                Number::Histogram(sum) => Histogram::from_arc(sum),
                _ => panic!("{key} is no histogram"),
            },
        )
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn tell(metrics: &Metrics, events: &[Event<'_>]) -> Recorded {
    let recorded = Recorded::default();
    with_local_recorder(&recorded, || {
        events.iter().for_each(|event| metrics.observe(event));
    });
    recorded
}

fn told(events: &[Event<'_>]) -> Vec<String> {
    tell(&Metrics::new("up"), events).told()
}

fn attempt(outcome: Option<&Outcome>, status: Option<u16>) -> Event<'_> {
    Event::AttemptEnded {
        attempt: 1,
        method: "POST",
        outcome,
        status,
        elapsed: SECOND,
        had_slot: true,
    }
}

fn call(class: Option<Class>, story: &Story) -> Event<'_> {
    Event::CallEnded {
        class,
        status: None,
        elapsed: 2 * SECOND,
        story,
    }
}

fn changed<'a>(change: &'a Change, snapshot: &'a Snapshot) -> Event<'a> {
    Event::BreakerChanged {
        key: Key::ALL,
        change,
        snapshot,
    }
}

fn change(from: State, to: State) -> Change {
    Change {
        from,
        to,
        cause: ChangeCause::Exceeded(Exceeded::default()),
        at: Timestamp::ORIGIN,
        not_before: None,
    }
}

fn snapshot(failure_rate: Option<f64>) -> Snapshot {
    Snapshot {
        state: State::Open,
        since: Timestamp::ORIGIN,
        not_before: None,
        times_open: 1,
        counts: Counts::default(),
        failure_rate,
        slow_rate: None,
        refused: 0,
    }
}

#[test]
fn calls_and_attempts_are_counted_by_class_and_timed() {
    let story = Story::default();
    let overloaded = Outcome::new(Class::Overloaded);
    let events = [
        attempt(Some(&overloaded), Some(529)),
        attempt(None, None),
        call(Some(Class::Ok), &story),
        call(None, &story),
    ];
    let expected = [
        "attempt_duration_seconds 2/2",
        "attempts_total{class=dropped} 1",
        "attempts_total{class=overloaded} 1",
        "call_duration_seconds 2/4",
        "calls_total{class=dropped} 1",
        "calls_total{class=ok} 1",
    ];
    assert_eq!(told(&events), expected);
}

#[test]
fn a_stream_that_fails_is_counted_by_class_and_its_call_stays_a_success() {
    let story = Story::default();
    let (cut, busy) = [Class::Interrupted, Class::Overloaded]
        .map(Outcome::new)
        .into();
    let failed = |outcome| Event::StreamFailed { outcome };
    let ended = call(Some(Class::Ok), &story);
    let expected = [
        "call_duration_seconds 1/2",
        "calls_total{class=ok} 1",
        "stream_failures_total{class=interrupted} 1",
        "stream_failures_total{class=overloaded} 2",
    ];
    assert_eq!(
        told(&[ended, failed(&cut), failed(&busy), failed(&busy)]),
        expected
    );
}

#[test]
fn a_limit_hit_by_an_attempt_that_had_a_slot_is_one_that_the_limiter_missed() {
    let limited = Outcome::new(Class::RateLimited);
    let mut without = attempt(Some(&limited), Some(429));
    if let Event::AttemptEnded { had_slot, .. } = &mut without {
        *had_slot = false;
    }
    let missed = |events: &[Event<'_>]| told(events).contains(&"limiter_missed_total 1".to_owned());
    assert!(missed(&[attempt(Some(&limited), Some(429)), without]));
    assert!(!missed(&[
        without,
        attempt(Some(&Outcome::new(Class::Ok)), None)
    ]));
}

#[test]
fn whoever_waits_is_a_waiter_until_the_wait_is_over() {
    let began = |cause| Event::WaitBegan {
        cause,
        key: Key::ALL,
        wait: None,
    };
    let events = [
        began(Cause::Cooldown),
        began(Cause::Cooldown),
        began(Cause::RateLimit),
        Event::Waited {
            cause: Cause::Cooldown,
            key: Key::ALL,
            wait: 3 * SECOND,
            given_up: true,
        },
    ];
    let expected = [
        "wait_duration_seconds{cause=cooldown} 1/3",
        "waiters{cause=cooldown} 1",
        "waiters{cause=rate_limit} 1",
    ];
    assert_eq!(told(&events), expected);
}

#[test]
fn refusals_retries_and_malformed_hints_are_counted() {
    let rejected = Rejected::new(Why::CircuitOpen, Key::ALL);
    let outcome = Outcome::new(Class::RateLimited).with_malformed_hints(2);
    let events = [
        Event::Rejected {
            rejected: &rejected,
        },
        Event::Classified { outcome: &outcome },
        Event::RetryScheduled {
            attempt: 1,
            outcome: &outcome,
            wait: SECOND,
            cause: Cause::Hint,
        },
    ];
    let expected = [
        "malformed_hints_total 2",
        "rejections_total{why=circuit_open} 1",
        "retries_total{cause=hint} 1",
    ];
    assert_eq!(told(&events), expected);
}

#[test]
fn what_a_circuit_was_goes_back_to_zero() {
    let (bad, new) = (snapshot(Some(0.75)), snapshot(None));
    let opened = change(State::Closed, State::Open);
    let probing = change(State::Open, State::HalfOpen);
    let closed = change(State::HalfOpen, State::Closed);
    let mut events = vec![changed(&opened, &bad)];
    let open = [
        "breaker_failure_ratio 0.75",
        "breaker_state{state=open} 1",
        "breaker_transitions_total{state=open} 1",
    ];
    assert_eq!(told(&events), open);
    events.push(changed(&probing, &new));
    assert!(told(&events).contains(&"breaker_state{state=half_open} 1".to_owned()));
    assert!(!told(&events).contains(&"breaker_state{state=open} 1".to_owned()));
    events.push(changed(&closed, &new));
    let closed = [
        "breaker_state{state=closed} 1",
        "breaker_transitions_total{state=closed} 1",
        "breaker_transitions_total{state=half_open} 1",
        "breaker_transitions_total{state=open} 1",
    ];
    assert_eq!(told(&events), closed);
}

#[test]
fn changes_that_are_told_in_another_order_come_to_the_same() {
    let snapshot = snapshot(None);
    let all = [
        change(State::Closed, State::Open),
        change(State::Open, State::HalfOpen),
        change(State::HalfOpen, State::Closed),
        change(State::Closed, State::Open),
    ];
    let state = |order: [usize; 4]| {
        let stand = Event::BreakerLevel {
            states: [1, 0, 0, 0, 0, 0],
            failure_rate: None,
            slow_rate: None,
        };
        let changes = order.map(|index| changed(&all[index], &snapshot));
        let events: Vec<_> = std::iter::once(stand).chain(changes).collect();
        let mut told = told(&events);
        told.retain(|line| line.starts_with("breaker_state"));
        told
    };
    assert_eq!(state([0, 1, 2, 3]), ["breaker_state{state=open} 1"]);
    assert_eq!(state([0, 1, 3, 2]), state([0, 1, 2, 3]));
}

#[test]
fn levels_are_there_from_when_they_are_known() {
    let recorded = tell(&Metrics::new("up"), &[call(None, &Story::default())]);
    let levels = ["budget", "quota", "cooldown_remaining", "breaker"];
    let is_level = |name: &String| levels.iter().any(|level| name.contains(level));
    assert!(
        !recorded.names().iter().any(is_level),
        "{:?}",
        recorded.names()
    );
    let quota = Quota::per_minute(500).unwrap().counting_calls();
    let level = |remaining| Event::QuotaLevel {
        level: level_of(quota, remaining),
    };
    let pause = Event::PauseBegan {
        key: Key::ALL,
        why: Why::Cooldown,
        until: Timestamp::MAX,
        remaining: 5 * SECOND,
    };
    let levels = [
        level(20),
        level(7),
        Event::BudgetLevel { balance: 3 },
        pause,
    ];
    let expected = [
        "cooldown_remaining_seconds 5",
        "quota_limit_units{quota=calls_per_minute} 500",
        "quota_remaining_units{quota=calls_per_minute} 7",
        "retry_budget_retries 3",
    ];
    assert_eq!(told(&levels), expected);
    let over = [
        pause,
        Event::PauseEnded { key: Key::ALL },
        Event::BudgetLevel { balance: u32::MAX },
    ];
    assert_eq!(told(&over), ["retry_budget_retries inf"]);
}

fn level_of(quota: Quota, remaining: u64) -> Level {
    Level {
        quota,
        remaining,
        reset: Timestamp::MAX,
        spent: None,
    }
}

#[test]
fn quotas_past_the_bound_are_one_series() {
    let quotas = (1..=40).map(|seconds| Quota::new(1, seconds * SECOND).unwrap());
    let level = |quota| Event::QuotaLevel {
        level: level_of(quota, 1),
    };
    let events: Vec<_> = quotas.map(level).collect();
    let told = told(&events);
    assert_eq!(told.len(), 2 * 17, "{told:?}");
    assert!(told.contains(&format!("quota_limit_units{{quota={OTHER}}} 1")));
}

#[test]
fn a_handle_is_looked_up_once_whatever_comes_after() {
    let (story, outcome) = (Story::default(), Outcome::new(Class::Ok));
    let metrics = Metrics::new("up").with_http_names("api.example.com");
    let events = [
        call(Some(Class::Ok), &story),
        attempt(Some(&outcome), Some(200)),
    ];
    let recorded = tell(&metrics, &events);
    let looked_up = recorded.looked_up.load(Ordering::Relaxed);
    with_local_recorder(&recorded, || {
        for _ in 0..100 {
            events
                .iter()
                .for_each(|event| metrics.clone().observe(event));
        }
    });
    assert_eq!(recorded.looked_up.load(Ordering::Relaxed), looked_up);
}

#[test]
fn every_metric_is_told_under_its_name_and_with_its_labels_and_no_other() {
    let quota = Quota::per_second(1).unwrap();
    let (outcome, story) = (Outcome::new(Class::Ok), Story::default());
    let events = [
        call(Some(Class::Ok), &story),
        attempt(Some(&outcome), Some(500)),
        Event::BudgetLevel { balance: 1 },
        Event::PauseLevel { remaining: SECOND },
        Event::BreakerLevel {
            states: [1; 6],
            failure_rate: Some(0.5),
            slow_rate: Some(0.5),
        },
        Event::QuotaLevel {
            level: level_of(quota, 1),
        },
    ];
    let metrics = Metrics::new("up")
        .with_profile("openai")
        .with_http_names("host");
    let recorded = tell(&metrics, &events);
    let mut names: Vec<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    names.sort_unstable();
    assert_eq!(recorded.names(), names);
    let described = recorded.described.lock().unwrap().clone();
    let expected = Metric::ALL.map(|it| (it.name().to_owned(), it.help().to_owned()));
    assert_eq!(described, expected);
    for (series, number) in recorded.numbers.lock().unwrap().iter() {
        let (name, labels) = series.trim_end_matches('}').split_once('{').unwrap();
        let metric = Metric::ALL.iter().find(|it| it.name() == name).unwrap();
        let labels: Vec<_> = labels
            .split(',')
            .map(|label| label.split('=').next().unwrap())
            .collect();
        assert_eq!(labels, metric.labels(), "{series}");
        let kind = match number {
            Number::Counter(_) => Kind::Counter,
            Number::Gauge(_) => Kind::Gauge,
            Number::Histogram(_) => Kind::Histogram,
        };
        assert_eq!(kind, metric.kind(), "{series}");
    }
}

#[test]
fn the_name_of_opentelemetry_has_its_labels_and_only_those_that_say_something() {
    let (ok, refused) = (Outcome::new(Class::Ok), Outcome::new(Class::Connect));
    let events = [
        attempt(Some(&ok), Some(200)),
        attempt(Some(&ok), Some(503)),
        attempt(Some(&ok), Some(999)),
        attempt(Some(&refused), None),
        attempt(None, None),
    ];
    let metrics = Metrics::new("up").with_http_names("api.example.com");
    let mut told = tell(&metrics, &events).told();
    told.retain(|line| line.starts_with("http."));
    let expected = [
        ",error.type=connect} 1/1",
        ",error.type=dropped} 1/1",
        ",http.response.status_code=200} 1/1",
        ",http.response.status_code=503,error.type=503} 1/1",
        "} 1/1",
    ];
    let expected = expected.map(|labels| {
        format!("http.client.request.duration{{http.request.method=POST,server.address=api.example.com{labels}")
    });
    assert_eq!(told, expected);
}

#[test]
fn upstreams_past_the_ceiling_are_one() {
    let upstreams = Upstreams::new(2);
    let recorded = Recorded::default();
    let story = Story::default();
    with_local_recorder(&recorded, || {
        for name in ["a", "b", "c", "d", "a", "c"] {
            upstreams
                .metrics(name, "openai")
                .observe(&call(None, &story));
        }
    });
    let mut told = recorded.told();
    told.retain(|line| line.starts_with("calls_total"));
    let expected = [
        "calls_total{upstream=a,profile=openai,class=dropped} 2",
        "calls_total{upstream=b,profile=openai,class=dropped} 1",
        "calls_total{upstream=other,class=dropped} 3",
    ];
    assert_eq!(told, expected);
}

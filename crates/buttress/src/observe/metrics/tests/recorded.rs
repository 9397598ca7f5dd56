//! A recorder that keeps what it is told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key as Series, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// Keeps the numbers of all series, and how often one was asked for.
#[derive(Clone, Default)]
pub(super) struct Recorded {
    pub(super) numbers: Arc<Mutex<BTreeMap<String, Number>>>,
    pub(super) described: Arc<Mutex<Vec<(String, String)>>>,
    pub(super) looked_up: Arc<AtomicU64>,
}

#[derive(Clone)]
pub(super) enum Number {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Sum>),
}

#[derive(Default)]
pub(super) struct Sum(Mutex<(u64, f64)>);

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
    pub(super) fn told(&self) -> Vec<String> {
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

    pub(super) fn names(&self) -> Vec<String> {
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

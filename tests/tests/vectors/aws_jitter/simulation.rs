//! One row, and clients that all want to write it: how long until each has, and how many writes that took.
//!
//! After `aws-arch-backoff-simulator`. A client reads the version of the row, then writes with that version; a write
//! whose version is old fails, and the client waits and reads again. Every message takes its time. Nothing else here
//! happens at a time of its own, so an event is the arrival of a message at the server.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::f64::consts::TAU;
use std::time::Duration;

use buttress_core::Timestamp;
use buttress_core::backoff::Backoff;
use serde::Deserialize;

/// What the file says of the model.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    net_mean_ms: f64,
    net_sd_ms: f64,
    pub(super) base_ms: f64,
    pub(super) cap_ms: f64,
    /// The number of failures at the first backoff.
    pub(super) first_backoff_n: u32,
}

/// For a file that does not say it: the source's own figures.
impl Default for Model {
    fn default() -> Self {
        Self {
            net_mean_ms: 10.0,
            net_sd_ms: 2.0,
            base_ms: 5.0,
            cap_ms: 2_000.0,
            first_backoff_n: 1,
        }
    }
}

/// What came of some runs, on average.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Means {
    /// Writes that reached the server.
    pub(super) calls: f64,
    /// When the last event was.
    pub(super) completion_ms: f64,
}

/// The means of `runs` runs.
pub(super) fn means(model: &Model, backoff: &Backoff, clients: usize, runs: u32) -> Means {
    let mut sum = Means::default();
    for seed in 0..runs {
        let mut run = Run::new(model, backoff, clients, u64::from(seed));
        run.finish();
        sum.calls += f64::from(run.calls);
        sum.completion_ms += run.last.since(BEGIN).as_secs_f64() * 1e3;
    }
    Means {
        calls: sum.calls / f64::from(runs),
        completion_ms: sum.completion_ms / f64::from(runs),
    }
}

const BEGIN: Timestamp = Timestamp::from_nanos(0);

#[derive(Clone, Copy, Default)]
struct Client {
    failures: u32,
    previous: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Message {
    Read,
    Write { version: u32 },
}

struct Run<'a> {
    model: &'a Model,
    backoff: &'a Backoff,
    clients: Vec<Client>,
    /// Messages under way to the server, with the client that sent them; the earliest first.
    arrivals: BinaryHeap<Reverse<(Timestamp, usize, Message)>>,
    version: u32,
    calls: u32,
    last: Timestamp,
    random: fastrand::Rng,
}

impl<'a> Run<'a> {
    fn new(model: &'a Model, backoff: &'a Backoff, clients: usize, seed: u64) -> Self {
        let mut run = Self {
            model,
            backoff,
            clients: vec![Client::default(); clients],
            arrivals: BinaryHeap::with_capacity(clients),
            version: 0,
            calls: 0,
            last: BEGIN,
            random: fastrand::Rng::with_seed(seed),
        };
        (0..clients).for_each(|client| run.send(BEGIN, client, Message::Read));
        run
    }

    fn finish(&mut self) {
        while let Some(Reverse((now, client, message))) = self.arrivals.pop() {
            let answered = now + self.net_delay();
            self.last = self.last.max(answered);
            match message {
                Message::Read => {
                    let version = self.version;
                    self.send(answered, client, Message::Write { version });
                }
                Message::Write { version } => self.write(version, client, answered),
            }
        }
    }

    fn write(&mut self, version: u32, client: usize, answered: Timestamp) {
        self.calls += 1;
        if version == self.version {
            self.version += 1;
            return;
        }
        let wait = self.wait(client);
        self.send(answered + wait, client, Message::Read);
    }

    fn wait(&mut self, client: usize) -> Duration {
        let Client { failures, previous } = self.clients[client];
        // The model's `base·2ⁿ` is ours one attempt later.
        let made = self.model.first_backoff_n + failures + 1;
        let wait = self.backoff.wait(made, previous, &mut self.random);
        self.clients[client] = Client {
            failures: failures + 1,
            previous: wait,
        };
        wait
    }

    fn send(&mut self, now: Timestamp, client: usize, message: Message) {
        let arrival = now + self.net_delay();
        self.arrivals.push(Reverse((arrival, client, message)));
    }

    /// `|Normal(mean, sd)|`, by Box and Muller.
    fn net_delay(&mut self) -> Duration {
        let (radius, angle) = (1.0 - self.random.f64(), self.random.f64() * TAU);
        let normal = (-2.0 * radius.ln()).sqrt() * angle.cos();
        let millis = self.model.net_mean_ms + self.model.net_sd_ms * normal;
        Duration::from_secs_f64(millis.abs() / 1e3)
    }
}

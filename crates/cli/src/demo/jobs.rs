//! Workers that take jobs from one queue.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use buttress::Clock;
use buttress::core::{BoxError, Class, Timestamp};
use buttress_testkit::{Server, Snapshot};
use tokio::task::JoinSet;

use super::calls::{self, Ended};
use super::progress::Progress;
use super::queue::Queue;
use super::scenario::Scenario;
use super::stack::{Circuits, Client};

/// One client for each upstream.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) completions: Client,
    pub(crate) comments: Client,
    pub(crate) circuits: Arc<Circuits>,
}

/// What became of the calls, as the callers saw it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) succeeded: u64,
    /// By the name of the class.
    pub(crate) failed: BTreeMap<&'static str, u64>,
    /// How often a call was refused before it was sent, and put back for later.
    pub(crate) put_back: u64,
    /// From the call to its answer, retries and waits included.
    pub(crate) longest: Duration,
}

impl Tally {
    fn count(&mut self, class: Class, took: Duration) {
        match class {
            Class::Ok => self.succeeded += 1,
            class => *self.failed.entry(class.name()).or_default() += 1,
        }
        self.longest = self.longest.max(took);
    }

    fn add(&mut self, other: Self) {
        self.succeeded += other.succeeded;
        for (class, count) in other.failed {
            *self.failed.entry(class).or_default() += count;
        }
        self.put_back += other.put_back;
        self.longest = self.longest.max(other.longest);
    }
}

/// Of a call that is refused without a time: a circuit that waits for its probes, which take as long as an answer.
const SOON: Duration = Duration::from_millis(50);

/// How often a call is put back before that counts as its failure. An outage costs some for each time that the circuit
/// opens; more than a thousand is no outage, but a mistake.
const MOST_PUT_BACK: u16 = 1_000;

/// A job that is not done.
#[derive(Debug)]
struct Job {
    number: u16,
    step: Step,
    /// When its call was first made, and how often it was put back since.
    began: Option<Timestamp>,
    put_back: u16,
}

/// Which of its calls is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Completion,
    Comment,
}

impl Job {
    const fn new(number: u16) -> Self {
        Self::at(number, Step::Completion)
    }

    const fn at(number: u16, step: Step) -> Self {
        Self {
            number,
            step,
            began: None,
            put_back: 0,
        }
    }

    /// Whether nothing was done for it yet.
    fn is_new(&self) -> bool {
        self.step == Step::Completion && self.began.is_none()
    }

    /// The job with its next call, if it has one. Made whatever became of the call before, so that both runs make the
    /// same calls.
    const fn next(&self) -> Option<Self> {
        match self.step {
            Step::Completion => Some(Self::at(self.number, Step::Comment)),
            Step::Comment => None,
        }
    }
}

/// The jobs of one run, and all that the workers share.
pub(crate) struct Jobs {
    scenario: Scenario,
    clients: Clients,
    progress: Progress,
    server: Server,
    url: String,
    queue: Queue<Job>,
    clock: Clock,
}

impl Jobs {
    /// All jobs of `scenario`, and the server for them.
    pub(crate) fn start(
        scenario: &Scenario,
        clients: Clients,
        progress: Progress,
    ) -> io::Result<Self> {
        let server = Server::start(scenario.config())?;
        Ok(Self {
            scenario: scenario.clone(),
            clients,
            progress,
            url: server.url(),
            server,
            queue: (0..scenario.jobs).map(Job::new).collect(),
            clock: Clock::default(),
        })
    }

    /// Has the workers do them. What became of the calls, and what the server saw.
    pub(crate) async fn work(self) -> Result<(Tally, Snapshot), BoxError> {
        let jobs = Arc::new(self);
        let mut running = JoinSet::new();
        for _ in 0..jobs.scenario.workers {
            running.spawn(Arc::clone(&jobs).worker());
        }
        let mut tally = Tally::default();
        while let Some(worked) = running.join_next().await {
            tally.add(worked??);
        }
        Ok((tally, jobs.server.seen()))
    }

    async fn worker(self: Arc<Self>) -> Result<Tally, BoxError> {
        let mut tally = Tally::default();
        while let Some(job) = self.queue.next().await {
            self.weather(&job);
            self.work_on(job, &mut tally).await?;
        }
        Ok(tally)
    }

    /// What the server goes through when `job` is begun.
    fn weather(&self, job: &Job) {
        if !job.is_new() {
            return;
        }
        if let Some((fault, requests)) = self.scenario.storm(job.number) {
            self.server.storm_for(fault, requests);
        }
        if let Some((fault, length)) = self.scenario.outage(job.number) {
            self.server.go_down(fault, length);
        }
    }

    /// Makes the calls of `job` until it is done or put back.
    async fn work_on(&self, job: Job, tally: &mut Tally) -> http::Result<()> {
        let mut next = Some(job);
        while let Some(mut job) = next.take() {
            let now = self.clock.now();
            let began = *job.began.get_or_insert(now);
            let class = match self.call(&job).await? {
                Ended::As(class) => class,
                Ended::ToComeBack(_) if job.put_back == MOST_PUT_BACK => Class::Rejected,
                Ended::ToComeBack(not_before) => {
                    tally.put_back += 1;
                    job.put_back += 1;
                    let not_before = not_before.unwrap_or_else(|| self.clock.now() + SOON);
                    self.queue.put(job, not_before);
                    continue;
                }
            };
            tally.count(class, self.clock.now().since(began));
            self.progress.ended(class);
            next = job.next();
        }
        Ok(())
    }

    async fn call(&self, job: &Job) -> http::Result<Ended> {
        let (client, request) = match job.step {
            Step::Completion => {
                let request = calls::completion(&self.url, job.number)?;
                (&self.clients.completions, request)
            }
            Step::Comment => {
                let request = calls::comment(&self.url, job.number)?;
                (&self.clients.comments, request)
            }
        };
        Ok(calls::outcome(client, request).await)
    }
}

#[cfg(test)]
mod tests;

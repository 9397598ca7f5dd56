//! Workers that take jobs from one list.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use buttress::Clock;
use buttress::core::{BoxError, Class};
use buttress_testkit::{Server, Snapshot};
use http::Request;
use reqwest::Body;
use tokio::task::JoinSet;

use super::calls;
use super::progress::Progress;
use super::scenario::Scenario;
use super::stack::Client;

/// One client for each upstream.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) completions: Client,
    pub(crate) comments: Client,
}

/// What became of the calls, as the callers saw it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) succeeded: u64,
    /// By the name of the class.
    pub(crate) failed: BTreeMap<&'static str, u64>,
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
        self.longest = self.longest.max(other.longest);
    }
}

/// The list of one run, and all that the workers share.
pub(crate) struct Jobs {
    scenario: Scenario,
    clients: Clients,
    progress: Progress,
    server: Server,
    url: String,
    next: AtomicU16,
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
            next: AtomicU16::new(0),
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
        while let Some(job) = self.take() {
            if let Some((fault, requests)) = self.scenario.storm(job) {
                self.server.storm_for(fault, requests);
            }
            let completion = calls::completion(&self.url, job)?;
            self.call(&self.clients.completions, completion, &mut tally)
                .await;
            // Made whatever became of the completion, so that both runs make the same calls.
            let comment = calls::comment(&self.url, job)?;
            self.call(&self.clients.comments, comment, &mut tally).await;
        }
        Ok(tally)
    }

    fn take(&self) -> Option<u16> {
        let job = self.next.fetch_add(1, Ordering::Relaxed);
        (job < self.scenario.jobs).then_some(job)
    }

    async fn call(&self, client: &Client, request: Request<Body>, tally: &mut Tally) {
        let clock = Clock::default();
        let began = clock.now();
        let class = calls::outcome(client, request).await;
        tally.count(class, clock.now().since(began));
        self.progress.ended(class);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallies_of_workers_add_up_and_the_longest_wait_is_kept() {
        let second = Duration::from_secs(1);
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.count(Class::Ok, second);
        one.count(Class::RateLimited, 3 * second);
        other.count(Class::RateLimited, 2 * second);
        other.count(Class::Interrupted, second);
        one.add(other);
        assert_eq!(one.succeeded, 1);
        assert_eq!(one.failed, [("interrupted", 1), ("rate_limited", 2)].into());
        assert_eq!(one.longest, 3 * second);
    }
}

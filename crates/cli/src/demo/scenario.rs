//! What the server limits, and how it fails.

use std::fmt;
use std::time::Duration;

use buttress_testkit::{Config, Fault, GitHubLimits, Hint, OpenAiLimits};

use super::Options;

const MINUTE: Duration = Duration::from_secs(60);

/// A minute lasts a second. If it were shorter, GitHub's hints, which are whole seconds, would tell several minutes.
const TIME_SCALE: u32 = 60;

/// Fewer than the workers ask for, so that both limits bite.
const COMMENTS_PER_MINUTE: u32 = 50;

/// An answer takes this long: enough to have all workers' calls in flight at a time.
const LATENCY: Duration = Duration::from_millis(20);

/// More than a run can spend. The limits per hour, and those of tokens and points, are not what is shown.
const PLENTY: u64 = 1_000_000_000;

/// A storm comes once in so many jobs.
const STORM_EVERY: u16 = 100;

/// So many requests in a row meet a storm, or as many as there are workers if those are fewer. A client that sends one
/// request to look, and waits when it is refused, meets them one after the other.
const STORM: u16 = 3;

/// The server goes down when so much of the jobs is begun: what is left is enough for the bare client to waste, and the
/// run before it shows the limits.
const DOWN_AFTER_PERCENT: u32 = 75;

/// In thousandths of the requests. All of them happen instead of the deed: the server has done nothing when a call
/// fails, so that every call may be sent again. A fault after the deed would have comments made twice, as GitHub knows
/// no idempotency keys.
const FAULTS: [(Fault, u16); 5] = [
    (Fault::ServerError, 40),
    (Fault::Unavailable(Hint::None), 20),
    (Fault::Unavailable(Hint::Seconds(1)), 10),
    (Fault::EdgeBadGateway, 20),
    (Fault::ResetBeforeHead, 20),
];

/// What is run, but for the clients.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) workers: u16,
    pub(crate) jobs: u16,
    pub(crate) completions_per_minute: u32,
    pub(crate) comments_per_minute: u32,
    pub(crate) seed: u64,
    pub(crate) time_scale: u32,
    /// For how many minutes of the limits the server is down.
    pub(crate) outage: u16,
}

impl Scenario {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            workers: options.workers,
            jobs: options.jobs,
            completions_per_minute: options.rate.into(),
            comments_per_minute: COMMENTS_PER_MINUTE,
            seed: options.seed,
            time_scale: TIME_SCALE,
            outage: options.outage,
        }
    }

    /// How many calls all jobs make.
    pub(crate) fn calls(&self) -> u64 {
        2 * u64::from(self.jobs)
    }

    /// How long a minute of the limits lasts.
    pub(crate) fn minute(&self) -> Duration {
        MINUTE / self.time_scale
    }

    /// The server of one run.
    pub(crate) fn config(&self) -> Config {
        let github = GitHubLimits::default()
            .with_comments_per_minute(self.comments_per_minute.into())
            .with_comments_per_hour(PLENTY)
            .with_points_per_minute(PLENTY)
            .with_requests_per_hour(PLENTY);
        let config = Config::default()
            .with_openai(OpenAiLimits::new(
                self.completions_per_minute.into(),
                PLENTY,
            ))
            .with_github(github)
            .with_time_scale(self.time_scale)
            .with_latency(LATENCY)
            .with_seed(self.seed);
        FAULTS.into_iter().fold(config, |config, (fault, share)| {
            config.with_fault_share(fault, share)
        })
    }

    /// The storm that begins with `job`, if one does: a fault, and how many requests in a row meet it.
    ///
    /// Told by the number of the job and not by the time, so that both runs have the same storms.
    pub(crate) fn storm(&self, job: u16) -> Option<(Fault, u64)> {
        let begins = job % STORM_EVERY == STORM_EVERY / 2;
        begins.then(|| {
            (
                Fault::RateLimited(Hint::Seconds(1)),
                self.storm_size().into(),
            )
        })
    }

    /// The outage that begins with `job`, if one does: what every request meets, and for how long.
    ///
    /// It begins as the storms do, and ends by the clock: told by a number of requests, it would last the longer, the
    /// fewer a client sends.
    pub(crate) fn outage(&self, job: u16) -> Option<(Fault, Duration)> {
        let begins = self.outage > 0 && job == self.down_from();
        begins.then(|| (Fault::Unavailable(Hint::None), self.outage_length()))
    }

    fn down_from(&self) -> u16 {
        let job = u32::from(self.jobs) * DOWN_AFTER_PERCENT / 100;
        u16::try_from(job).unwrap_or(u16::MAX)
    }

    fn outage_length(&self) -> Duration {
        self.minute() * u32::from(self.outage)
    }

    fn storm_size(&self) -> u16 {
        STORM.min(self.workers)
    }

    fn storms(&self) -> usize {
        (0..self.jobs).filter_map(|job| self.storm(job)).count()
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faulty: u16 = FAULTS.iter().map(|(_, share)| share).sum();
        writeln!(
            f,
            "Jobs: {}, each a completion and a comment. Workers: {}. Seed: {}.",
            self.jobs, self.workers, self.seed,
        )?;
        writeln!(
            f,
            "Limits per minute, which lasts {:?} here: {} completions, {} comments.",
            self.minute(),
            self.completions_per_minute,
            self.comments_per_minute,
        )?;
        writeln!(
            f,
            "Faults: {} % of the requests (500, 502, 503, resets), and {} storms of {} 429s.",
            faulty / 10,
            self.storms(),
            self.storm_size(),
        )?;
        match self.outage {
            0 => write!(f, "Outage: none."),
            _ => write!(
                f,
                "Outage: 503 to every request for {:?}, from job {} on.",
                self.outage_length(),
                self.down_from(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> Scenario {
        Scenario {
            workers: 32,
            jobs: 400,
            completions_per_minute: 60,
            comments_per_minute: COMMENTS_PER_MINUTE,
            seed: 1,
            time_scale: TIME_SCALE,
            outage: 3,
        }
    }

    #[test]
    fn a_storm_comes_with_every_hundredth_job() {
        let storms = (0..400).filter_map(|job| scenario().storm(job));
        let requests: Vec<_> = storms.map(|(_, requests)| requests).collect();
        assert_eq!(requests, [3; 4]);
        assert!(scenario().storm(0).is_none());
    }

    #[test]
    fn the_server_goes_down_once_and_not_at_all_if_so_said() {
        let mut scenario = scenario();
        let outages = |scenario: &Scenario| -> Vec<_> {
            let begins = |job| scenario.outage(job).map(|(_, length)| (job, length));
            (0..400).filter_map(begins).collect()
        };
        assert_eq!(outages(&scenario), [(300, Duration::from_secs(3))]);
        scenario.outage = 0;
        assert_eq!(outages(&scenario), []);
    }

    #[test]
    fn what_is_said_of_it_fits_a_terminal() {
        let text = scenario().to_string();
        assert!(text.lines().all(|line| line.len() < 80), "{text}");
        assert!(text.contains("which lasts 1s here: 60 completions, 50 comments."));
        assert!(text.contains("4 storms of 3 429s."));
        assert!(text.contains("for 3s, from job 300 on."));
    }
}

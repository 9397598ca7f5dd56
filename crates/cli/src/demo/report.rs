//! What is printed: the table for people, the JSON for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use buttress_testkit::Snapshot;
use serde::Serialize;

use super::jobs::Tally;

/// Both runs, side by side.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    calls: u64,
    bare: Side,
    buttress: Side,
}

/// One run: what the callers got, and what the server counted.
#[derive(Debug, Serialize)]
pub(crate) struct Side {
    succeeded: u64,
    failed: u64,
    failed_by_class: BTreeMap<&'static str, u64>,
    /// Requests, by the server's count.
    attempts: u64,
    /// Answers of the server that name a limit: 429, and GitHub's 403.
    rate_limited: u64,
    /// Requests that came before the time that the server had told the same call.
    early: u64,
    /// Calls that the server did more than once.
    duplicates: usize,
    outage: Outage,
    seconds: f64,
    longest_wait_seconds: f64,
}

/// What was made of the time in which the server was down.
#[derive(Debug, Serialize)]
struct Outage {
    /// Requests that the server got in it.
    attempts: u64,
    /// The longest time for which it was left alone in it.
    quiet_seconds: f64,
    /// How often a circuit opened, in the whole run.
    circuits_opened: u64,
    /// How often a call was refused before it was sent, and put back for later, in the whole run.
    put_back: u64,
}

impl Outage {
    fn new(tally: &Tally, seen: &Snapshot, circuits_opened: u64) -> Self {
        let quiet = Duration::from_nanos(seen.outage.longest_quiet);
        Self {
            attempts: seen.outage.requests,
            quiet_seconds: to_millis(quiet),
            circuits_opened,
            put_back: tally.put_back,
        }
    }
}

/// The faults that answer as a limit does.
const LIMIT_FAULTS: [&str; 2] = ["rate_limited", "edge_too_many_requests"];

impl Side {
    pub(crate) fn new(
        tally: &Tally,
        seen: &Snapshot,
        circuits_opened: u64,
        took: Duration,
    ) -> Self {
        Self {
            succeeded: tally.succeeded,
            failed: tally.failed.values().sum(),
            failed_by_class: tally.failed.clone(),
            attempts: seen.requests(),
            rate_limited: rate_limited(seen),
            early: seen.early,
            duplicates: seen.duplicates(),
            outage: Outage::new(tally, seen, circuits_opened),
            seconds: to_millis(took),
            longest_wait_seconds: to_millis(tally.longest),
        }
    }
}

fn rate_limited(seen: &Snapshot) -> u64 {
    let endpoints = [&seen.completions, &seen.comments];
    let by_limits: u64 = endpoints.iter().map(|it| it.limited).sum();
    let faults = endpoints.iter().flat_map(|it| &it.faults);
    let by_faults = faults.filter(|(kind, _)| LIMIT_FAULTS.contains(kind));
    by_limits + by_faults.map(|(_, count)| count).sum::<u64>()
}

/// Seconds to the millisecond: what is below is the machine's noise.
fn to_millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000.0).round() / 1_000.0
}

impl Report {
    pub(crate) fn new(calls: u64, bare: Side, buttress: Side) -> Self {
        Self {
            calls,
            bare,
            buttress,
        }
    }

    /// Whether every call through the stack succeeded.
    pub(crate) fn all_went_through(&self) -> bool {
        self.buttress.succeeded == self.calls
    }

    pub(crate) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The classes that occurred in either run.
    fn classes(&self) -> BTreeSet<&'static str> {
        let sides = [&self.bare, &self.buttress];
        let classes = sides.iter().flat_map(|side| side.failed_by_class.keys());
        classes.copied().collect()
    }

    fn row<T: fmt::Display>(
        &self,
        f: &mut fmt::Formatter<'_>,
        name: &str,
        of: impl Fn(&Side) -> T,
    ) -> fmt::Result {
        row(f, name, of(&self.bare), of(&self.buttress))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "", "bare", "buttress")?;
        row(f, "calls", self.calls, self.calls)?;
        self.row(f, "succeeded", |side| side.succeeded)?;
        self.row(f, "failed", |side| side.failed)?;
        for class in self.classes() {
            let count = |side: &Side| side.failed_by_class.get(class).copied().unwrap_or_default();
            self.row(f, &format!("  {class}"), count)?;
        }
        writeln!(f)?;
        writeln!(f, "by the server's count")?;
        self.row(f, "attempts", |side| side.attempts)?;
        self.row(f, "limit answers (429, 403)", |side| side.rate_limited)?;
        self.row(f, "came back too early", |side| side.early)?;
        self.row(f, "done twice", |side| side.duplicates)?;
        writeln!(f)?;
        writeln!(f, "while it was down")?;
        self.row(f, "attempts", |side| side.outage.attempts)?;
        self.row(f, "longest quiet", |side| {
            format!("{:.2} s", side.outage.quiet_seconds)
        })?;
        self.row(f, "circuits opened", |side| side.outage.circuits_opened)?;
        self.row(f, "refused and put back", |side| side.outage.put_back)?;
        writeln!(f)?;
        self.row(f, "wall time", |side| format!("{:.2} s", side.seconds))?;
        self.row(f, "longest wait of a call", |side| {
            format!("{:.2} s", side.longest_wait_seconds)
        })
    }
}

fn row(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    bare: impl fmt::Display,
    buttress: impl fmt::Display,
) -> fmt::Result {
    writeln!(f, "{name:<26}{bare:>10}{buttress:>10}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn side(succeeded: u64, failed: &[(&'static str, u64)]) -> Side {
        let tally = Tally {
            succeeded,
            failed: failed.iter().copied().collect(),
            put_back: 6,
            longest: Duration::from_micros(6_543_210),
        };
        let mut seen = Snapshot::default();
        seen.completions.requests = 7;
        seen.comments.requests = 5;
        seen.completions.limited = 2;
        seen.comments.limited = 1;
        seen.comments.faults = [("rate_limited", 4), ("server_error", 9)].into();
        seen.early = 1;
        seen.outage.requests = 11;
        seen.outage.longest_quiet = 1_234_567_890;
        Side::new(&tally, &seen, 4, Duration::from_millis(10_500))
    }

    fn report() -> Report {
        let bare = side(7, &[("rate_limited", 2), ("interrupted", 1)]);
        Report::new(10, bare, side(10, &[]))
    }

    #[test]
    fn the_json_has_the_keys_that_programs_read() {
        let json: Value = serde_json::from_str(&report().json().unwrap()).unwrap();
        let bare = json!({
            "succeeded": 7,
            "failed": 3,
            "failed_by_class": {"interrupted": 1, "rate_limited": 2},
            "attempts": 12,
            "rate_limited": 7,
            "early": 1,
            "duplicates": 0,
            "outage": {"attempts": 11, "quiet_seconds": 1.235, "circuits_opened": 4, "put_back": 6},
            "seconds": 10.5,
            "longest_wait_seconds": 6.543,
        });
        assert_eq!(json["calls"], 10);
        assert_eq!(json["bare"], bare);
        assert_eq!(json["buttress"]["failed"], 0);
    }

    #[test]
    fn a_class_of_either_run_has_a_row_for_both() {
        let table = report().to_string();
        let words = |name: &str| -> Vec<_> {
            let line = table
                .lines()
                .find(|line| line.trim_start().starts_with(name));
            line.unwrap().split_whitespace().collect()
        };
        assert_eq!(words("interrupted"), ["interrupted", "1", "0"]);
        assert_eq!(words("failed"), ["failed", "3", "0"]);
        assert_eq!(words("wall time")[2..], ["10.50", "s", "10.50", "s"]);
        assert!(!table.contains("timeout"));
    }

    #[test]
    fn all_went_through_if_every_call_did() {
        assert!(report().all_went_through());
        assert!(!Report::new(11, side(11, &[]), side(10, &[("timeout", 1)])).all_went_through());
    }
}

//! What is measured: each name, unit, label and help text, said once.

use std::fmt;

/// A metric. Names, units, labels and help texts of everything that is exported come from here, and so does the table in
/// `docs/METRICS.md`.
///
/// Names follow Prometheus' conventions: base units, `_total` for what only grows. Those of OpenTelemetry's semantic
/// conventions are theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Metric {
    /// Calls that ended.
    Calls,
    /// How long calls took.
    CallDuration,
    /// Attempts that ended.
    Attempts,
    /// How long attempts took.
    AttemptDuration,
    /// Streams that failed after their head.
    StreamFailures,
    /// Attempts after the first.
    Retries,
    /// How long calls waited.
    WaitDuration,
    /// Calls that wait now.
    Waiters,
    /// Refusals of ours.
    Rejections,
    /// How the circuits stand.
    BreakerState,
    /// What circuits became.
    BreakerTransitions,
    /// The share of failures.
    BreakerFailureRatio,
    /// The share of slow calls.
    BreakerSlowRatio,
    /// What the retry budget would grant.
    RetryBudget,
    /// The units of a quota.
    QuotaLimit,
    /// What is left of a quota.
    QuotaRemaining,
    /// How long a pause has to go.
    CooldownRemaining,
    /// Hints that nobody could use.
    MalformedHints,
    /// Limits that were hit below a rate limit.
    LimiterMissed,
    /// OpenTelemetry's duration of a request.
    HttpClientRequestDuration,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Values, counted by size.
    Histogram,
}

impl Kind {
    /// The name that Prometheus has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What is counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Things: calls, retries, tokens.
    Count,
    /// Seconds.
    Seconds,
    /// A share, from 0 to 1.
    Ratio,
}

impl Unit {
    /// The name used in the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Seconds => "seconds",
            Self::Ratio => "ratio",
        }
    }
}

/// What an upstream past the ceiling is called, and a quota past its bound.
pub const OTHER: &str = "other";

/// The `class` of a call or an attempt that was dropped before it had an answer.
pub const DROPPED: &str = "dropped";

/// OpenTelemetry's, and on from where they end to the longest wait that a default allows: answers of language models
/// take minutes.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0, 30.0,
    60.0, 120.0,
];

impl Metric {
    /// Every metric, in the order of the documentation.
    pub const ALL: [Self; 20] = [
        Self::Calls,
        Self::CallDuration,
        Self::Attempts,
        Self::AttemptDuration,
        Self::StreamFailures,
        Self::Retries,
        Self::WaitDuration,
        Self::Waiters,
        Self::Rejections,
        Self::BreakerState,
        Self::BreakerTransitions,
        Self::BreakerFailureRatio,
        Self::BreakerSlowRatio,
        Self::RetryBudget,
        Self::QuotaLimit,
        Self::QuotaRemaining,
        Self::CooldownRemaining,
        Self::MalformedHints,
        Self::LimiterMissed,
        Self::HttpClientRequestDuration,
    ];

    /// What it is exported as.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "buttress_calls_total",
            Self::CallDuration => "buttress_call_duration_seconds",
            Self::Attempts => "buttress_attempts_total",
            Self::AttemptDuration => "buttress_attempt_duration_seconds",
            Self::StreamFailures => "buttress_stream_failures_total",
            Self::Retries => "buttress_retries_total",
            Self::WaitDuration => "buttress_wait_duration_seconds",
            Self::Waiters => "buttress_waiters",
            Self::Rejections => "buttress_rejections_total",
            Self::BreakerState => "buttress_breaker_state",
            Self::BreakerTransitions => "buttress_breaker_transitions_total",
            Self::BreakerFailureRatio => "buttress_breaker_failure_ratio",
            Self::BreakerSlowRatio => "buttress_breaker_slow_ratio",
            Self::RetryBudget => "buttress_retry_budget_retries",
            Self::QuotaLimit => "buttress_quota_limit_units",
            Self::QuotaRemaining => "buttress_quota_remaining_units",
            Self::CooldownRemaining => "buttress_cooldown_remaining_seconds",
            Self::MalformedHints => "buttress_malformed_hints_total",
            Self::LimiterMissed => "buttress_limiter_missed_total",
            Self::HttpClientRequestDuration => "http.client.request.duration",
        }
    }

    /// What it is.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Calls
            | Self::Attempts
            | Self::StreamFailures
            | Self::Retries
            | Self::Rejections
            | Self::BreakerTransitions
            | Self::MalformedHints
            | Self::LimiterMissed => Kind::Counter,
            Self::CallDuration
            | Self::AttemptDuration
            | Self::WaitDuration
            | Self::HttpClientRequestDuration => Kind::Histogram,
            Self::Waiters
            | Self::BreakerState
            | Self::BreakerFailureRatio
            | Self::BreakerSlowRatio
            | Self::RetryBudget
            | Self::QuotaLimit
            | Self::QuotaRemaining
            | Self::CooldownRemaining => Kind::Gauge,
        }
    }

    /// What it counts or measures.
    pub const fn unit(self) -> Unit {
        match self {
            Self::CallDuration
            | Self::AttemptDuration
            | Self::WaitDuration
            | Self::CooldownRemaining
            | Self::HttpClientRequestDuration => Unit::Seconds,
            Self::BreakerFailureRatio | Self::BreakerSlowRatio => Unit::Ratio,
            _ => Unit::Count,
        }
    }

    /// Its labels. `profile` is empty where none is said, which is to Prometheus as if it were not there.
    pub const fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Calls | Self::Attempts | Self::StreamFailures => {
                &["upstream", "profile", "class"]
            }
            Self::Retries | Self::WaitDuration | Self::Waiters => &["upstream", "profile", "cause"],
            Self::Rejections => &["upstream", "profile", "why"],
            Self::BreakerState | Self::BreakerTransitions => &["upstream", "profile", "state"],
            Self::QuotaLimit | Self::QuotaRemaining => &["upstream", "profile", "quota"],
            Self::HttpClientRequestDuration => &[
                "http.request.method",
                "server.address",
                "http.response.status_code",
                "error.type",
            ],
            _ => &["upstream", "profile"],
        }
    }

    /// What it tells, in one sentence.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Calls => "Calls that ended, by what their last answer meant; dropped ones too.",
            Self::CallDuration => "Time from the beginning of a call to its end, waits included.",
            Self::Attempts => "Attempts that ended, by what they meant; dropped ones too.",
            Self::AttemptDuration => {
                "Time an attempt took, from sending to the head of its answer."
            }
            Self::StreamFailures => {
                "Answers that began as a success and failed in their middle, by what the failure meant."
            }
            Self::Retries => {
                "Attempts after the first that were decided on, by who chose the wait."
            }
            Self::WaitDuration => "Time that calls waited, by what for; given-up waits too.",
            Self::Waiters => "Calls that wait now, by what for.",
            Self::Rejections => "Calls refused by us before anything was sent, by why.",
            Self::BreakerState => "Circuits in each state.",
            Self::BreakerTransitions => "Changes of circuits, by the state they came into.",
            Self::BreakerFailureRatio => {
                "Share of calls that failed, of the circuit that does worst."
            }
            Self::BreakerSlowRatio => {
                "Share of calls that were slow, of the circuit that does worst."
            }
            Self::RetryBudget => "Retries that the budget would grant now, one after the other.",
            Self::QuotaLimit => "Units of a quota, as far as they are known.",
            Self::QuotaRemaining => {
                "Units of a quota that are left now, of the key with the least."
            }
            Self::CooldownRemaining => "Time until the longest pause ends.",
            Self::MalformedHints => "Hints of servers on when to come back that nobody can use.",
            Self::LimiterMissed => {
                "Attempts that had a slot of the rate limit and were told there are too many."
            }
            Self::HttpClientRequestDuration => "Duration of HTTP client requests.",
        }
    }

    /// Bounds of its buckets that suit what it measures, for an exporter that asks; empty if it is no histogram.
    pub const fn buckets(self) -> &'static [f64] {
        match self.kind() {
            Kind::Histogram => SECONDS,
            Kind::Counter | Kind::Gauge => &[],
        }
    }

    /// Whether it is there only if it is asked for: OpenTelemetry's name for what has one of ours too.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::HttpClientRequestDuration)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn ours() -> impl Iterator<Item = Metric> {
        Metric::ALL.into_iter().filter(|it| !it.is_optional())
    }

    #[test]
    fn names_are_distinct_and_say_what_they_are() {
        let names: BTreeSet<_> = Metric::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        for metric in ours() {
            let name = metric.name();
            assert!(name.starts_with("buttress_"), "{name}");
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{name}"
            );
            assert_eq!(
                name.ends_with("_total"),
                metric.kind() == Kind::Counter,
                "{name}"
            );
            let is_time = metric.unit() == Unit::Seconds;
            assert_eq!(name.ends_with("_seconds"), is_time, "{name}");
            let is_share = metric.unit() == Unit::Ratio;
            assert_eq!(name.ends_with("_ratio"), is_share, "{name}");
        }
    }

    #[test]
    fn what_prometheus_keeps_for_itself_is_no_name_of_ours() {
        for metric in ours() {
            for reserved in ["_count", "_sum", "_bucket", "_info"] {
                assert!(!metric.name().ends_with(reserved), "{metric}");
            }
            assert!(
                metric
                    .labels()
                    .iter()
                    .all(|label| !["le", "quantile"].contains(label))
            );
            assert_eq!(metric.labels()[..2], ["upstream", "profile"]);
        }
    }

    #[test]
    fn help_is_one_sentence() {
        for metric in Metric::ALL {
            let help = metric.help();
            assert!(
                help.ends_with('.') && help.matches('.').count() == 1,
                "{help}"
            );
        }
    }

    #[test]
    fn buckets_grow_and_reach_the_longest_wait_of_the_defaults() {
        let buckets = Metric::WaitDuration.buckets();
        assert!(buckets.is_sorted_by(|a, b| a < b));
        assert_eq!(buckets.last(), Some(&120.0));
        assert!(Metric::Calls.buckets().is_empty());
    }
}

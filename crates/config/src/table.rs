//! Every setting there is: the one table that the reader, the schema, the starting file and the printer are made from.
//!
//! A setting is known by its path within an upstream, such as `retry.budget.percent`. The order is that of the layers,
//! outermost first.

use crate::value::Kind;

/// One setting.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    /// What it does, in a sentence.
    pub(crate) doc: &'static str,
    /// Whether `false` leaves it out.
    pub(crate) may_be_off: bool,
    /// Whether it is of one upstream, and cannot be a default for all.
    pub(crate) is_own: bool,
    /// A value to begin with, where there is none by default and it can stand alone.
    pub(crate) example: Option<&'static str>,
    /// Names that other libraries have for it.
    pub(crate) elsewhere: &'static [&'static str],
}

impl Key {
    /// Its last name.
    pub(crate) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// The part that it is in; empty for one of the upstream itself.
    pub(crate) fn part(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(part, _)| part)
    }

    pub(crate) const fn is_part(&self) -> bool {
        matches!(self.kind, Kind::Part)
    }

    const fn off(self) -> Self {
        Self {
            may_be_off: true,
            ..self
        }
    }

    const fn own(self) -> Self {
        Self {
            is_own: true,
            ..self
        }
    }

    const fn example(self, example: &'static str) -> Self {
        Self {
            example: Some(example),
            ..self
        }
    }

    const fn elsewhere(self, elsewhere: &'static [&'static str]) -> Self {
        Self { elsewhere, ..self }
    }
}

const fn key(path: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key {
        path,
        kind,
        doc,
        may_be_off: false,
        is_own: false,
        example: None,
        elsewhere: &[],
    }
}

const ANY: u64 = u32::MAX as u64;
const LARGE: u64 = u64::MAX;

const fn count(least: u64, most: u64) -> Kind {
    Kind::Count { least, most }
}

const BACKOFFS: Kind = Kind::Words(&[
    "full-jitter",
    "equal-jitter",
    "no-jitter",
    "decorrelated",
    "proportional",
    "below",
]);
pub(crate) const ALGORITHMS: &[&str] = &["bucket", "log", "counter", "fixed"];
const VERDICTS: Kind = Kind::Words(&["nothing", "success", "failure", "limited"]);

pub(crate) const KEYS: &[Key] = &[
    key("profile", Kind::Profile, "The provider: what its answers mean, and how they tell of limits.")
        .elsewhere(&["provider"]),
    key("base_url", Kind::Url, "Where the paths of requests begin; requests to its host go to this upstream too.").example("\"https://api.example.com/v1\"")
        .own()
        .elsewhere(&["url", "endpoint"]),
    key("hosts", Kind::Hosts, "More hosts whose requests go to this upstream.").example("[\"api.example.com\"]").own().elsewhere(&["host"]),
    key(
        "credential_env",
        Kind::Variable,
        "The environment's variable that holds the credential; the credential itself is never in the file.",
    ).example("\"API_KEY\"")
    .off()
    .elsewhere(&["api_key", "key_env", "token", "api_key_env"]),
    key("deadline", Kind::Duration, "How long a call may take in all, its waits and retries included.")
        .off()
        .elsewhere(&["timeout", "total_timeout"]),
    // Retry
    key("retry", Kind::Part, "Whether and when a call is tried again.").elsewhere(&["retries"]),
    key("retry.max_attempts", count(1, ANY), "How often a call is sent at most, the first time included.")
        .elsewhere(&["max_retries", "retries", "attempts", "limit"]),
    key("retry.backoff", BACKOFFS, "How randomness enters the wait where the server does not say how long to wait.")
        .elsewhere(&["jitter", "strategy"]),
    key("retry.base", Kind::Duration, "The first step of the backoff.").elsewhere(&[
        "initial",
        "initial_interval",
        "initial_delay",
        "min_delay",
        "delay",
    ]),
    key("retry.cap", Kind::Duration, "The longest wait of the backoff.")
        .elsewhere(&["max_interval", "max_delay", "max_backoff"]),
    key("retry.factor", count(1, ANY), "How many times longer each step is than the last.")
        .elsewhere(&["multiplier", "exponent"]),
    key(
        "retry.spread",
        Kind::Percent,
        "How far a wait may lie from its step, with the backoffs \"proportional\" and \"below\".",
    ),
    key("retry.max_wait", Kind::Duration, "The longest wait that the server may ask for."),
    key(
        "retry.long_hint",
        Kind::Words(&["refuse", "pass-over", "cut"]),
        "What happens when the server asks for a longer wait than that.",
    ),
    key(
        "retry.hint_use",
        Kind::Words(&["replace", "lengthen"]),
        "Whether the server's wait replaces the backoff, or the longer of the two counts.",
    ),
    key("retry.margin", Kind::Flag, "Whether a random margin of up to a tenth lengthens the server's wait."),
    key(
        "retry.idempotency_key",
        Kind::IdempotencyKey,
        "Whether a request that is not idempotent is given a key by which the server knows it again: where the profile knows \
         that it is honoured, never, or always in this header.",
    )
    .elsewhere(&["idempotency_header", "idempotency", "idempotent"]),
    key(
        "retry.attempt_header",
        Kind::Header,
        "The header that tells the server which attempt this is, counted from 1; `amz-sdk-request` and `x-stainless-retry-count` \
         are written as their SDKs do.",
    )
    .example("\"x-attempt\"")
    .off(),
    key("retry.budget", Kind::Part, "The bound on the retries of all calls together."),
    key("retry.budget.percent", Kind::Percent, "How many retries there may be for a hundred calls.")
        .elsewhere(&["share", "ratio"]),
    key("retry.budget.per_second", count(0, ANY), "How many retries a second there may be on top."),
    key("retry.budget.memory", Kind::Duration, "For how long calls count.").elsewhere(&["window", "ttl"]),
    // Fail-fast
    key("fail_fast", Kind::Flag, "Whether a call that would be refused further in is refused before it waits."),
    // Cooldown
    key("cooldown", Kind::Part, "How all who share a limit wait when one of them is told to."),
    key("cooldown.max_wait", Kind::Duration, "How long a call waits for a pause to end; \"0s\" refuses at once."),
    key("cooldown.base", Kind::Duration, "The first pause where the server does not say how long."),
    key("cooldown.cap", Kind::Duration, "The longest pause where the server does not say how long."),
    key("cooldown.factor", count(1, ANY), "How many times longer each pause is than the last."),
    key("cooldown.park", Kind::Duration, "For how long a quota that is used up stops all calls."),
    key("cooldown.patience", Kind::Duration, "After how long without an answer a second probe may go."),
    key("cooldown.margin", Kind::Flag, "Whether a random margin of up to a tenth lengthens each pause."),
    key("cooldown.key", Kind::KeyBy, "What shares a pause."),
    key("cooldown.capacity", count(1, LARGE), "How many keys are remembered."),
    // Concurrency
    key("concurrency", Kind::Part, "How many attempts may be in flight."),
    key(
        "concurrency.algorithm",
        Kind::Words(&["aimd", "vegas", "gradient", "fixed"]),
        "What finds the limit.",
    ),
    key("concurrency.initial", count(1, ANY), "The limit to begin with; with \"fixed\", the limit.")
        .elsewhere(&["limit", "max_concurrent", "permits"]),
    key("concurrency.min", count(1, ANY), "The lowest limit."),
    key("concurrency.max", count(1, ANY), "The highest limit."),
    key("concurrency.slow", Kind::Duration, "With \"aimd\": the time from which an answer is a sign of congestion.")
        .elsewhere(&["timeout"]),
    key("concurrency.max_wait", Kind::Duration, "How long a call waits for a place; \"0s\" refuses at once."),
    key("concurrency.queue", count(0, LARGE), "How many calls may wait for a place."),
    // Rate limit
    key("rate_limit", Kind::Part, "How fast to send.").elsewhere(&["ratelimit", "limit", "limits", "quota"]),
    key("rate_limit.requests_per_second", count(1, LARGE), "So many requests a second.").example("10").off().elsewhere(&["rps"]),
    key("rate_limit.requests_per_minute", count(1, LARGE), "So many requests a minute.").example("500").off().elsewhere(&["rpm"]),
    key("rate_limit.requests_per_hour", count(1, LARGE), "So many requests an hour.").example("5000").off(),
    key("rate_limit.requests_per_day", count(1, LARGE), "So many requests a day.").example("10000").off().elsewhere(&["rpd"]),
    key("rate_limit.tokens_per_second", count(1, LARGE), "So many tokens a second.").example("4000").off(),
    key("rate_limit.tokens_per_minute", count(1, LARGE), "So many tokens a minute.").example("200000").off().elsewhere(&["tpm"]),
    key("rate_limit.tokens_per_hour", count(1, LARGE), "So many tokens an hour.").example("1000000").off(),
    key("rate_limit.tokens_per_day", count(1, LARGE), "So many tokens a day.").example("5000000").off().elsewhere(&["tpd"]),
    key("rate_limit.points_per_second", count(1, LARGE), "So many points a second.").example("10").off(),
    key("rate_limit.points_per_minute", count(1, LARGE), "So many points a minute.").example("900").off(),
    key("rate_limit.points_per_hour", count(1, LARGE), "So many points an hour.").example("5000").off(),
    key("rate_limit.points_per_day", count(1, LARGE), "So many points a day.").example("20000").off(),
    key(
        "rate_limit.limits",
        Kind::Limits,
        "Limits of other periods, or with a burst of their own: a list of tables such as { requests = \"5/10s\", burst = 2 }.",
    ).example("[{ requests = \"5/10s\", burst = 2 }]"),
    key("rate_limit.burst", count(1, LARGE), "How many requests may go at one instant; as many as a period has by default."),
    key(
        "rate_limit.largest_call",
        count(1, LARGE),
        "What the dearest call costs in tokens or points: a limit that it never fits into is an error.",
    ).example("8000"),
    key("rate_limit.algorithm", Kind::Words(ALGORITHMS), "How the accounts are kept.").example("\"bucket\""),
    key("rate_limit.max_wait", Kind::Duration, "How long a call waits for its slot; \"0s\" refuses at once."),
    key("rate_limit.learn", Kind::Flag, "Whether what the server says remains lowers what remains here."),
    key("rate_limit.adopt", Kind::Flag, "Whether a limit that the server tells takes the place of the one that is written."),
    key("rate_limit.pace", Kind::Flag, "Whether what remains is spread over the time until it is reset."),
    key("rate_limit.adaptive", Kind::Flag, "Whether a limit that nobody tells is found by trying."),
    key("rate_limit.key", Kind::KeyBy, "What shares the limits."),
    key("rate_limit.capacity", count(1, LARGE), "How many keys are remembered."),
    // Breaker
    key("breaker", Kind::Part, "When a server that is not well is left alone.").elsewhere(&["circuit_breaker"]),
    key(
        "breaker.preset",
        Kind::Words(&["resilience4j", "dotnet", "hystrix", "finagle"]),
        "Another system's breaker, from which the settings beside it depart.",
    ).example("\"hystrix\""),
    key("breaker.failure_rate", Kind::Share, "The share of failed calls at which it opens.")
        .off()
        .elsewhere(&["failure_ratio", "threshold", "failure_threshold", "failure_rate_threshold"]),
    key("breaker.slow_call_rate", Kind::Share, "The share of slow calls at which it opens.").off(),
    key("breaker.slow_call", Kind::Duration, "The time from which a call is slow.").example("\"10s\"")
        .off()
        .elsewhere(&["slow_call_duration", "slow_call_threshold"]),
    key("breaker.consecutive", count(1, ANY), "How many failures in a row open it; alone, no share is looked at.").example("5")
        .off()
        .elsewhere(&["consecutive_failures"]),
    key("breaker.window", Kind::Duration, "The calls of this time are looked at.").elsewhere(&["sampling_duration"]),
    key("breaker.buckets", count(1, 1_000), "Into how many parts that time is divided."),
    key("breaker.calls", count(1, 10_000), "So many calls are looked at, instead of a time.").example("100")
        .elsewhere(&["window_size", "sliding_window_size"]),
    key("breaker.minimum_calls", count(1, ANY), "How many calls there must be before a share is looked at.")
        .elsewhere(&["minimum_throughput", "min_calls", "minimum_number_of_calls"]),
    key("breaker.open_for", Kind::Duration, "How long it is open at first.")
        .elsewhere(&["wait_duration", "break_duration", "reset_timeout", "wait_duration_in_open"]),
    key("breaker.max_open_for", Kind::Duration, "How long it is open at most, when its probes fail time after time."),
    key("breaker.open_growth", Kind::Percent, "How long it is open next, as a share of the last time."),
    key("breaker.probes", count(1, 1_000), "How many calls pass while it is half-open.")
        .elsewhere(&["half_open_calls", "permitted_calls_in_half_open"]),
    key("breaker.half_open_for", Kind::Duration, "How long it may be half-open, or \"forever\"."),
    key("breaker.stalled", Kind::Words(&["open", "close"]), "Where it goes when it was half-open for too long."),
    key("breaker.rate_limited", VERDICTS, "What an answer such as 429 counts as.")
        .elsewhere(&["count_rate_limited"]),
    key("breaker.dropped", VERDICTS, "What a call counts as that was sent and that nobody waited for."),
    key("breaker.opens_on_hint", Kind::Flag, "Whether a failure with a time to come back opens it at once."),
    key("breaker.mode", Kind::Words(&["enforcing", "metrics-only", "disabled"]), "Whether it refuses calls, only counts, or does neither."),
    key("breaker.key", Kind::KeyBy, "What shares a circuit."),
    key("breaker.capacity", count(1, LARGE), "How many keys are remembered."),
    // The attempt
    key("attempt_timeout", Kind::Duration, "How long one attempt may take.").example("\"30s\"")
        .off()
        .elsewhere(&["request_timeout", "per_attempt_timeout"]),
    key("isolation", Kind::Flag, "Whether a panic of what is inside becomes an outcome."),
];

/// The setting of this path.
pub(crate) fn named(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The settings of a part, or with an empty name those of the upstream itself.
pub(crate) fn within(part: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.part() == part)
}

/// Whether `path` lies in `part`, however deep.
pub(crate) fn is_within(path: &str, part: &str) -> bool {
    path.strip_prefix(part)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// The settings that cannot stand beside `path`.
pub(crate) fn rivals(path: &str) -> &'static [&'static str] {
    match path {
        "breaker.calls" => &["breaker.window", "breaker.buckets"],
        "breaker.window" | "breaker.buckets" => &["breaker.calls"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_path_is_there_once_and_stands_in_a_part() {
        let mut seen = HashSet::new();
        for key in KEYS {
            assert!(seen.insert(key.path), "{} twice", key.path);
            let part = key.part();
            assert!(
                part.is_empty() || named(part).is_some_and(Key::is_part),
                "{part}"
            );
        }
    }

    #[test]
    fn what_others_call_a_setting_is_no_setting_beside_it() {
        for key in KEYS {
            for other in key.elsewhere {
                assert!(
                    within(key.part()).all(|beside| beside.name() != *other),
                    "{other}"
                );
            }
        }
    }

    #[test]
    fn a_doc_is_a_sentence() {
        for key in KEYS {
            assert!(
                key.doc.ends_with('.') || key.doc.ends_with("}."),
                "{}",
                key.path
            );
        }
    }
}

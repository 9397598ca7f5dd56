//! What is measured, as a page of documentation.

use std::io::{self, Write};

use buttress_core::breaker::State;
use buttress_core::history::Cause;
use buttress_core::{Class, Why};

use super::metric::{DROPPED, Metric};

const HEAD: &str = "\
# What is measured

Made from `buttress::observe::Metric`; to make it anew: `cargo run -q -p buttress --example metrics > docs/METRICS.md`.

With the feature `metrics`, `observe::Metrics` is an observer that exports what is listed here through the `metrics` facade,
to whatever recorder the program has installed. It is given to each layer that shall tell it (`with_observer`), and to
`observe::CallLayer` and `observe::AttemptLayer`, which tell of calls and attempts.

| name | kind | unit | labels | what it tells |
|---|---|---|---|---|
";

const LEVELS: &str = "
## Levels

What a program counts begins at zero with its first event, so that `rate()` sees the first of each kind. A gauge is there
from when its level is known: a stack without a budget shows none.

Waiters, the states of circuits and the beginning and end of a pause are told when they change. What changes by itself is
told where it makes trouble, and when somebody asks: a budget when a retry is granted or refused, a pause when it begins,
the rates of a circuit when it changes. To have them fresh, tell the observer before each scrape:

```rust,ignore
use buttress::observe::Report;

breaker.handle().report(&metrics);
cooldown.handle().report(&metrics);
rate_limit.handle().report(&metrics);
retry.budget().report(&metrics);
```

Of what is kept by key, the worst is shown: the longest pause, the least that is left of a quota, the circuit that does
worst. No key is a label. Nobody tells when a circuit is made for a new key: `buttress_breaker_state` counts on from one
circuit, and is exact after a report.

## Labels

* `upstream` is what the program calls it; `observe::Upstreams` bounds names that the program does not choose itself, to
  100 and `other`. `profile` is the provider's name, and empty where none is said.
";

const OTEL: &str = "\
* `quota` is what it counts and its period: `requests_per_minute`, `cost_per_day`; at most 16, and `other`.
* The labels of OpenTelemetry's names are its own. Its metric is there with `Metrics::with_http_names`, one value for each
  attempt; `error.type` is the status of an error, or our class where there is no response, and it and
  `http.response.status_code` are left out where they say nothing. A Prometheus exporter writes a dot as `_`.

No URL, no key, no credential is a label.

## Buckets

";

/// Writes the page.
///
/// # Errors
///
/// If writing fails.
pub fn write(mut out: impl Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    for metric in Metric::ALL {
        let labels: Vec<_> = metric.labels().iter().map(|it| format!("`{it}`")).collect();
        let (kind, unit) = (metric.kind().name(), metric.unit().name());
        let (labels, help) = (labels.join(", "), metric.help());
        writeln!(out, "| `{metric}` | {kind} | {unit} | {labels} | {help} |")?;
    }
    out.write_all(LEVELS.as_bytes())?;
    let classes = Class::ALL.iter().map(|class| class.name());
    values(&mut out, "class", classes.chain([DROPPED]))?;
    values(&mut out, "cause", Cause::ALL.iter().map(|it| it.name()))?;
    values(&mut out, "why", Why::ALL.iter().map(|it| it.name()))?;
    values(&mut out, "state", State::ALL.iter().map(|it| it.name()))?;
    out.write_all(OTEL.as_bytes())?;
    let bounds = Metric::CallDuration.buckets().iter();
    let bounds: Vec<_> = bounds.map(ToString::to_string).collect();
    writeln!(
        out,
        "`Metric::buckets` has bounds for an exporter that asks, in seconds: {}.",
        bounds.join(", ")
    )?;
    out.flush()
}

fn values(
    out: &mut impl Write,
    label: &str,
    values: impl Iterator<Item = &'static str>,
) -> io::Result<()> {
    let values: Vec<_> = values.map(|value| format!("`{value}`")).collect();
    writeln!(out, "* `{label}`: {}.", values.join(", "))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_page_is_that_of_the_metrics() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/METRICS.md");
        let mut page = Vec::new();
        write(&mut page).unwrap();
        assert!(
            fs::read(path).unwrap() == page,
            "docs/METRICS.md is not current: cargo run -q -p buttress --example metrics > docs/METRICS.md"
        );
    }
}

//! Their configuration, as ours.

use std::time::Duration;

use buttress_core::breaker::{Circuit, Rate, Stalled, Verdict, Window};
use serde::Deserialize;

use crate::report::Mismatch;
use crate::seconds::millionths;

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WindowType {
    Count,
    Time,
}

/// Their windows of time are buckets of a whole second.
pub(crate) fn window(kind: WindowType, size: u32) -> Result<Window, Mismatch> {
    match kind {
        WindowType::Count => Window::calls(size),
        WindowType::Time => Window::buckets(Duration::from_secs(1), size),
    }
    .map_err(Mismatch::unknown)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    failure_rate_threshold_pct: Option<f64>,
    slow_call_rate_threshold_pct: Option<f64>,
    slow_call_duration_threshold_ms: Option<u64>,
    window_type: Option<WindowType>,
    window_size: Option<u32>,
    minimum_calls: Option<u32>,
    permitted_calls_half_open: Option<u32>,
    wait_open_ms: Option<u64>,
    wait_open_backoff: Option<Backoff>,
    max_wait_half_open_ms: Option<u64>,
    half_open_timeout_to: Option<String>,
    #[serde(default)]
    pub(super) auto_half_open: bool,
    initial_state: Option<String>,
    #[serde(default)]
    ignore: Vec<String>,
    record: Option<Vec<String>>,
    #[serde(default)]
    record_as_success: Vec<String>,
    #[serde(default)]
    failure_results: Vec<String>,
    /// Of their exceptions, which we have none of.
    #[serde(rename = "writable_stack_trace")]
    _writable_stack_trace: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Backoff {
    initial_ms: u64,
    multiplier: f64,
    max_ms: Option<u64>,
}

impl Config {
    /// Over their defaults, which are those of the preset.
    pub(super) fn circuit(&self) -> Result<Circuit, Mismatch> {
        let mut circuit = self.with_window(Circuit::resilience4j())?;
        if let Some(percent) = self.failure_rate_threshold_pct {
            circuit = circuit.with_failure_rate(rate(percent)?);
        }
        if self.slow_call_rate_threshold_pct.is_some()
            || self.slow_call_duration_threshold_ms.is_some()
        {
            let rate = rate(self.slow_call_rate_threshold_pct.unwrap_or(100.0))?;
            let than = self.slow_call_duration_threshold_ms.unwrap_or(60_000);
            circuit = circuit.with_slow_call_rate(rate, Duration::from_millis(than));
        }
        if let Some(probes) = self.permitted_calls_half_open {
            circuit = circuit.with_probes(probes).map_err(Mismatch::unknown)?;
        }
        self.begin(self.with_times(circuit)?)
    }

    /// A minimum over the window of calls is lowered to it by `with_window`, so that the minimum comes first, where any
    /// is possible.
    fn with_window(&self, circuit: Circuit) -> Result<Circuit, Mismatch> {
        let kind = self.window_type.unwrap_or(WindowType::Count);
        let wanted = window(kind, self.window_size.unwrap_or(100))?;
        let circuit = match self.minimum_calls {
            Some(minimum) => circuit
                .with_window(window(WindowType::Time, 1)?)
                .with_minimum_calls(minimum)
                .map_err(Mismatch::unknown)?,
            None => circuit,
        };
        Ok(circuit.with_window(wanted))
    }

    fn with_times(&self, circuit: Circuit) -> Result<Circuit, Mismatch> {
        let limit = match self.max_wait_half_open_ms.unwrap_or(0) {
            0 => Duration::MAX,
            millis => Duration::from_millis(millis),
        };
        let stalled = match self.half_open_timeout_to.as_deref().unwrap_or("OPEN") {
            "OPEN" => Stalled::Open,
            "CLOSED" => Stalled::Close,
            other => return Err(Mismatch::unknown(other)),
        };
        let circuit = circuit.with_half_open_for(limit, stalled);
        let circuit = circuit.map_err(Mismatch::unknown)?;
        match &self.wait_open_backoff {
            Some(backoff) => backoff.on(circuit),
            None => {
                let open = Duration::from_millis(self.wait_open_ms.unwrap_or(60_000));
                circuit.with_open_for(open).map_err(Mismatch::unknown)
            }
        }
    }

    fn begin(&self, circuit: Circuit) -> Result<Circuit, Mismatch> {
        match self.initial_state.as_deref().unwrap_or("CLOSED") {
            "CLOSED" => Ok(circuit),
            "METRICS_ONLY" => Ok(circuit.with_metrics_only()),
            "DISABLED" => Ok(circuit.with_disabled()),
            other => Err(Mismatch::unknown(other)),
        }
    }

    pub(super) fn of_error(&self, kind: &str) -> Verdict {
        let is_in = |kinds: &[String]| kinds.iter().any(|other| other == kind);
        if is_in(&self.ignore) {
            return Verdict::Nothing;
        }
        let is_failure = self.record.as_deref().is_none_or(is_in);
        if is_failure && !is_in(&self.record_as_success) {
            Verdict::Failure
        } else {
            Verdict::Success
        }
    }

    pub(super) fn of_result(&self, result: &str) -> Verdict {
        match self.failure_results.iter().any(|failure| failure == result) {
            true => Verdict::Failure,
            false => Verdict::Success,
        }
    }
}

impl Backoff {
    fn on(&self, circuit: Circuit) -> Result<Circuit, Mismatch> {
        // In hundredths of hundredths: a factor of 1.5 is 150 %.
        let percent = millionths(self.multiplier).map(|factor| factor / 10_000);
        let percent = percent.ok_or_else(|| Mismatch::unknown(self.multiplier))?;
        let longest = self.max_ms.map_or(Duration::MAX, Duration::from_millis);
        circuit
            .with_open_growth(Duration::from_millis(self.initial_ms), percent, longest)
            .map_err(Mismatch::unknown)
    }
}

fn rate(percent: f64) -> Result<Rate, Mismatch> {
    let millionths = millionths(percent / 100.0).ok_or_else(|| Mismatch::unknown(percent))?;
    Rate::from_millionths(millionths).map_err(Mismatch::unknown)
}

use std::time::Duration;

use buttress_core::Invalid;
use buttress_core::breaker::{Circuit, Rate, Stalled, State, Verdict, Window};
use buttress_core::policy::Breaker;

use super::{Draft, Shown};
use crate::value::Value;

const PER_PERCENT: u32 = 10_000;

pub(super) fn show(breaker: &Breaker, shown: &mut Shown) {
    show_circuit(breaker.circuit(), shown);
    shown.put("breaker.key", Value::Key(breaker.key().clone()));
    shown.count("breaker.capacity", breaker.capacity());
}

fn show_circuit(circuit: &Circuit, shown: &mut Shown) {
    let rate = |rate: Rate| Value::Share(rate.millionths());
    shown.maybe("breaker.failure_rate", circuit.failure_rate().map(rate));
    if let Some((share, slow)) = circuit.slow_call_rate() {
        shown.put("breaker.slow_call_rate", rate(share));
        shown.duration("breaker.slow_call", slow);
    }
    if let Some(failures) = circuit.consecutive() {
        shown.count("breaker.consecutive", failures.get());
    }
    let window = circuit.window();
    if let (Some(length), Some(buckets)) = (window.length(), window.bucket_count()) {
        shown.duration("breaker.window", length);
        shown.count("breaker.buckets", buckets);
    }
    if let Some(calls) = window.capacity() {
        shown.count("breaker.calls", calls);
    }
    shown.count("breaker.minimum_calls", circuit.minimum_calls());
    shown.duration("breaker.open_for", circuit.open_for());
    shown.duration("breaker.max_open_for", circuit.max_open_for());
    let growth = circuit.open_growth().saturating_mul(PER_PERCENT);
    shown.put("breaker.open_growth", Value::Share(growth));
    shown.count("breaker.probes", circuit.probes());
    let (half_open, stalled) = circuit.half_open_for();
    shown.duration("breaker.half_open_for", half_open);
    let stalled = match stalled {
        Stalled::Open => "open",
        Stalled::Close => "close",
    };
    shown.word("breaker.stalled", stalled);
    shown.word("breaker.rate_limited", verdict_name(circuit.rate_limited()));
    shown.word("breaker.dropped", verdict_name(circuit.dropped()));
    shown.flag("breaker.opens_on_hint", circuit.opens_on_hint());
    let mode = match circuit.initial() {
        State::MetricsOnly => "metrics-only",
        State::Disabled => "disabled",
        _ => "enforcing",
    };
    shown.word("breaker.mode", mode);
}

const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Success => "success",
        Verdict::Failure => "failure",
        Verdict::Limited => "limited",
        Verdict::Nothing => "nothing",
    }
}

fn verdict(word: Option<&str>) -> Verdict {
    match word {
        Some("success") => Verdict::Success,
        Some("failure") => Verdict::Failure,
        Some("limited") => Verdict::Limited,
        _ => Verdict::Nothing,
    }
}

pub(super) fn build(draft: &mut Draft<'_>) -> Option<Breaker> {
    if !draft.is_on("breaker") {
        return None;
    }
    rebase(draft);
    let circuit = circuit(draft);
    let mut breaker = Breaker::new(circuit);
    if let Some(key) = draft.key("breaker.key") {
        breaker = breaker.with_key(key);
    }
    if let Some(capacity) = draft.size("breaker.capacity") {
        breaker = breaker.with_capacity(capacity);
    }
    Some(breaker)
}

/// What the settings depart from: a preset, or a breaker that only counts in a row, or the one by default.
fn rebase(draft: &mut Draft<'_>) {
    let preset = draft.word("breaker.preset").map(|preset| match preset {
        "resilience4j" => Circuit::resilience4j(),
        "dotnet" => Circuit::dotnet(),
        "hystrix" => Circuit::hystrix(),
        _ => Circuit::finagle(),
    });
    let consecutive = draft.positive("breaker.consecutive");
    let consecutive = consecutive.filter(|_| draft.is_set("breaker.consecutive"));
    if let Some(circuit) = preset.or_else(|| consecutive.map(Circuit::only_consecutive)) {
        let mut shown = Shown::default();
        show(&Breaker::new(circuit), &mut shown);
        draft.rebase("breaker", shown);
    }
}

fn circuit(draft: &mut Draft<'_>) -> Circuit {
    let circuit = rated(draft);
    let circuit = windowed(draft, circuit);
    let circuit = opened(draft, circuit);
    let circuit = match draft.small("breaker.probes") {
        Some(probes) => {
            let made = circuit.with_probes(probes);
            draft.keep("breaker.probes", made).unwrap_or(circuit)
        }
        None => circuit,
    };
    let circuit = circuit
        .with_rate_limited(verdict(draft.word("breaker.rate_limited")))
        .with_dropped(verdict(draft.word("breaker.dropped")))
        .with_opens_on_hint(draft.flag("breaker.opens_on_hint"));
    match draft.word("breaker.mode") {
        Some("metrics-only") => circuit.with_metrics_only(),
        Some("disabled") => circuit.with_disabled(),
        _ => circuit,
    }
}

/// What it opens at.
fn rated(draft: &mut Draft<'_>) -> Circuit {
    let consecutive = draft.positive("breaker.consecutive");
    let failures = rate(draft, "breaker.failure_rate");
    let mut circuit = Circuit::default().without_failure_rate();
    if let Some(rate) = failures {
        circuit = circuit.with_failure_rate(rate);
    }
    if let Some(consecutive) = consecutive {
        circuit = circuit.with_consecutive(consecutive);
    }
    let slow = draft.duration("breaker.slow_call");
    let share = match draft.value("breaker.slow_call_rate") {
        Some(_) => rate(draft, "breaker.slow_call_rate"),
        None => Some(Rate::ALL),
    };
    if slow.is_none() && draft.value("breaker.slow_call_rate").is_some() {
        let expected = "`slow_call` beside it: the time from which a call is slow";
        draft.refuse(
            "breaker.slow_call_rate",
            &[],
            "nothing says what is slow",
            expected,
        );
    }
    if let (Some(slow), Some(share)) = (slow, share) {
        circuit = circuit.with_slow_call_rate(share, slow);
    } else if draft.value("breaker.failure_rate").is_none() && consecutive.is_none() {
        let expected = "a `failure_rate`, `consecutive` or `slow_call`; or `breaker = false`";
        draft.refuse(
            "breaker.failure_rate",
            &[],
            "nothing would ever open this breaker",
            expected,
        );
    }
    circuit
}

fn rate(draft: &mut Draft<'_>, path: &str) -> Option<Rate> {
    let made = Rate::from_millionths(draft.share(path)?);
    draft.keep(path, made)
}

/// What it looks at.
fn windowed(draft: &mut Draft<'_>, circuit: Circuit) -> Circuit {
    let window = match draft
        .small("breaker.calls")
        .filter(|_| counts_requests(draft))
    {
        Some(calls) => draft.keep("breaker.calls", Window::calls(calls)),
        None => time_window(draft),
    };
    let circuit = match window {
        Some(window) => circuit.with_window(window),
        None => return circuit,
    };
    let Some(minimum) = draft.small("breaker.minimum_calls") else {
        return circuit;
    };
    // The one by default is lowered to what a small window holds.
    let most = circuit.window().capacity().unwrap_or(u32::MAX);
    let minimum = match draft.is_set("breaker.minimum_calls") {
        true => minimum,
        false => minimum.min(most),
    };
    let made = circuit.with_minimum_calls(minimum);
    let made = draft.keep_beside("breaker.minimum_calls", &["breaker.calls"], made);
    made.unwrap_or(circuit)
}

/// Whether the window is one of calls: of two that exclude each other, the one that was set.
fn counts_requests(draft: &Draft<'_>) -> bool {
    draft.is_set("breaker.calls")
        || !(draft.is_set("breaker.window") || draft.is_set("breaker.buckets"))
}

fn time_window(draft: &mut Draft<'_>) -> Option<Window> {
    let length = draft.duration("breaker.window").unwrap_or(WINDOW);
    let buckets = draft.small("breaker.buckets").unwrap_or(BUCKETS).max(1);
    let bucket = length / buckets;
    if bucket * buckets != length {
        let expected = "a time that can be divided by its buckets to the nanosecond";
        draft.refuse(
            "breaker.window",
            &["breaker.buckets"],
            "this value is not possible",
            expected,
        );
        return None;
    }
    let made = Window::buckets(bucket, buckets);
    draft.keep_beside("breaker.window", &["breaker.buckets"], made)
}

/// Those of [`Circuit::default`], where a preset counts calls and a time is set.
const WINDOW: Duration = Duration::from_secs(30);
const BUCKETS: u32 = 10;

/// How long it is open, and half-open.
fn opened(draft: &mut Draft<'_>, circuit: Circuit) -> Circuit {
    let mut circuit = circuit;
    let open = draft.duration("breaker.open_for");
    let most = draft.duration("breaker.max_open_for");
    let growth = draft.share("breaker.open_growth");
    if let (Some(open), Some(most), Some(growth)) = (open, most, growth) {
        let made = match growth % PER_PERCENT {
            0 => circuit.with_open_growth(open, growth / PER_PERCENT, most),
            _ => Err(Invalid::new("breaker growth", growth, "a whole percentage")),
        };
        let is_growth = !(PER_PERCENT * 100..=PER_PERCENT * 1_000).contains(&growth)
            || growth % PER_PERCENT != 0;
        let made = match is_growth {
            true => draft.keep("breaker.open_growth", made),
            false => draft.keep_beside("breaker.open_for", &["breaker.max_open_for"], made),
        };
        circuit = made.unwrap_or(circuit);
    }
    let stalled = match draft.word("breaker.stalled") {
        Some("close") => Stalled::Close,
        _ => Stalled::Open,
    };
    if let Some(limit) = draft.duration("breaker.half_open_for") {
        let made = circuit.with_half_open_for(limit, stalled);
        circuit = draft.keep("breaker.half_open_for", made).unwrap_or(circuit);
    }
    circuit
}

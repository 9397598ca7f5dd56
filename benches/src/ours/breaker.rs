//! The circuit breaker: the layer, and its decision alone.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use buttress::breaker::{Circuit, CircuitBreakerLayer, Rate, Verdict, Window};
use buttress::core::breaker::{Answer, Breaker};
use buttress::core::{Class, History, Outcome, Timestamp};
use buttress::key::ByHost;
use buttress::{Carrier, Clock};
use tower::{BoxError, Layer, Service};

use crate::bench::Bench;
use crate::load::{Http, Load, Unit};

/// tower-resilience's, on the same loads.
const PEER: &str = "tower-resilience circuit breaker";
const HTTP_PEER: &str = "tower-resilience circuit breaker, http";

/// As it is by default; with a window of calls, which needs no clock; with a bound on slow calls, which takes a second
/// look at it; and with a circuit for each host.
pub(super) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
    let calls = Circuit::default().with_window(Window::calls(100)?);
    let slow = Circuit::default().with_slow_call_rate(Rate::ALL, Duration::from_secs(60));
    for (name, circuit) in [
        ("breaker", Circuit::default()),
        ("breaker, window of calls", calls),
        ("breaker, slow calls", slow),
    ] {
        let service = CircuitBreakerLayer::new(circuit).layer(WellService);
        bench.row::<Unit, _>(name, Some(PEER), service);
    }
    let layer = CircuitBreakerLayer::new(Circuit::default());
    let service = layer.layer(Http::inner());
    bench.row::<Http, _>("breaker, http", Some(HTTP_PEER), service);
    let keyed = layer.with_keyer(ByHost::default()).layer(Http::inner());
    bench.row::<Http, _>("breaker, http, keyed by host", Some(HTTP_PEER), keyed);
    decisions(bench)
}

/// An answer that is nothing but well: `()` says nothing of itself.
#[derive(Debug)]
struct Well;

impl Carrier for Well {
    fn outcome(&self, _: Clock) -> Outcome {
        Outcome::new(Class::Ok)
    }

    fn history(&self) -> Option<&History> {
        None
    }

    fn record(&mut self, _: History) {}
}

/// Answers at once, as the floor's service does.
#[derive(Clone, Debug)]
struct WellService;

impl Service<()> for WellService {
    type Response = Well;
    type Error = Infallible;
    type Future = Ready<Result<Well, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(Well))
    }
}

/// One call to a closed circuit, without a clock: at ten calls a second and at a million, which must cost the same, and
/// with failures in the window, so that each result is judged.
fn decisions(bench: &mut Bench) -> Result<(), BoxError> {
    let time = Circuit::default().with_window(Window::time(Duration::from_secs(60))?);
    let calls = Circuit::default().with_window(Window::calls(100)?);
    for (name, circuit, nanos, one_fails_in) in [
        ("breaker decision, 10 a second", time, SLOW, 0),
        ("breaker decision, 1 000 000 a second", time, FAST, 0),
        ("breaker decision, 10 a second, failures", time, SLOW, 10),
        (
            "breaker decision, 1 000 000 a second, failures",
            time,
            FAST,
            10,
        ),
        ("breaker decision, window of calls", calls, FAST, 0),
        (
            "breaker decision, window of calls, failures",
            calls,
            FAST,
            10,
        ),
    ] {
        let breaker = Breaker::new(circuit);
        let (mut now, mut count) = (Timestamp::default(), 0_u32);
        bench.function(name, None, move || {
            now = now + Duration::from_nanos(nanos);
            count = count.wrapping_add(1);
            let fails = one_fails_in > 0 && count.is_multiple_of(one_fails_in);
            call(&breaker, now, fails);
        });
    }
    for (name, circuit) in [
        ("breaker decision, two threads", time),
        ("breaker decision, window of calls, two threads", calls),
    ] {
        let breaker = Breaker::new(circuit);
        bench.contended(name, move || call(&breaker, Timestamp::default(), false));
    }
    Ok(())
}

/// Nanoseconds between calls.
const SLOW: u64 = 100_000_000;
const FAST: u64 = 1_000;

fn call(breaker: &Breaker, now: Timestamp, fails: bool) {
    let answer = Answer {
        verdict: if fails {
            Verdict::Failure
        } else {
            Verdict::Success
        },
        elapsed: None,
        hint: None,
    };
    if let Ok(permit) = breaker.acquire(|| now, &mut |_| {}) {
        breaker.record(permit, answer, || now, &mut |_| {});
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Plan;
    use crate::rounds;

    #[test]
    fn a_closed_circuit_allocates_nothing_whatever_its_window_and_key() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let _context = runtime.enter();
        let mut bench = Bench::new();
        crate::peers::rows(&mut bench).unwrap();
        rows(&mut bench).unwrap();
        let mut rows = bench.select(Some("breaker")).unwrap();
        let plan = Plan {
            rounds: 1,
            calls: 200,
        };
        let measured = rounds::measure(&mut rows, &runtime, plan).unwrap();
        let floor = |name| measured.iter().find(|row| row.name == name).unwrap();
        let ours = measured
            .iter()
            .filter(|row| row.name.starts_with("breaker"));
        for row in ours.filter(|row| !row.name.ends_with("two threads")) {
            let beneath = row.floor.map_or(0.0, |name| floor(name).allocated.count);
            assert_eq!(row.allocated.count, beneath, "{}", row.name);
        }
    }
}

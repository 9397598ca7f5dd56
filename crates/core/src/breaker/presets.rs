//! The breakers of other systems.

use std::num::NonZeroU32;
use std::time::Duration;

use super::bounds::{Rate, Span, Window};
use super::circuit::{Circuit, Verdict};

impl Circuit {
    /// resilience4j 2.4: half of the last 100 calls, or all of them slower than a minute; open for a minute; 10 probes,
    /// which may take for ever.
    pub fn resilience4j() -> Self {
        Self {
            window: Window(Span::Calls(100)),
            slow: Some((Rate::ALL, Duration::from_secs(60))),
            minimum: 100,
            probes: 10,
            half_open_limit: Duration::MAX,
            open: Duration::from_secs(60),
            longest_open: Duration::from_secs(60),
            growth_percent: 100,
            ..Self::default()
        }
    }

    /// .NET's standard resilience handler, which is Polly's breaker: a tenth of at least 100 calls of the last 30 s; open
    /// for 5 s; one probe. A 429 is a failure there.
    pub fn dotnet() -> Self {
        Self {
            failures: Some(Rate(100_000)),
            minimum: 100,
            probes: 1,
            open: Duration::from_secs(5),
            longest_open: Duration::from_secs(5),
            growth_percent: 100,
            rate_limited: Verdict::Failure,
            ..Self::default()
        }
    }

    /// Hystrix: half of at least 20 calls of the last 10 s, in buckets of one second; open for 5 s; one probe.
    pub fn hystrix() -> Self {
        Self {
            window: Window(Span::Time {
                bucket: 1_000_000_000,
                count: 10,
            }),
            probes: 1,
            open: Duration::from_secs(5),
            longest_open: Duration::from_secs(5),
            growth_percent: 100,
            ..Self::default()
        }
    }

    /// Finagle's failure accrual: 5 in a row, or less than 80 % of at least 5 calls of the last 30 s successful; open for
    /// 5 s and twice as long each time, up to 5 minutes; one probe.
    pub fn finagle() -> Self {
        Self {
            // Less than 80 % successes is more than 20 % failures, and a millionth is less than any share of calls that
            // a window tells apart from that.
            failures: Some(Rate(200_001)),
            consecutive: NonZeroU32::new(5),
            minimum: 5,
            probes: 1,
            open: Duration::from_secs(5),
            ..Self::default()
        }
    }
}

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests {
    use super::*;
    use crate::breaker::{Answer, Breaker, State};
    use crate::time::Timestamp;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    fn call(breaker: &Breaker, verdict: Verdict, millis: u64) {
        let permit = breaker.acquire(|| at(millis), &mut |_| {}).unwrap();
        let answer = Answer {
            verdict,
            elapsed: None,
            hint: None,
        };
        breaker.record(permit, answer, || at(millis), &mut |_| {});
    }

    /// Makes calls of which one in `every` fails, and says after how many the circuit opens, if it does.
    fn opens_after(circuit: Circuit, every: u32, calls: u32) -> Option<u32> {
        let breaker = Breaker::new(circuit);
        (1..=calls).find(|n| {
            let verdict = match n % every {
                0 => Verdict::Failure,
                _ => Verdict::Success,
            };
            call(&breaker, verdict, 0);
            breaker.state(at(0)) == State::Open
        })
    }

    /// For how many milliseconds a circuit is open, time after time, while its probes fail.
    fn open_times(circuit: Circuit) -> [u64; 8] {
        let breaker = Breaker::new(circuit);
        let mut now = 0;
        while breaker.state(at(now)) == State::Closed {
            call(&breaker, Verdict::Failure, now);
        }
        std::array::from_fn(|_| {
            let began = now;
            let end = breaker.snapshot(at(now)).not_before.unwrap();
            now = end.as_nanos().div_ceil(1_000_000);
            while breaker.state(at(now)) == State::HalfOpen {
                call(&breaker, Verdict::Failure, now);
            }
            now - began - 1
        })
    }

    fn probes(circuit: Circuit) -> usize {
        let breaker = Breaker::new(circuit);
        while breaker.state(at(0)) == State::Closed {
            call(&breaker, Verdict::Failure, 0);
        }
        let later = || at(3_600_000);
        let passed = std::iter::from_fn(|| breaker.acquire(later, &mut |_| {}).ok());
        passed.map(drop).count()
    }

    #[test]
    fn resilience4j_opens_for_a_minute_when_half_of_a_hundred_failed() {
        let circuit = Circuit::resilience4j();
        assert_eq!(opens_after(circuit, 1, 200), Some(100));
        assert_eq!(opens_after(circuit, 2, 200), Some(100));
        assert_eq!(opens_after(circuit, 3, 1_000), None);
        assert_eq!((open_times(circuit), probes(circuit)), ([60_000; 8], 10));
    }

    #[test]
    fn resilience4j_opens_when_all_of_a_hundred_took_over_a_minute() {
        let breaker = Breaker::new(Circuit::resilience4j());
        for calls in 1..=100 {
            assert_eq!(breaker.state(at(0)), State::Closed, "{calls}");
            let permit = breaker.acquire(|| at(0), &mut |_| {}).unwrap();
            let answer = Answer {
                verdict: Verdict::Success,
                elapsed: Some(Duration::from_millis(60_001)),
                hint: None,
            };
            breaker.record(permit, answer, || at(0), &mut |_| {});
        }
        assert_eq!(breaker.state(at(0)), State::Open);
    }

    #[test]
    fn dotnet_opens_for_five_seconds_when_a_tenth_of_a_hundred_failed() {
        let circuit = Circuit::dotnet();
        assert_eq!(opens_after(circuit, 10, 1_000), Some(100));
        assert_eq!(opens_after(circuit, 11, 1_000), None);
        assert_eq!((open_times(circuit), probes(circuit)), ([5_000; 8], 1));
    }

    #[test]
    fn hystrix_opens_for_five_seconds_when_half_of_twenty_failed() {
        let circuit = Circuit::hystrix();
        assert_eq!(opens_after(circuit, 2, 1_000), Some(20));
        assert_eq!(opens_after(circuit, 3, 1_000), None);
        assert_eq!((open_times(circuit), probes(circuit)), ([5_000; 8], 1));
    }

    #[test]
    fn finagle_opens_after_five_in_a_row_or_below_four_fifths() {
        let circuit = Circuit::finagle();
        assert_eq!(
            opens_after(circuit, 5, 1_000),
            None,
            "four fifths is not below"
        );
        assert_eq!(opens_after(circuit, 4, 1_000), Some(8));
        assert_eq!(opens_after(circuit, 1, 1_000), Some(5));
        let breaker = Breaker::new(circuit);
        (0..95).for_each(|_| call(&breaker, Verdict::Success, 0));
        for failures in 1..=5 {
            assert_eq!(breaker.state(at(0)), State::Closed, "{failures}");
            call(&breaker, Verdict::Failure, 0);
        }
        assert_eq!(breaker.state(at(0)), State::Open);
        let doubling = [5, 10, 20, 40, 80, 160, 300, 300].map(|secs| secs * 1_000);
        assert_eq!((open_times(circuit), probes(circuit)), (doubling, 1));
    }
}

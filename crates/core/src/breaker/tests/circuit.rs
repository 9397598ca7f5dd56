//! What a policy refuses, and what it says of outcomes and times.

use std::time::Duration;

use crate::breaker::bounds::MOST_CALLS;
use crate::breaker::judge::LONGEST_HINT;
use crate::breaker::probes::MOST_PROBES;
use crate::breaker::{Circuit, Rate, Stalled, Verdict, Window};
use crate::outcome::{Class, Outcome};

#[test]
fn what_cannot_be_is_refused() {
    let circuit = Circuit::default();
    for percent in [0, 101, u32::MAX] {
        assert!(Rate::from_percent(percent).is_err(), "{percent}");
    }
    assert!(Rate::from_millionths(9_999).is_err() && Rate::from_millionths(1_000_001).is_err());
    assert!(Window::calls(0).is_err() && Window::calls(MOST_CALLS + 1).is_err());
    assert!(Window::time(Duration::ZERO).is_err());
    assert!(Window::time(Duration::MAX).is_err());
    assert!(Window::buckets(Duration::from_secs(1), 0).is_err());
    assert!(circuit.with_minimum_calls(0).is_err());
    assert!(circuit.with_probes(0).is_err() && circuit.with_probes(MOST_PROBES + 1).is_err());
    assert!(circuit.with_open_for(Duration::ZERO).is_err());
    assert!(
        circuit
            .with_half_open_for(Duration::ZERO, Stalled::Open)
            .is_err()
    );
    let second = Duration::from_secs(1);
    for (percent, longest) in [(99, second), (1_001, second), (200, second / 2)] {
        assert!(
            circuit.with_open_growth(second, percent, longest).is_err(),
            "{percent} {longest:?}"
        );
    }
}

#[test]
fn a_minimum_over_a_window_of_calls_is_refused_and_one_that_was_there_is_lowered() {
    let five = Window::calls(5).unwrap();
    let circuit = Circuit::resilience4j().with_window(five);
    assert!(circuit.with_minimum_calls(6).is_err());
    assert_eq!(circuit.minimum(), 5);
    let seconds = Window::time(Duration::from_secs(3)).unwrap();
    assert_eq!(Circuit::resilience4j().with_window(seconds).minimum(), 100);
}

#[test]
fn open_time_grows_to_its_end_and_a_hint_only_lengthens_it() {
    let secs = Duration::from_secs;
    let circuit = Circuit::default();
    let circuit = circuit.with_open_growth(secs(2), 150, secs(6)).unwrap();
    let times = [1, 2, 3, 4, 5, u32::MAX].map(|times| circuit.opens_for(times, None).as_millis());
    assert_eq!(times, [2_000, 3_000, 4_500, 6_000, 6_000, 6_000]);
    assert_eq!(circuit.opens_for(1, Some(secs(1))), secs(2));
    assert_eq!(circuit.opens_for(1, Some(secs(90))), secs(90));
    assert_eq!(circuit.opens_for(1, Some(Duration::MAX)), LONGEST_HINT);
    let steady = circuit.with_open_for(secs(7)).unwrap();
    assert_eq!(steady.opens_for(u32::MAX, None), secs(7));
}

#[test]
fn each_class_counts_as_the_table_says() {
    let verdict = |class| Circuit::default().verdict(&Outcome::new(class));
    for &class in Class::ALL {
        let expected = match class {
            Class::Ok | Class::Auth | Class::ClientError | Class::Conflict => Verdict::Success,
            Class::RateLimited | Class::QuotaExhausted | Class::Rejected => Verdict::Nothing,
            _ => Verdict::Failure,
        };
        assert_eq!(verdict(class), expected, "{class}");
    }
    let counted = Circuit::default().with_rate_limited(Verdict::Failure);
    let limited = Outcome::new(Class::RateLimited);
    assert_eq!(counted.verdict(&limited), Verdict::Failure);
}

#[test]
fn a_window_that_is_small_lowers_the_minimum_for_good() {
    let small = Window::calls(5).unwrap();
    let circuit = Circuit::default().with_window(small);
    assert_eq!(circuit.minimum_calls(), 5);
    assert_eq!(circuit, circuit.with_minimum_calls(5).unwrap());
}

#[test]
fn a_circuit_may_look_at_no_failure_rate() {
    let slow = Circuit::default().with_slow_call_rate(Rate::ALL, Duration::from_secs(1));
    let circuit = slow.without_failure_rate();
    assert_eq!(
        (circuit.failure_rate(), circuit.slow_call_rate()),
        (None, slow.slow_call_rate())
    );
}

#[test]
fn a_window_of_time_tells_its_buckets() {
    let window = Window::buckets(Duration::from_secs(1), 7).unwrap();
    assert_eq!(
        (window.length(), window.bucket_count()),
        (Some(Duration::from_secs(7)), Some(7))
    );
    assert_eq!(Window::calls(7).unwrap().bucket_count(), None);
}

use http::Request;

use super::*;
use crate::Hint;

fn call(job: &str) -> Call {
    let request = Request::post("/v1/chat/completions")
        .header("authorization", "Bearer a")
        .header("x-job", job)
        .header("idempotency-key", job)
        .header("x-attempt", "1");
    Call::read(&request.body(()).unwrap().into_parts().0)
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    pairs.collect()
}

/// Whether a request of the same job at `at` is early after an error at 0 with `status` and `pairs`.
fn is_early(status: u16, pairs: &[(&'static str, &str)], at: u64) -> bool {
    let mut ledger = Ledger::new(10);
    let headers = headers(pairs);
    let outcome = Outcome {
        ending: Ending::Limited,
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers,
        fault: None,
    };
    ledger.arrived(&call("a"), 0, false);
    ledger.ended(&call("a"), &outcome, &Clock::start(), 0);
    ledger.arrived(&call("a"), at, false);
    ledger.seen().early == 1
}

#[tokio::test(start_paused = true)]
async fn milliseconds_go_before_seconds() {
    let pairs = [("retry-after-ms", "576"), ("retry-after", "1")];
    assert!(is_early(429, &pairs, 576 * MILLI - 1));
    assert!(!is_early(429, &pairs, 576 * MILLI));
}

#[tokio::test(start_paused = true)]
async fn seconds_alone_are_kept_to() {
    assert!(is_early(503, &[("retry-after", "2")], 2 * SECOND - 1));
    assert!(!is_early(503, &[("retry-after", "2")], 2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_reset_counts_when_nothing_remains() {
    let epoch = Clock::start().epoch_not_before(10 * SECOND).to_string();
    let gone = [
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", epoch.as_str()),
    ];
    let left = [
        ("x-ratelimit-remaining", "7"),
        ("x-ratelimit-reset", epoch.as_str()),
    ];
    assert!(is_early(403, &gone, 8 * SECOND));
    assert!(!is_early(403, &gone, 12 * SECOND));
    assert!(!is_early(403, &left, 8 * SECOND));
    assert!(!is_early(500, &gone, 8 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_date_tells_as_well_as_seconds() {
    let date = Clock::start().date(20 * SECOND).unwrap();
    let pairs = [("retry-after", date.to_str().unwrap())];
    assert!(is_early(503, &pairs, 10 * SECOND));
    assert!(!is_early(503, &pairs, 21 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_malformed_value_tells_nothing() {
    for value in ["+5", "-1", "5.5", "soon", "", "5 s"] {
        assert!(!is_early(503, &[("retry-after", value)], 1), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_job_is_not_early() {
    let mut ledger = Ledger::new(10);
    let headers = headers(&[("retry-after", "5")]);
    let outcome = Outcome {
        ending: Ending::Limited,
        status: StatusCode::TOO_MANY_REQUESTS,
        headers: &headers,
        fault: None,
    };
    ledger.ended(&call("a"), &outcome, &Clock::start(), 0);
    ledger.arrived(&call("b"), 1, false);
    assert_eq!(ledger.seen().early, 0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_cut_tells_nothing_and_confirms_nothing() {
    let mut ledger = Ledger::new(10);
    let headers = headers(&[]);
    let outcome = Outcome {
        ending: Ending::Admitted,
        status: StatusCode::OK,
        headers: &headers,
        fault: Some(&Fault::ResetInBody),
    };
    ledger.arrived(&call("a"), 0, false);
    ledger.ended(&call("a"), &outcome, &Clock::start(), 0);
    let seen = ledger.seen();
    let job = seen.jobs["a"];
    assert_eq!((job.requests, job.done, job.confirmed), (1, 1, 0));
    assert!(seen.completions.answers.is_empty());
    assert_eq!(seen.completions.faults["reset_in_body"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_with_a_hint_tells_too() {
    let mut ledger = Ledger::new(10);
    let headers = headers(&[("retry-after", "5")]);
    let fault = Fault::Unavailable(Hint::Seconds(5));
    let outcome = Outcome {
        ending: Ending::NotDone,
        status: StatusCode::SERVICE_UNAVAILABLE,
        headers: &headers,
        fault: Some(&fault),
    };
    ledger.ended(&call("a"), &outcome, &Clock::start(), 0);
    ledger.arrived(&call("a"), SECOND, false);
    assert_eq!(ledger.seen().early, 1);
}

#[test]
fn the_memory_is_bounded_and_says_what_it_forgot() {
    let mut ledger = Ledger::new(2);
    for job in ["a", "b", "c", "a"] {
        ledger.arrived(&call(job), 0, false);
    }
    let seen = ledger.seen();
    assert_eq!((seen.jobs.len(), seen.arrivals.len()), (2, 2));
    assert_eq!(seen.completions.idempotency_keys, 2);
    assert_eq!((seen.completions.requests, seen.jobs["a"].requests), (4, 2));
    assert_eq!(seen.completions.attempts["x-attempt: 1"], 4);
    // The third job, its key, and the last two arrivals.
    assert_eq!(seen.forgotten, 4);
}

#[test]
fn an_outage_is_quiet_from_a_request_in_it_to_the_next_wherever_that_falls() {
    let mut ledger = Ledger::new(10);
    let arrivals = [
        (0, false),
        (50, true),
        (60, true),
        (90, true),
        (140, false),
        (900, false),
    ];
    for (at, is_down) in arrivals {
        ledger.arrived(&call("a"), at, is_down);
    }
    let outage = ledger.seen().outage;
    assert_eq!((outage.requests, outage.longest_quiet), (3, 50));
}

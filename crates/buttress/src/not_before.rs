//! When a call that came to nothing can be made.

use buttress_core::{BoxError, Timestamp, failure};

use crate::carrier::Carrier;
use crate::time::Clock;

/// When it makes sense to make this call again, as far as anybody knows: for a job queue, which puts the job back until
/// then.
///
/// A response says so by its history, or by the server's hint where no retry layer has written one; an error by the
/// refusal, the history or the hint in its chain, whichever is latest. `None` if the call did what was asked, or if
/// nobody knows.
///
/// ```
/// use std::time::Duration;
///
/// use buttress::core::{Key, Rejected, Why};
/// use buttress::{BoxError, Clock};
///
/// let soon = Clock::default().now() + Duration::from_secs(60);
/// let paused = Rejected::new(Why::Cooldown, Key::ALL).with_not_before(Some(soon));
/// let result: Result<http::Response<String>, BoxError> = Err(paused.into());
///
/// assert_eq!(buttress::not_before(&result), Some(soon));
/// assert!(Clock::default().until(soon) > Duration::from_secs(59));
/// ```
pub fn not_before<T: Carrier>(result: &Result<T, BoxError>) -> Option<Timestamp> {
    let clock = Clock::default();
    match result {
        Ok(response) => match response.history() {
            Some(history) => history.not_before(),
            None => response.outcome(clock).not_before(clock.now()),
        },
        Err(error) => failure::not_before(&**error, clock.now()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use buttress_core::history::End;
    use buttress_core::{History, Outcome};
    use http::Response;

    use super::*;

    const LATER: Timestamp = Timestamp::from_nanos(7);

    fn limited(status: u16) -> Response<()> {
        let response = Response::builder().status(status);
        response.header("retry-after", "7").body(()).unwrap()
    }

    #[test]
    fn a_response_says_it_by_its_history() {
        let mut response = limited(429);
        response.record(History::default().ended(End::MaxWait, Some(LATER)));
        assert_eq!(not_before(&Ok(response)), Some(LATER));
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_without_a_history_says_it_by_its_hint() {
        let now = Clock::default().now();
        let unmeasured = not_before(&Ok(limited(429)));
        assert_eq!(unmeasured, Some(now + Duration::from_secs(7)));
        let mut measured = limited(429);
        let outcome = measured.outcome(Clock::default());
        let outcome: Outcome = outcome.with_timing(Duration::ZERO, LATER);
        measured.extensions_mut().insert(outcome);
        let told = not_before(&Ok(measured));
        assert_eq!(told, Some(LATER + Duration::from_secs(7)));
    }

    #[test]
    fn a_response_that_did_what_was_asked_says_nothing() {
        assert_eq!(not_before(&Ok(limited(200))), None);
    }
}

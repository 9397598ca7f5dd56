//! The two calls of a job, and what became of one.

use buttress::core::{BoxError, Class, Failure, History, Rejected, Timestamp, Why, failure};
use buttress::retry::CallOptions;
use buttress::{Carrier, Clock};
use http::Request;
use http_body_util::BodyExt;
use reqwest::Body;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::stack::Client;

/// Asks for a completion, as OpenAI's clients do.
pub(crate) fn completion(url: &str, job: u16) -> http::Result<Request<Body>> {
    let messages = json!([{"role": "user", "content": format!("Sum up report {job}.")}]);
    let body = json!({"model": "demo", "messages": messages, "max_tokens": 64});
    let url = format!("{url}/v1/chat/completions");
    post(url, format!("completion-{job}"), &body)
}

/// Comments on an issue, as GitHub's clients do.
pub(crate) fn comment(url: &str, job: u16) -> http::Result<Request<Body>> {
    let body = json!({"body": format!("The sum of report {job}.")});
    let url = format!("{url}/repos/o/r/issues/1/comments");
    let mut request = post(url, format!("comment-{job}"), &body)?;
    // The profile does not repeat this POST after a 500: it cannot know. The caller does: this server fails before it
    // has acted.
    let options = CallOptions::default().with_repeatable(true);
    request.extensions_mut().insert(options);
    Ok(request)
}

/// With `id` for the server to count by.
fn post(url: String, id: String, body: &Value) -> http::Result<Request<Body>> {
    Request::post(url)
        .header("authorization", "Bearer demo")
        .header("content-type", "application/json")
        .header("x-job", &id)
        .header("idempotency-key", id)
        .body(body.to_string().into())
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// For good.
    As(Class),
    /// For now: it was told when to come back, or that nobody can tell yet.
    ToComeBack(Option<Timestamp>),
}

/// What became of a call. One has succeeded when its whole answer is there.
pub(crate) async fn outcome(client: &Client, request: Request<Body>) -> Ended {
    let response = match client.clone().oneshot(request).await {
        Ok(response) => response,
        Err(error) => return failed(&error),
    };
    if let Some(not_before) = response.history().and_then(History::not_before) {
        return Ended::ToComeBack(Some(not_before));
    }
    let class = response.outcome(Clock::default()).class();
    match response.into_body().collect().await {
        Ok(_) => Ended::As(class),
        Err(_) => Ended::As(Class::Interrupted),
    }
}

/// A refusal of ours says when to come back; so does the history of a call that was refused when it was to be repeated.
fn failed(error: &BoxError) -> Ended {
    let history = Failure::find(&**error).and_then(Failure::history);
    if let Some(not_before) = history.and_then(History::not_before) {
        return Ended::ToComeBack(Some(not_before));
    }
    match Rejected::find(&**error) {
        // Until its probes are back, a circuit knows no time.
        Some(rejected) if rejected.not_before.is_some() || rejected.why == Why::CircuitOpen => {
            Ended::ToComeBack(rejected.not_before)
        }
        _ => Ended::As(failure::outcome(&**error).class()),
    }
}

#[cfg(test)]
mod tests {
    use buttress::core::history::End;
    use buttress::core::{Key, Outcome};

    use super::*;

    const LATER: Timestamp = Timestamp::from_nanos(7);

    fn rejected(why: Why, not_before: Option<Timestamp>) -> Rejected {
        let key = Key::ALL;
        Rejected {
            why,
            not_before,
            key,
        }
    }

    #[test]
    fn a_refusal_that_says_when_is_no_failure() {
        let ended = |why, not_before| failed(&rejected(why, not_before).into());
        let later = Ended::ToComeBack(Some(LATER));
        assert_eq!(ended(Why::CircuitOpen, Some(LATER)), later);
        assert_eq!(ended(Why::Cooldown, Some(LATER)), later);
        assert_eq!(ended(Why::CircuitOpen, None), Ended::ToComeBack(None));
        assert_eq!(ended(Why::TooLarge, None), Ended::As(Class::Rejected));
    }

    #[test]
    fn a_history_that_says_when_is_heard() {
        let mut failure = Failure::new(Outcome::new(Class::Unavailable), "down");
        let history = History::default();
        failure.record(history.clone());
        assert_eq!(failed(&failure.into()), Ended::As(Class::Unavailable));
        let mut failure = Failure::new(Outcome::new(Class::Unavailable), "down");
        failure.record(history.ended(End::MaxWait, Some(LATER)));
        assert_eq!(failed(&failure.into()), Ended::ToComeBack(Some(LATER)));
    }

    #[test]
    fn each_call_of_each_job_has_an_id_of_its_own() {
        let id = |request: http::Result<Request<Body>>| request.unwrap().headers()["x-job"].clone();
        assert_eq!(id(completion("http://localhost", 7)), "completion-7");
        assert_eq!(id(comment("http://localhost", 7)), "comment-7");
    }
}

//! The two calls of a job, and what became of one.

use buttress::core::{BoxError, Class, Rejected, Timestamp, Why, failure};
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
    let result = client.clone().oneshot(request).await;
    // The bare client's answers have no history: it does as most programs do, and does not come back for a hint.
    let is_bare = matches!(&result, Ok(response) if response.history().is_none());
    if let Some(not_before) = buttress::not_before(&result).filter(|_| !is_bare) {
        return Ended::ToComeBack(Some(not_before));
    }
    let response = match result {
        Ok(response) => response,
        Err(error) => return failed(&error),
    };
    let class = response.outcome(Clock::default()).class();
    match response.into_body().collect().await {
        Ok(_) => Ended::As(class),
        Err(_) => Ended::As(Class::Interrupted),
    }
}

/// Of an error that says no time.
fn failed(error: &BoxError) -> Ended {
    match Rejected::find(&**error) {
        // Until its probes are back, a circuit knows no time.
        Some(rejected) if rejected.why == Why::CircuitOpen => Ended::ToComeBack(None),
        _ => Ended::As(failure::outcome(&**error).class()),
    }
}

#[cfg(test)]
mod tests {
    use buttress::core::{Failure, Key, Outcome};

    use super::*;

    #[test]
    fn a_circuit_that_waits_for_its_probes_is_no_failure() {
        let ended = |why| failed(&Rejected::new(why, Key::ALL).into());
        assert_eq!(ended(Why::CircuitOpen), Ended::ToComeBack(None));
        assert_eq!(ended(Why::TooLarge), Ended::As(Class::Rejected));
        let failure = Failure::new(Outcome::new(Class::Unavailable), "down");
        assert_eq!(failed(&failure.into()), Ended::As(Class::Unavailable));
    }

    #[test]
    fn each_call_of_each_job_has_an_id_of_its_own() {
        let id = |request: http::Result<Request<Body>>| request.unwrap().headers()["x-job"].clone();
        assert_eq!(id(completion("http://localhost", 7)), "completion-7");
        assert_eq!(id(comment("http://localhost", 7)), "comment-7");
    }
}

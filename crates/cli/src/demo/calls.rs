//! The two calls of a job, and what became of one.

use buttress::core::{Class, failure};
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

/// What became of a call. One has succeeded when its whole answer is there.
pub(crate) async fn outcome(client: &Client, request: Request<Body>) -> Class {
    let response = match client.clone().oneshot(request).await {
        Ok(response) => response,
        Err(error) => return failure::outcome(&*error).class(),
    };
    let class = response.outcome(Clock::default()).class();
    match response.into_body().collect().await {
        Ok(_) => class,
        Err(_) => Class::Interrupted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_of_each_job_has_an_id_of_its_own() {
        let id = |request: http::Result<Request<Body>>| request.unwrap().headers()["x-job"].clone();
        assert_eq!(id(completion("http://localhost", 7)), "completion-7");
        assert_eq!(id(comment("http://localhost", 7)), "comment-7");
    }
}

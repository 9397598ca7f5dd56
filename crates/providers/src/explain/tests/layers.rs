//! What the layers would do.

use super::*;

#[test]
fn the_layers_see_a_stream_that_fails_after_its_head() {
    let input = "HTTP/2 200\ncontent-type: text/event-stream\n\n\
        data: {\"error\":{\"type\":\"server_error\"}}\n\n";
    let layers = &json_of(openai::PROFILE, input)["layers"];
    assert_eq!(
        *layers,
        json!({
            "retry": "does not repeat it: parts of the answer are delivered",
            "cooldown": "does nothing: the head was good",
            "rate_limit": "learns nothing",
            "breaker": "counts a failure more, after the success of the head",
        })
    );
}

#[test]
fn the_method_decides_what_retry_does_with_a_fault() {
    let said = |method: Option<Method>| {
        let explain = explain(generic::PROFILE);
        let explain = match method {
            Some(method) => explain.with_method(method),
            None => explain,
        };
        let mut out = Vec::new();
        explain
            .json(&b"HTTP/1.1 500 Oops\n\n"[..], &mut out)
            .unwrap();
        let said: Value = serde_json::from_slice(&out).unwrap();
        said["layers"]["retry"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        said(Some(Method::POST)),
        "does not repeat it: a POST may have been done"
    );
    assert_eq!(said(Some(Method::GET)), "repeats it, after its backoff");
    assert_eq!(
        said(None),
        "repeats it if the request may be sent twice, after its backoff"
    );
}

#[test]
fn each_layer_says_what_it_does() {
    let head = |status: &str, fields: &str| format!("HTTP/1.1 {status}\r\n{fields}\r\n");
    for (input, retry, cooldown, breaker) in [
        (
            head("429 x", "retry-after: 3600\r\n"),
            "returns at once and says when: 3600s is longer than 120s",
            "holds all calls for 3600s",
            "counts nothing",
        ),
        (
            head("429 x", ""),
            "repeats it, after its backoff",
            "holds all calls for a default that grows",
            "counts nothing",
        ),
        (
            head("402 x", ""),
            "does not repeat it",
            "parks all calls, which are rejected, not held",
            "counts nothing",
        ),
        (
            head("503 x", "retry-after: 4\r\n"),
            "repeats it, after 4s and up to a tenth more",
            "holds all calls for 4s",
            "counts a failure",
        ),
        (
            head("503 x", ""),
            "repeats it if the request may be sent twice, after its backoff",
            "does nothing",
            "counts a failure",
        ),
        (
            head("404 x", ""),
            "does not repeat it",
            "does nothing, or lets more go where a pause is released",
            "counts a success",
        ),
        (
            head("200 x", ""),
            "has nothing to do",
            "does nothing, or lets more go where a pause is released",
            "counts a success",
        ),
    ] {
        let layers = &json_of(generic::PROFILE, &input)["layers"];
        assert_eq!(
            (&layers["retry"], &layers["cooldown"], &layers["breaker"]),
            (&json!(retry), &json!(cooldown), &json!(breaker)),
            "{input}"
        );
    }
}

#[test]
fn a_limit_of_a_model_or_a_resource_is_said_to_hold_all_unless_the_pause_is_keyed() {
    let said = |profile, input: &str| json_of(profile, input)["layers"]["cooldown"].clone();
    let limited = "HTTP/1.1 429 x\nretry-after: 4\n\n";
    assert_eq!(
        said(openai::PROFILE, limited),
        "holds all calls for 4s; keyed by model, those for this one"
    );
    let spent = "HTTP/1.1 429 x\n\n{\"error\":{\"code\":\"insufficient_quota\"}}";
    assert_eq!(
        said(openai::PROFILE, spent),
        "parks all calls, which are rejected, not held"
    );
    let primary = "HTTP/2 403\nx-ratelimit-remaining: 0\nretry-after: 4\n\n{}";
    assert_eq!(
        said(github_rest::PROFILE, primary),
        "holds all calls for 4s; keyed by resource, those of this one"
    );
}

#[test]
fn what_is_learned_is_told_per_bucket() {
    let input = "HTTP/2 200\nx-ratelimit-limit: 30\nx-ratelimit-remaining: 14\n\
        x-ratelimit-reset: 1792497631\nx-ratelimit-resource: search\n\n{}";
    let said = words_of(github_rest::PROFILE, input);
    assert!(
        said.contains("  learned   14 of 30 search left, anew in 31s\n"),
        "{said}"
    );
    let input = "HTTP/2 403\nx-ratelimit-limit: 30\nx-ratelimit-remaining: 0\n\
        x-ratelimit-reset: 1792497631\nx-ratelimit-resource: search\n\n{}";
    let said = words_of(github_rest::PROFILE, input);
    assert!(
        said.contains("  scope     account, of it the resource search\n"),
        "{said}"
    );
    let said = json_of(github_rest::PROFILE, input);
    assert_eq!(
        (&said["scope"], &said["resource"]),
        (&json!("account"), &json!("search"))
    );
}

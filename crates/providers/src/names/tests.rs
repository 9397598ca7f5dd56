use super::*;
use crate::profile::Kind;
use crate::{ALL, anthropic, azure_openai, bedrock, gemini, github_rest, named, openai, vertex};

fn of_body(body: &str) -> Option<String> {
    openai::PROFILE
        .names()
        .model("/v1/chat/completions", body.as_bytes())
}

#[test]
fn every_profile_of_models_knows_where_a_request_names_its_own() {
    for profile in ALL.iter().filter(|profile| !profile.is_text()) {
        let knows = !profile.names().models().is_empty();
        assert_eq!(knows, profile.kind != Kind::Service, "{profile:?}");
    }
}

#[test]
fn the_model_is_found_wherever_it_stands_at_the_top() {
    let m = Some("m".to_owned());
    assert_eq!(of_body(r#"{"model":"m","messages":[]}"#), m);
    let last = r#"{"messages":[{"model":"x","content":"\"model\":\"y\""}],"n":1e9, "model" : "m"}"#;
    assert_eq!(of_body(last), m);
    assert_eq!(of_body(r#"{"mod\u0065l":"\u006d"}"#), m, "as it is meant");
    assert_eq!(of_body(r#"{"model":"m","model":"x"}"#), m);
}

#[test]
fn what_is_no_name_is_none() {
    for body in [
        "",
        "{",
        "[]",
        "[{\"model\":\"m\"}]",
        "model",
        "{\"model\"",
        "{\"model\":\"m",
        "{\"model\":\"\"}",
        "{\"model\":null}",
        "{\"model\":7}",
        "{\"model\":{\"model\":\"m\"}}",
        "{\"model\":[\"m\"]}",
        "{\"Model\":\"m\"}",
        "{\"messages\":[{\"model\":\"m\"}]}",
        "{\"messages\":[}, \"model\":\"m\"}",
        "--boundary\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm",
    ] {
        assert_eq!(of_body(body), None, "{body}");
    }
    assert_eq!(
        openai::PROFILE.names().model("/", b"{\"model\":\"\xff\"}"),
        None
    );
}

#[test]
fn what_stands_behind_the_model_is_not_read() {
    assert_eq!(
        of_body(r#"{"model":"m", this is no JSON"#).as_deref(),
        Some("m")
    );
    let long = format!(
        r#"{{"model":"m","messages":"{}"#,
        "x".repeat(2 * LONGEST_BODY)
    );
    assert_eq!(of_body(&long).as_deref(), Some("m"));
}

#[test]
fn a_body_is_looked_through_up_to_its_bound_and_a_name_is_as_long_as_a_name() {
    let behind = |bytes: usize| {
        let before = r#"{"messages":""#.len() + r#"","model":"m""#.len();
        of_body(&format!(
            r#"{{"messages":"{}","model":"m"}}"#,
            "x".repeat(bytes - before)
        ))
    };
    assert_eq!(behind(LONGEST_BODY).as_deref(), Some("m"));
    assert_eq!(behind(LONGEST_BODY + 1), None);
    let named = |bytes: usize| of_body(&format!(r#"{{"model":"{}"}}"#, "m".repeat(bytes)));
    assert_eq!(
        named(LONGEST_NAME).map(|name| name.len()),
        Some(LONGEST_NAME)
    );
    assert_eq!(named(LONGEST_NAME + 1), None);
    let path = format!("/model/{}/invoke", "m".repeat(LONGEST_NAME + 1));
    assert_eq!(bedrock::PROFILE.names().model(&path, b""), None);
}

#[test]
fn a_body_that_is_nested_as_deep_as_it_is_long_ends_no_stack() {
    let deep = format!(r#"{{"messages":{}"#, "[".repeat(LONGEST_BODY));
    assert_eq!(of_body(&deep), None);
    let deep = 200_000;
    let closed = format!(
        r#"{{"a":{}{},"model":"m"}}"#,
        "[".repeat(deep),
        "]".repeat(deep)
    );
    assert_eq!(of_body(&closed).as_deref(), Some("m"));
}

#[test]
fn a_model_in_the_path_is_found_before_one_in_the_body() {
    let body = br#"{"model":"body"}"#;
    let all = [
        (
            azure_openai::PROFILE,
            "/openai/deployments/my-gpt/chat/completions",
            "my-gpt",
        ),
        (azure_openai::PROFILE, "/openai/v1/chat/completions", "body"),
        (
            gemini::PROFILE,
            "/v1beta/models/gemini-2.5-pro:generateContent",
            "gemini-2.5-pro",
        ),
        (
            gemini::PROFILE,
            "/v1beta/models/gemini-2.5-pro",
            "gemini-2.5-pro",
        ),
        (gemini::PROFILE, "/v1beta/openai/chat/completions", "body"),
        (
            vertex::PROFILE,
            "/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4-5@20251101:streamRawPredict",
            "claude-opus-4-5@20251101",
        ),
        (
            bedrock::PROFILE,
            "/model/anthropic.claude-3-haiku-20240307-v1:0/invoke",
            "anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (bedrock::PROFILE, "/model//invoke", "body"),
        (anthropic::PROFILE, "/v1/models/x", "body"),
    ];
    for (profile, path, model) in all {
        let found = profile.names().model(path, body);
        assert_eq!(found.as_deref(), Some(model), "{profile:?} {path}");
    }
}

#[test]
fn githubs_bucket_follows_from_the_route_and_nobody_elses_does() {
    for profile in ALL {
        let is_githubs = profile.name().starts_with("github");
        assert_eq!(profile.names().has_resources(), is_githubs, "{profile:?}");
    }
    let of = |method, path| github_rest::PROFILE.names().resource(method, path).unwrap();
    assert_eq!(of("GET", "/repos/o/r"), "core");
    assert_eq!(of("GET", "/search/issues"), "search");
    assert_eq!(of("POST", "/graphql"), "graphql");
    let graphql = named("github_graphql").unwrap();
    assert_eq!(
        graphql.names().resource("POST", "/graphql"),
        Some("graphql")
    );
}

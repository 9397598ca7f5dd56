use super::*;
use crate::{
    anthropic, azure_openai, bedrock, github_graphql, github_rest, mistral, openai, slack,
};

#[test]
fn github_counts_five_points_for_a_change() {
    let points = |method| github_rest::PROFILE.cost().points(&method, b"");
    assert_eq!(
        [
            points(Method::GET),
            points(Method::HEAD),
            points(Method::OPTIONS)
        ],
        [1; 3]
    );
    assert_eq!(
        [
            points(Method::POST),
            points(Method::PATCH),
            points(Method::PUT),
            points(Method::DELETE)
        ],
        [5; 4]
    );
    assert_eq!(slack::PROFILE.cost().points(&Method::POST, b""), 1);
}

#[test]
fn a_mutation_is_known_by_the_first_word_of_the_document() {
    let points = |body: &str| {
        github_graphql::PROFILE
            .cost()
            .points(&Method::POST, body.as_bytes())
    };
    for body in [
        r#"{"query":"mutation { a }"}"#,
        r##"{"query":"# why\n\n  mutation($a: ID!) { a }"}"##,
        r#"{"query":"mutation"}"#,
    ] {
        assert_eq!(points(body), 5, "{body}");
    }
    for body in [
        r#"{"query":"{ mutation }"}"#,
        r#"{"query":"query mutation { a }"}"#,
        r#"{"query":"mutations"}"#,
        "{",
        "",
    ] {
        assert_eq!(points(body), 1, "{body}");
    }
}

#[test]
fn each_provider_charges_tokens_by_its_own_rule() {
    let charged = |profile: crate::Profile| profile.cost().tokens(1_000, Some(300));
    assert_eq!(charged(openai::PROFILE), Some(1_000));
    assert_eq!(openai::PROFILE.cost().tokens(100, Some(300)), Some(300));
    assert_eq!(charged(azure_openai::PROFILE), Some(1_300));
    assert_eq!(charged(bedrock::PROFILE), Some(1_300));
    assert_eq!(charged(anthropic::PROFILE), Some(1_000));
    assert_eq!(charged(slack::PROFILE), None);
    assert_eq!(
        bedrock::PROFILE.cost().tokens(u64::MAX, Some(1)),
        Some(u64::MAX)
    );
}

#[test]
fn what_a_call_cost_is_read_where_it_is_told() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-ratelimit-tokens-query-cost",
        http::HeaderValue::from_static(" 1204"),
    );
    assert_eq!(mistral::PROFILE.cost().told(&headers, b""), Some(1_204));
    headers.insert(
        "x-ratelimit-tokens-query-cost",
        http::HeaderValue::from_static("+5"),
    );
    assert_eq!(mistral::PROFILE.cost().told(&headers, b""), None);
    let body = br#"{"data":{"rateLimit":{"cost":3}}}"#;
    assert_eq!(github_graphql::PROFILE.cost().told(&headers, body), Some(3));
    assert_eq!(openai::PROFILE.cost().told(&headers, body), None);
}

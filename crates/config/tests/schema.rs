//! The schema that is kept in the repository, and what it takes.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use buttress_config::{Document, init, schema, settings_table, to_json};
use buttress_core::policy::{Policy, Upstream, UpstreamName};
use serde_json::Value as Json;

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/buttress.schema.json")
}

fn takes(document: &str) -> bool {
    let schema: Json = serde_json::from_str(&schema()).unwrap();
    let document: Json = serde_json::from_str(document).unwrap();
    jsonschema::is_valid(&schema, &document)
}

#[test]
fn the_schema_that_is_kept_is_the_one_that_is_made() {
    let kept = fs::read_to_string(kept()).unwrap_or_default();
    assert!(
        kept == schema(),
        "write it anew: buttress schema > docs/buttress.schema.json"
    );
}

#[test]
#[ignore = "writes the schema anew"]
fn write_the_schema() {
    fs::write(kept(), schema()).unwrap();
}

/// The guide, with the table of settings in its place.
fn guide() -> (PathBuf, String, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CONFIGURATION.md");
    let kept = fs::read_to_string(&path).unwrap();
    let (before, rest) = kept.split_once("buttress-config -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    let table = settings_table();
    let made = format!("{before}buttress-config -->\n{table}<!-- end -->{after}");
    (path, kept, made)
}

#[test]
fn the_guide_has_every_setting_as_it_is() {
    let (_, kept, made) = guide();
    assert!(kept == made, "run the test `write_the_guide`");
}

#[test]
#[ignore = "writes the guide anew"]
fn write_the_guide() {
    let (path, _, made) = guide();
    fs::write(path, made).unwrap();
}

#[test]
fn the_schema_is_one() {
    let schema: Json = serde_json::from_str(&schema()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
}

#[test]
fn whatever_is_printed_suits_the_schema() {
    let name = UpstreamName::new("api").unwrap();
    let upstream = Upstream::new(Policy::default());
    assert!(takes(&to_json([(&name, &upstream)]).unwrap()));
    let bare = Upstream::new(Policy::bare(buttress_core::policy::ProfileName::default()));
    assert!(takes(&to_json([(&name, &bare)]).unwrap()));
}

#[test]
fn all_that_init_writes_suits_the_schema() {
    let config = Document::toml("a.toml", init(["openai", "github"]))
        .read()
        .unwrap();
    assert!(takes(&config.to_json()));
}

/// A setting of an upstream, in JSON, and whether it is one.
const SETTINGS: [(&str, bool); 36] = [
    (r#""retry": true"#, true),
    (r#""retry": { "budget": false }"#, true),
    (r#""retry": { "max_attempts": 0 }"#, false),
    (r#""retry": { "max_attempts": "3" }"#, false),
    (r#""retry": { "max_retries": 3 }"#, false),
    (r#""retry": { "backoff": "fibonacci" }"#, false),
    (r#""retry": { "max_wait": "1m30s" }"#, true),
    (r#""retry": { "base": "30" }"#, false),
    (r#""retry": { "base": 30 }"#, false),
    (r#""retry": { "budget": { "percent": "20%" } }"#, true),
    (r#""retry": { "budget": { "percent": 20 } }"#, false),
    (r#""retry": { "idempotency_key": "never" }"#, true),
    (r#""retry": { "idempotency_key": "header X-Key" }"#, true),
    (r#""retry": { "idempotency_key": true }"#, false),
    (r#""retry": { "attempt_header": "amz-sdk-request" }"#, true),
    (r#""retry": { "attempt_header": false }"#, true),
    (r#""retry": { "attempt_header": "x attempt" }"#, false),
    (r#""deadline": false"#, true),
    (r#""deadline": true"#, false),
    (r#""breaker": { "failure_rate": 0.5 }"#, true),
    (r#""breaker": { "failure_rate": "50%" }"#, true),
    (r#""breaker": { "failure_rate": 50 }"#, false),
    (r#""breaker": { "half_open_for": "forever" }"#, true),
    (r#""breaker": { "key": "header x-api-key" }"#, true),
    (r#""breaker": { "key": "hosts" }"#, false),
    (r#""profile": "github""#, true),
    (r#""profile": "weather""#, false),
    (r#""base_url": "https://api.example.com/v1""#, true),
    (r#""base_url": "api.example.com""#, false),
    (r#""hosts": ["api.example.com"]"#, true),
    (r#""credential_env": "OPENAI_API_KEY""#, true),
    (r#""credential_env": "$KEY""#, false),
    (
        r#""rate_limit": { "limits": [{ "requests": "5/10s", "burst": 2 }] }"#,
        true,
    ),
    (
        r#""rate_limit": { "limits": [{ "requests": "5/10s", "tokens": "5/s" }] }"#,
        false,
    ),
    (r#""rate_limit": { "limits": [{ "burst": 2 }] }"#, false),
    (r#""colour": "blue""#, false),
];

#[test]
fn the_schema_and_the_reader_agree() {
    for (setting, is_one) in SETTINGS {
        let document = format!("{{ \"upstream\": {{ \"api\": {{ {setting} }} }} }}");
        assert_eq!(takes(&document), is_one, "the schema on {setting}");
        let read = Document::json("a.json", document.as_str()).read();
        assert_eq!(read.is_ok(), is_one, "the reader on {setting}: {read:?}");
    }
}

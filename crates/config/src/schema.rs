//! The JSON Schema of a configuration: what an editor completes and checks by.
//!
//! Draft 7, as that is what editors have for TOML. It is made from the table of settings, and says less than the reader: a
//! schema knows nothing of what two settings cannot be together.

use buttress_core::policy::Policy;
use serde_json::{Map, Value as Json, json};

use crate::build::{self, Shown};
use crate::table::{self, Key};
use crate::value::{self, Kind};

const DURATION: &str = r"^(forever|([0-9][0-9_]*(\.[0-9]+)?(ns|us|µs|ms|s|min|m|h|d))+)$";
const PERCENT: &str = r"^[0-9][0-9_]*(\.[0-9]+)? ?%$";
const RATE: &str = r"^[0-9][0-9_]* ?/ ?[0-9a-zµ._]+$";
const NAME: &str = r"^[a-z0-9_-]{1,64}$";
const VARIABLE: &str = r"^[A-Za-z_][A-Za-z0-9_]*$";
const KEY_BY: &str = r"^(everything|host|credential|model|resource|header .+)$";
const HEADER: &str = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";
const IDEMPOTENCY_KEY: &str = r"^(profile|never|header .+)$";

/// The schema, as the text of a file.
pub fn schema() -> String {
    let defaults = build::show(&Policy::default());
    let document = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Buttress",
        "description": "Upstreams and their policies.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "$schema": { "type": "string" },
            "defaults": {
                "description": "What holds for every upstream that does not say otherwise.",
                "$ref": "#/definitions/defaults",
            },
            "upstream": {
                "description": "The upstreams, by name.",
                "type": "object",
                "propertyNames": { "pattern": NAME, "not": { "enum": ["defaults"] } },
                "additionalProperties": { "$ref": "#/definitions/upstream" },
            },
        },
        "definitions": {
            "defaults": table_of("", &defaults, &|key| !key.is_own),
            "upstream": table_of("", &defaults, &|_| true),
        },
    });
    format!("{document:#}\n")
}

fn table_of(part: &str, defaults: &Shown, is_in: &dyn Fn(&Key) -> bool) -> Json {
    let keys = table::within(part).filter(|key| is_in(key));
    let properties: Map<_, _> = keys
        .map(|key| (key.name().to_owned(), property(key, defaults, is_in)))
        .collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn property(key: &Key, defaults: &Shown, is_in: &dyn Fn(&Key) -> bool) -> Json {
    let kind = match key.kind {
        Kind::Part => json!({
            "anyOf": [{ "type": "boolean" }, table_of(key.path, defaults, is_in)],
        }),
        kind => of_kind(kind),
    };
    let mut property = match key.may_be_off {
        true => json!({ "anyOf": [kind, { "const": false }] }),
        false => kind,
    };
    property["description"] = json!(key.doc);
    if let Some(default) = defaults.get(key.path) {
        property["default"] = default.to_json();
    }
    property
}

fn of_kind(kind: Kind) -> Json {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match kind {
        Kind::Part | Kind::Flag => json!({ "type": "boolean" }),
        Kind::Count { least, most } if most > u64::from(u32::MAX) => {
            json!({ "type": "integer", "minimum": least })
        }
        Kind::Count { least, most } => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Duration => text(DURATION),
        Kind::Percent => text(PERCENT),
        Kind::Share => json!({
            "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, text(PERCENT)],
        }),
        Kind::Rate => text(RATE),
        Kind::Words(words) => json!({ "enum": words }),
        Kind::Profile => json!({ "enum": value::profile_names() }),
        Kind::Url => text("^https?://[^/@]+(/[^?]*)?$"),
        Kind::Variable => text(VARIABLE),
        Kind::KeyBy => text(KEY_BY),
        Kind::IdempotencyKey => text(IDEMPOTENCY_KEY),
        Kind::Header => text(HEADER),
        Kind::Hosts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Limits => json!({ "type": "array", "items": limit() }),
    }
}

fn limit() -> Json {
    let rate = || of_kind(Kind::Rate);
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "requests": rate(),
            "tokens": rate(),
            "points": rate(),
            "burst": { "type": "integer", "minimum": 1 },
            "algorithm": { "enum": table::ALGORITHMS },
        },
        "oneOf": [
            { "required": ["requests"] },
            { "required": ["tokens"] },
            { "required": ["points"] },
        ],
    })
}

//! The limit on new content, as GitHub's errors tell of it: among those of validation.

use serde_json::Value;

use crate::fields::Fields;

pub(crate) fn is_too_quick(fields: &Fields<'_>) -> bool {
    fields.says("was submitted too quickly")
        || fields.items("/errors").iter().any(|error| {
            says(error, "code", "abuse") || says(error, "message", "was submitted too quickly")
        })
}

/// A field of an error says so; some errors are a sentence alone.
fn says(error: &Value, field: &str, word: &str) -> bool {
    let sentence = (field == "message").then_some(error);
    let told = error.get(field).or(sentence).and_then(Value::as_str);
    told.is_some_and(|text| text.contains(word))
}

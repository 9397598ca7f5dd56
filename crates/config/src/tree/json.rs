use jsonc_parser::ast::{self, ObjectProp};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{DEEPEST, Entry, Node, Value, too_deep};
use crate::problem::Problem;

/// JSON to the letter: what another reader of the same file would not take is no configuration of ours.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The parser stops at the first error, and by itself at 512 levels.
pub(super) fn parse(text: &str) -> (Vec<Entry>, Vec<Problem>) {
    let mut problems = Vec::new();
    let parsed = match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => parsed.value,
        Err(error) => {
            let wrong = error.kind().to_string();
            let problem = Problem::error(format!("this is not JSON: {}", lowered(&wrong)))
                .at(error.range().start..error.range().end);
            return (Vec::new(), vec![problem]);
        }
    };
    let Some(ast::Value::Object(object)) = parsed else {
        let span = parsed.map_or(0..0, |value| value.start()..value.end());
        let problem = Problem::error("the document is not a table")
            .at(span)
            .expecting("an object, `{ … }`");
        return (Vec::new(), vec![problem]);
    };
    (entries(object, 1, &mut problems), problems)
}

fn entries(object: ast::Object<'_>, depth: usize, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let mut seen = std::collections::HashSet::new();
    let mut entries = Vec::new();
    for property in object.properties {
        let entry = entry(property, depth, problems);
        if seen.insert(entry.name.clone()) {
            entries.push(entry);
        } else {
            let problem = Problem::error("this key is written twice").at(entry.span.clone());
            problems.push(problem.expecting("each key once"));
        }
    }
    entries
}

fn entry(property: ObjectProp<'_>, depth: usize, problems: &mut Vec<Problem>) -> Entry {
    let span = property.name.start()..property.name.end();
    Entry {
        name: property.name.into_string(),
        span,
        node: node(property.value, depth, problems),
    }
}

fn node(value: ast::Value<'_>, depth: usize, problems: &mut Vec<Problem>) -> Node {
    let span = value.start()..value.end();
    let value = match value {
        ast::Value::StringLit(text) => Value::Text(text.value.into_owned()),
        ast::Value::NumberLit(number) => Value::Number(number.value.to_owned()),
        ast::Value::BooleanLit(flag) => Value::Flag(flag.value),
        ast::Value::NullKeyword(_) => Value::Other("null"),
        ast::Value::Array(_) if depth == DEEPEST => {
            problems.push(too_deep(span.clone()));
            Value::List(Vec::new())
        }
        ast::Value::Array(items) => {
            let items = items.elements.into_iter();
            Value::List(items.map(|item| node(item, depth + 1, problems)).collect())
        }
        ast::Value::Object(_) if depth == DEEPEST => {
            problems.push(too_deep(span.clone()));
            Value::Table(Vec::new())
        }
        ast::Value::Object(object) => Value::Table(entries(object, depth + 1, problems)),
    };
    Node { span, value }
}

/// A message of the parser's within a sentence of ours.
fn lowered(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

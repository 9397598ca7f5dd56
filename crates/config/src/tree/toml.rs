use ::toml::Spanned;
use ::toml::de::{DeInteger, DeTable, DeValue};

use super::{DEEPEST, Entry, Node, Value, too_deep};
use crate::problem::Problem;

/// All errors at once: the parser goes on after each.
pub(super) fn parse(text: &str) -> (Vec<Entry>, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems = errors.iter().map(syntax).collect();
    let entries = entries(table.into_inner(), 1, &mut problems);
    (entries, problems)
}

/// The parser's message says first what is wrong, and then what it expected.
fn syntax(error: &::toml::de::Error) -> Problem {
    let message = error.message();
    let (wrong, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    Problem::error(format!("this is not TOML: {wrong}"))
        .at(error.span().unwrap_or_default())
        .expecting(expected.to_owned())
}

fn entries(table: DeTable<'_>, depth: usize, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let mut entries: Vec<_> = table
        .into_iter()
        .map(|(name, value)| Entry {
            span: name.span(),
            node: node(value, depth, problems),
            name: name.into_inner().into_owned(),
        })
        .collect();
    entries.sort_by_key(|entry| entry.span.start);
    entries
}

fn node(value: Spanned<DeValue<'_>>, depth: usize, problems: &mut Vec<Problem>) -> Node {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Number(decimal(&number)),
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(_) if depth == DEEPEST => {
            problems.push(too_deep(span.clone()));
            Value::List(Vec::new())
        }
        DeValue::Array(items) => {
            let items = items.into_iter();
            Value::List(items.map(|item| node(item, depth + 1, problems)).collect())
        }
        DeValue::Table(_) if depth == DEEPEST => {
            problems.push(too_deep(span.clone()));
            Value::Table(Vec::new())
        }
        DeValue::Table(table) => Value::Table(entries(table, depth + 1, problems)),
    };
    Node { span, value }
}

/// Of 0x, 0o and 0b, what fits; the rest stays as it is, and is no number that any key takes.
fn decimal(number: &DeInteger<'_>) -> String {
    match i128::from_str_radix(number.as_str(), number.radix()) {
        Ok(value) => value.to_string(),
        Err(_) => number.as_str().to_owned(),
    }
}

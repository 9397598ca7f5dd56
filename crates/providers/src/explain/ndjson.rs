//! One answer a line, as JSON.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use buttress_core::UnixTime;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Explain;
use super::answer::Answer;
use super::captured::Captured;
use crate::zone::Zone;

/// As much of a generated body as is made. More would not be looked at.
const MOST_GENERATED: usize = 4 * 1024 * 1024;

/// A line of input. What else stands in it is passed over: what was expected, remarks.
#[derive(Deserialize)]
struct Case<'a> {
    #[serde(default)]
    id: Value,
    #[serde(borrow)]
    provider: Option<Cow<'a, str>>,
    now: Option<Cow<'a, str>>,
    status: Option<u16>,
    headers: Option<Map<String, Value>>,
    body: Option<Value>,
    body_b64: Option<Cow<'a, str>>,
    body_gen: Option<Generated<'a>>,
    #[serde(default)]
    stream: bool,
    local_tz: Option<Cow<'a, str>>,
    /// Of the request: whether it may be repeated is then told of it, too.
    method: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Generated<'a> {
    #[serde(default, borrow)]
    prefix: Cow<'a, str>,
    #[serde(default)]
    repeat: Cow<'a, str>,
    #[serde(default)]
    times: usize,
    #[serde(default)]
    suffix: Cow<'a, str>,
}

/// Answers a line; in words, what is wrong with it.
pub(super) fn answer(line: &[u8], explain: &Explain) -> Result<Answer, String> {
    let case: Case<'_> = serde_json::from_slice(line).map_err(|error| told(&error))?;
    let profile = match &case.provider {
        None => explain.profile,
        Some(name) => crate::named(name).ok_or_else(|| format!("no profile {}", quoted(name)))?,
    };
    let now = case.now.as_deref().map_or(Ok(explain.now), time)?;
    let method = case.method.as_deref().map(method).transpose()?;
    let local = match &case.local_tz {
        None => Cow::Borrowed(&explain.local),
        Some(name) => {
            Cow::Owned(Zone::named(name).ok_or_else(|| format!("no time zone {}", quoted(name)))?)
        }
    };
    let outcome = case.captured()?.judge(&profile, now, &local);
    Ok(Answer {
        id: case.id,
        outcome,
        method: method.or_else(|| explain.method.clone()),
    })
}

/// The line is ours to name; of serde's place only the column is wanted.
fn told(error: &serde_json::Error) -> String {
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or(&what);
    let what: String = what.chars().take(200).collect();
    format!("column {}: {what}", error.column())
}

/// Reads an RFC 3339 time.
pub(super) fn time(text: &str) -> Result<UnixTime, String> {
    let time: jiff::Timestamp = text
        .parse()
        .map_err(|_| format!("{} is no RFC 3339 time", quoted(text)))?;
    Ok(UnixTime::from_nanos(time.as_nanosecond()))
}

/// What was written, for a line of its own: short, and without what would end the line or colour the terminal.
fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let shown: String = text
        .chars()
        .take(MOST)
        .flat_map(char::escape_debug)
        .collect();
    let more = if text.chars().nth(MOST).is_some() {
        "…"
    } else {
        ""
    };
    format!("`{shown}{more}`")
}

fn method(name: &str) -> Result<Method, String> {
    name.parse()
        .map_err(|_| format!("{} is no method", quoted(name)))
}

impl Case<'_> {
    fn captured(&self) -> Result<Captured, String> {
        let status = self.status.map(|status| {
            StatusCode::from_u16(status).map_err(|_| format!("{status} is no status"))
        });
        Ok(Captured {
            status: status.transpose()?,
            headers: self
                .headers
                .as_ref()
                .map_or_else(|| Ok(HeaderMap::new()), headers)?,
            body: self.body()?,
            is_stream: self.stream,
        })
    }

    fn body(&self) -> Result<Vec<u8>, String> {
        if let Some(text) = &self.body_b64 {
            return STANDARD
                .decode(text.as_bytes())
                .map_err(|error| format!("body_b64: {error}"));
        }
        if let Some(generated) = &self.body_gen {
            return Ok(generated.bytes());
        }
        Ok(match &self.body {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => text.clone().into_bytes(),
            Some(json) => json.to_string().into_bytes(),
        })
    }
}

impl Generated<'_> {
    fn bytes(&self) -> Vec<u8> {
        let repeated = self.repeat.bytes().cycle();
        let length = self.repeat.len().saturating_mul(self.times);
        let whole = self.prefix.bytes().chain(repeated.take(length));
        whole
            .chain(self.suffix.bytes())
            .take(MOST_GENERATED)
            .collect()
    }
}

fn headers(fields: &Map<String, Value>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let field: HeaderName = name
            .parse()
            .map_err(|_| format!("{} is no header's name", quoted(name)))?;
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            headers.append(&field, header(name, value)?);
        }
    }
    Ok(headers)
}

fn header(name: &str, value: &Value) -> Result<HeaderValue, String> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        _ => {
            return Err(format!(
                "header {} is neither text nor a list of texts",
                quoted(name)
            ));
        }
    };
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| format!("header `{name}` has a value that no header can have"))
}

//! The errors of Google's APIs: `google.rpc.Status` as JSON.

use buttress_core::hint::{HintSource, Hints, Reading};
use serde_json::Value;

use crate::fields::{Answer, Fields};
use crate::{duration, instant, json};

/// `ErrorInfo.reason` is lifted to its error, see [`unwrapped`].
pub(crate) const CODES: &[&str] = &["/error/reason", "/error/status", "/error/code"];

/// The error in its usual shape: out of the array it may stand in, out of the message of another error that holds it as
/// text, and with the reason and the domain of its `ErrorInfo` beside its code.
pub(crate) fn unwrapped(answer: Answer) -> Answer {
    let mut answer = answer.out_of_array();
    if let Some(inner) = inner(&answer) {
        answer = inner;
    }
    let info = detail(&answer.body, "google.rpc.ErrorInfo").next().cloned();
    if let (Some(mut info), Some(Value::Object(error))) = (info, answer.body.get_mut("error")) {
        for name in ["reason", "domain", "metadata"] {
            if let Some(value) = info.get_mut(name) {
                error.insert(name.to_owned(), value.take());
            }
        }
    }
    answer
}

fn inner(outer: &Answer) -> Option<Answer> {
    let text = outer.body.pointer("/error/message")?.as_str()?.trim_start();
    let body = text
        .starts_with(['{', '['])
        .then(|| json::parse(text.as_bytes()))?;
    let status = outer.status;
    let inner = Answer { status, body }.out_of_array();
    inner.body.pointer("/error")?.is_object().then_some(inner)
}

/// The details of a type. They stand under `@type` with a domain before the name.
fn detail<'a>(body: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let details = body.pointer("/error/details").and_then(Value::as_array);
    details.into_iter().flatten().filter(move |detail| {
        detail
            .get("@type")
            .and_then(Value::as_str)
            .is_some_and(|name| name.ends_with(kind))
    })
}

/// Whether a violated quota is one of a day.
pub(crate) fn is_daily(fields: &Fields<'_>) -> bool {
    let body = fields.value("");
    let failures = body
        .into_iter()
        .flat_map(|body| detail(body, "google.rpc.QuotaFailure"));
    let violations = failures.filter_map(|failure| failure.get("violations")?.as_array());
    violations.flatten().any(|violation| {
        let id = violation.get("quotaId").and_then(Value::as_str);
        id.is_some_and(|id| id.contains("PerDay") || id.contains("Daily"))
    })
}

/// Offers `RetryInfo`, then what Cloud Code Assist has beside it, then the sentence.
pub(crate) fn offer(fields: &Fields<'_>, hints: &mut Hints) {
    let body = fields.value("");
    let infos = body
        .into_iter()
        .flat_map(|body| detail(body, "google.rpc.RetryInfo"));
    for info in infos {
        let delay = info.get("retryDelay").map(duration::protobuf);
        let reading = delay.map_or(Reading::Absent, |delay| {
            delay.map_or(Reading::Malformed, Reading::Wait)
        });
        hints.offer(HintSource::RetryInfo, reading);
    }
    let stamp = fields.until("/error/metadata/quotaResetTimeStamp");
    hints.offer(HintSource::BodyField, stamp);
    let delay = fields.text("/error/metadata/quotaResetDelay");
    if !delay.is_empty() {
        hints.offer(HintSource::BodyField, fields.reads(delay, instant::go));
    }
    let told = fields.told(&["please retry in ", "will reset after "]);
    hints.offer(HintSource::BodyText, told);
}

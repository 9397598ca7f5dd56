//! GitHub's words.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Serialize;
use serde_json::{Value, json};

use super::account::Core;
use crate::format::seconds_up;
use crate::reply::{Answer, Ending, Reply, json as reply};
use crate::route::{Issue, Route};

const PRIMARY: &str =
    "https://docs.github.com/rest/overview/resources-in-the-rest-api#rate-limiting";
const SECONDARY: &str =
    "https://docs.github.com/rest/overview/resources-in-the-rest-api#secondary-rate-limits";

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation_url: Option<&'a str>,
}

fn refuse(status: StatusCode, message: &str, documentation_url: Option<&str>) -> Reply {
    let error = Error {
        message,
        documentation_url,
    };
    reply(status, &error)
}

/// The answer of an admitted request.
pub(super) fn done(route: &Route, body: &[u8], id: u64) -> Answer {
    match route {
        Route::Comments(issue) => comment(issue, body, id),
        Route::Issues(issue) => {
            Answer::new(Ending::Admitted, reply(StatusCode::OK, &issue_json(issue)))
        }
        _ => Answer::new(Ending::NotDone, not_found()),
    }
}

fn comment(issue: &Issue, body: &[u8], id: u64) -> Answer {
    let sent: Option<Value> = serde_json::from_slice(body).ok();
    let Some(text) = sent.as_ref().and_then(|it| it["body"].as_str()) else {
        let reply = refuse(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed", None);
        return Answer::new(Ending::NotDone, reply);
    };
    let at = path(issue);
    let comment = json!({
        "id": id,
        "node_id": format!("IC_{id}"),
        "url": format!("https://api.github.com/repos/{}/{}/issues/comments/{id}", issue.owner, issue.repo),
        "html_url": format!("https://github.com/{at}#issuecomment-{id}"),
        "issue_url": format!("https://api.github.com/repos/{at}"),
        "body": text,
        "user": {"login": "testkit", "id": 1},
    });
    Answer::new(Ending::Admitted, reply(StatusCode::CREATED, &comment))
}

fn issue_json(issue: &Issue) -> Value {
    let at = path(issue);
    json!({
        "id": issue.number,
        "number": issue.number,
        "url": format!("https://api.github.com/repos/{at}"),
        "html_url": format!("https://github.com/{at}"),
        "title": "An issue of the test kit",
        "state": "open",
        "user": {"login": "testkit", "id": 1},
    })
}

fn path(issue: &Issue) -> String {
    format!("{}/{}/issues/{}", issue.owner, issue.repo, issue.number)
}

/// `GET /rate_limit`: the same numbers as the headers.
pub(super) fn rate_limit(core: Core) -> Answer {
    let body = json!({"resources": {"core": core}, "rate": core});
    Answer::new(Ending::Admitted, reply(StatusCode::OK, &body))
}

pub(super) fn primary() -> Answer {
    let message = "API rate limit exceeded for user ID 1.";
    let reply = refuse(StatusCode::FORBIDDEN, message, Some(PRIMARY));
    Answer::new(Ending::Limited, reply)
}

pub(super) fn secondary(status: StatusCode, wait: Option<u64>, content: bool) -> Answer {
    let message = if content {
        "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry \
         your request again later."
    } else {
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    };
    let mut reply = refuse(status, message, Some(SECONDARY));
    if let Some(wait) = wait {
        reply
            .headers_mut()
            .insert(RETRY_AFTER, seconds_up(wait).into());
    }
    Answer::new(Ending::Limited, reply)
}

pub(crate) fn not_found() -> Reply {
    let docs = "https://docs.github.com/rest";
    refuse(StatusCode::NOT_FOUND, "Not Found", Some(docs))
}

/// The answer to a body that is too long to be read.
pub(crate) fn too_long() -> Reply {
    refuse(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large", None)
}

/// The error of a fault: no limit of this server is behind it.
pub(crate) fn fault(status: StatusCode) -> Reply {
    match status.as_u16() {
        403 | 429 => secondary(status, None, false).reply,
        503 => refuse(
            status,
            "No server is currently available to service your request.",
            None,
        ),
        _ => refuse(status, "Server Error", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secondary_refusal_names_itself_in_text_and_address() {
        let reply = secondary(StatusCode::FORBIDDEN, Some(1), true).reply;
        let body: Value = serde_json::from_slice(reply.body()).unwrap();
        assert!(
            body["message"]
                .as_str()
                .unwrap()
                .contains("secondary rate limit")
        );
        assert!(
            body["documentation_url"]
                .as_str()
                .unwrap()
                .ends_with("#secondary-rate-limits")
        );
        assert_eq!(reply.headers()["retry-after"], "1");
    }

    #[test]
    fn a_primary_refusal_does_not_sound_like_a_secondary_one() {
        let body = primary().reply.into_body();
        let text = std::str::from_utf8(&body).unwrap();
        assert!(text.contains("API rate limit exceeded"));
        assert!(!text.contains("secondary"));
    }
}

//! What is to be said of a provider besides its tables.

use buttress_core::quota::published::Grammar;

use crate::profile::{Hides, Profile};

/// A sentence each.
pub(super) fn remarks(profile: &Profile) -> Vec<String> {
    let mut remarks = Vec::new();
    if profile.is_text() {
        remarks.push("Lines that a program printed, not HTTP.".to_owned());
        return remarks;
    }
    remarks.extend(places("Codes are looked for in", profile.codes));
    remarks.extend(places("Messages are looked for in", profile.messages));
    remarks.push(format!("Limits hold for: {}.", profile.limits().name()));
    remarks.push(
        if profile.repeats_post {
            "A POST is repeated after faults too, as by the official clients."
        } else {
            "After a fault, what may be sent twice is repeated."
        }
        .to_owned(),
    );
    if let Some(header) = profile.should_retry {
        remarks.push(format!("`{header}`: `true` or `false` is obeyed."));
    }
    remarks.extend(idempotency(profile));
    if profile.names().has_resources() {
        remarks.push("The bucket that a request is counted in follows from its route.".to_owned());
    }
    remarks.push(format!("A call costs: {}.", profile.cost()));
    remarks.push(match profile.grammar() {
        Some(grammar) => format!("What is left is learned from {}.", fields_of(grammar)),
        None => "Until it refuses, no answer tells what is left.".to_owned(),
    });
    if let Some(path) = profile.preflight() {
        remarks.push(format!(
            "`GET {path}` costs nothing, and tells what is left."
        ));
    }
    match profile.hides {
        Hides::Nowhere => {}
        Hides::InMember(member) => remarks.push(format!(
            "A success in JSON is looked into: `{member}` may stand in it."
        )),
        Hides::InGrpcStatus => remarks.push(
            "`grpc-status` wins over the status, and is looked for in trailers too.".to_owned(),
        ),
    }
    remarks
}

/// Where something stands: `error.code`, `errors[0].type`, the name of a header.
fn places(what: &str, places: &[&str]) -> Option<String> {
    let places: Vec<_> = places.iter().map(|place| path(place)).collect();
    (!places.is_empty()).then(|| format!("{what} `{}`.", places.join("`, `")))
}

/// A JSON pointer as it is written in code.
fn path(place: &str) -> String {
    let path = place.trim_start_matches('/').replace('/', ".");
    path.replace(".0", "[0]")
}

fn idempotency(profile: &Profile) -> Option<String> {
    let header = profile.idempotency_header()?;
    let meaning = if header.is_honoured() {
        "a POST that has it may be sent twice"
    } else {
        "marks the attempts of one call, and makes nothing repeatable"
    };
    Some(format!("`{}`: {meaning}.", header.name()))
}

/// The fields, as a reader of headers looks for them.
const fn fields_of(grammar: Grammar) -> &'static str {
    match grammar {
        Grammar::OpenAi => {
            "`x-ratelimit-{limit,remaining,reset}-{requests,tokens,project-tokens}`, resets as `6m0s`; not from `x-codex-*`, which are shares in per cent"
        }
        Grammar::Azure => {
            "`x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, resets in seconds"
        }
        Grammar::Anthropic => {
            "`anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`, resets in RFC 3339; not from `-unified-*`, which are shares in per cent, nor from `anthropic-{priority,fast}-*`, which do not hold for all calls"
        }
        Grammar::Groq => {
            "`x-ratelimit-{limit,remaining,reset}-{requests,tokens}`: requests of the day, tokens of the minute, resets as `6m0s`"
        }
        Grammar::GitHub => {
            "`x-ratelimit-{limit,remaining,reset}` of the `x-ratelimit-resource`, resets in seconds since 1970"
        }
        Grammar::GitLab => {
            "`RateLimit-{Remaining,Reset}` of the `RateLimit-Name`, resets in seconds since 1970"
        }
        Grammar::Ietf => {
            "`RateLimit` and `RateLimit-Policy`, or `[X-]RateLimit-{Limit,Remaining,Reset}`"
        }
        Grammar::Mistral => {
            "`x-ratelimit-{limit,remaining}-{req,tokens}-minute` of the wall clock's minute, `x-ratelimitbysize-{limit,remaining}-{minute,month}`, `ratelimitbysize-{remaining,reset}`"
        }
        Grammar::Cohere => {
            "`x-trial-endpoint-call-{limit,remaining}` of a minute that slides, in answers to trial keys"
        }
        Grammar::OpenAiCompatible => {
            "`x-ratelimit-{limit,remaining,reset}-{requests,tokens,project-tokens}`, also with `-minute`, `-hour` or `-day` behind them, resets as durations, seconds or dates"
        }
        _ => "headers of its own",
    }
}

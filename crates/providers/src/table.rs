//! The profiles as a page of documentation.

use std::io::{self, Write};

use buttress_core::quota::published::Grammar;
use buttress_core::{Outcome, Repeat};

use crate::ALL;
use crate::profile::{Hides, Profile};
use crate::signal::Signal;

const HEAD: &str = "\
# What each provider's answers mean

Made from the profiles themselves; to make it anew: `cargo run -q -p buttress-providers --example table`.

The rows of a table are asked from the top, and the first that holds decides. What no row holds for is judged by its
status: 401, 403 and 407 `auth`, 402 `quota_exhausted`, 408, 504, 522 and 524 `timeout`, 409 `conflict`, 429
`rate_limited`, 502, 503, 520, 521, 523 and 530 `unavailable`, 529 `overloaded`, any other 4xx `client_error`, any other
5xx `server_error`.

When to come back is looked up in this order, and the first wait above zero counts: `retry-after-ms`, `Retry-After`, a
header of the provider's own, a field of the body, a sentence of the message, the `RateLimit` field or the reset of what
is exhausted, what the provider documents. After a quota nothing is repeated; a wait is told where the end is known.

A profile has an opinion on every failure: a rule of yours stands before it
(`Rules::new().then(yours).then(openai::PROFILE)`), and one behind it is never asked.

The limits are what a page said on a day, to begin with. What holds for an account stands in the headers of its answers.
";

/// Writes the page.
///
/// # Errors
///
/// If writing fails.
pub fn write(mut out: impl Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    for profile in &ALL {
        profile_section(&mut out, profile)?;
    }
    out.flush()
}

fn profile_section(out: &mut impl Write, profile: &Profile) -> io::Result<()> {
    writeln!(out, "\n## {} (`{}`)\n", profile.title(), profile.name())?;
    for line in remarks(profile) {
        writeln!(out, "* {line}")?;
    }
    signals(out, profile)?;
    published(out, profile)
}

fn signals(out: &mut impl Write, profile: &Profile) -> io::Result<()> {
    if profile.signals.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n| signal | class | for | repeated | rule |\n|---|---|---|---|---|"
    )?;
    profile
        .signals
        .iter()
        .try_for_each(|signal| row(out, profile, signal))
}

/// What the provider's pages say of its limits.
fn published(out: &mut impl Write, profile: &Profile) -> io::Result<()> {
    let limits = profile.published();
    if limits.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n| published limit | of | for | read |\n|---|---|---|---|"
    )?;
    for limit in limits {
        let of = if limit.of.is_empty() { "all" } else { limit.of };
        let (source, read) = (limit.source, limit.read);
        writeln!(
            out,
            "| {limit} | {of} | {} | {source}, {read} |",
            limit.tier
        )?;
    }
    Ok(())
}

fn row(out: &mut impl Write, profile: &Profile, signal: &Signal) -> io::Result<()> {
    let when: Vec<_> = signal.when.iter().map(ToString::to_string).collect();
    let when = when.join("; ").replace('|', "\\|");
    let when = if when.is_empty() {
        "anything else"
    } else {
        &when
    };
    let outcome = profile.repeat(signal.outcome());
    let (class, scope) = (outcome.class(), outcome.scope().name());
    let (repeated, rule) = (repeated(&outcome), signal.rule);
    writeln!(
        out,
        "| {when} | `{class}` | {scope} | {repeated} | {rule} |"
    )
}

fn repeated(outcome: &Outcome) -> &'static str {
    match outcome.repeat() {
        _ if outcome.is_ok() => "-",
        Repeat::Always => "yes",
        Repeat::IfRepeatable => "if repeatable",
        Repeat::Never => "no",
    }
}

fn remarks(profile: &Profile) -> Vec<String> {
    let mut remarks = Vec::new();
    if profile.is_text() {
        remarks.push("Lines that a program printed, not HTTP.".to_owned());
        return remarks;
    }
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
        Hides::InGrpcStatus => remarks.push("`grpc-status` wins over the status.".to_owned()),
    }
    remarks
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_page_is_that_of_the_profiles() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/PROVIDERS.md");
        let mut page = Vec::new();
        write(&mut page).unwrap();
        assert!(
            fs::read(path).unwrap() == page,
            "docs/PROVIDERS.md is not current: cargo run -q -p buttress-providers --example table > docs/PROVIDERS.md"
        );
    }
}

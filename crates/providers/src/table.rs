//! The profiles as a page of documentation.

use std::io::{self, Write};

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
    match profile.hides {
        Hides::Nowhere => {}
        Hides::InMember(member) => remarks.push(format!(
            "A success in JSON is looked into: `{member}` may stand in it."
        )),
        Hides::InGrpcStatus => remarks.push("`grpc-status` wins over the status.".to_owned()),
    }
    remarks
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

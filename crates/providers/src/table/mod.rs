//! The profiles as a page of documentation.

mod remarks;

use std::io::{self, Write};

use buttress_core::{Outcome, Repeat};

use self::remarks::remarks;
use crate::ALL;
use crate::profile::Profile;
use crate::published::PublishedLimit;
use crate::signal::Signal;

const HEAD: &str = "\
# What each provider's answers mean

Made from the profiles themselves; to make it anew: `cargo run -q -p buttress-providers --example table`.

The rows of a table are asked from the top, and the first of which everything holds decides. A code is the whole word, to
the letter; a message has the words somewhere in it, in capitals or not. What no row holds for is judged by its status:

| status | class |
|---|---|
| 401, 403, 407 | `auth` |
| 402 | `quota_exhausted` |
| 408, 504, 522, 524 | `timeout` |
| 409 | `conflict` |
| 429 | `rate_limited` |
| 502, 503, 520, 521, 523, 530 | `unavailable` |
| 529 | `overloaded` |
| any other 4xx | `client_error` |
| any other 5xx | `server_error` |

When to come back is looked up in this order, and the first wait above zero counts: `retry-after-ms`, `Retry-After`, a
header of the provider's own, a field of the body, a sentence of the message, the `RateLimit` field or the reset of what
is exhausted, what the provider documents. After a quota nothing is repeated; a wait is told where the end is known.

A profile has an opinion on every failure: a rule of yours stands before it
(`Rules::new().then(yours).then(openai::PROFILE)`), and one behind it is never asked.

The limits are what a page said on a day, to begin with. What holds for an account stands in the headers of its answers.

| provider | `profile` | limits hold for | a request names its model in | a POST after a fault | headers tell what is left |
|---|---|---|---|---|---|
";

/// Writes the page.
///
/// # Errors
///
/// If writing fails.
pub fn write(mut out: impl Write) -> io::Result<()> {
    out.write_all(HEAD.as_bytes())?;
    for profile in &ALL {
        overview(&mut out, profile)?;
    }
    for profile in &ALL {
        profile_section(&mut out, profile)?;
    }
    out.flush()
}

fn overview(out: &mut impl Write, profile: &Profile) -> io::Result<()> {
    let (title, name, scope) = (profile.title(), profile.name(), profile.limits().name());
    let anchor = anchor(profile);
    let (post, told) = match profile.is_text() {
        true => ("-", "-"),
        false => (
            if profile.repeats_post {
                "repeated"
            } else {
                "if it may be sent twice"
            },
            if profile.grammar().is_some() {
                "yes"
            } else {
                "no"
            },
        ),
    };
    writeln!(
        out,
        "| [{title}](#{anchor}) | `{name}` | {scope} | {} | {post} | {told} |",
        model(profile)
    )
}

/// Where a request names its model.
fn model(profile: &Profile) -> String {
    let names = profile.names();
    let places = names.models().iter().map(ToString::to_string);
    let places: Vec<_> = places.collect();
    match places.is_empty() {
        true => "-".to_owned(),
        false => places.join(", or "),
    }
}

fn heading(profile: &Profile) -> String {
    format!("{} (`{}`)", profile.title(), profile.name())
}

/// A heading's, as it is made of its letters where the page is shown.
fn anchor(profile: &Profile) -> String {
    let letters = heading(profile).to_lowercase().replace(' ', "-");
    let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_');
    letters.chars().filter(is_kept).collect()
}

fn profile_section(out: &mut impl Write, profile: &Profile) -> io::Result<()> {
    writeln!(out, "\n## {}\n", heading(profile))?;
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
        "\n| if the answer has | its class is | for | repeated | rule |\n|---|---|---|---|---|"
    )?;
    profile
        .signals
        .iter()
        .try_for_each(|signal| row(out, profile, signal))
}

/// What the provider's pages say of its limits, a table for each page.
fn published(out: &mut impl Write, profile: &Profile) -> io::Result<()> {
    let is_of_page = |one: &PublishedLimit, next: &PublishedLimit| one.source == next.source;
    for limits in profile.published().chunk_by(is_of_page) {
        let (source, read) = (limits[0].source, limits[0].read);
        writeln!(out, "\nLimits, as {source} said on {read}:\n")?;
        writeln!(out, "| whose | of what | limit |\n|---|---|---|")?;
        for limit in limits {
            let of = if limit.of.is_empty() { "all" } else { limit.of };
            writeln!(out, "| {} | {of} | {limit} |", limit.tier)?;
        }
    }
    Ok(())
}

fn row(out: &mut impl Write, profile: &Profile, signal: &Signal) -> io::Result<()> {
    let when: Vec<_> = signal.when.iter().map(ToString::to_string).collect();
    let when = when.join(", and ").replace('|', "\\|");
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

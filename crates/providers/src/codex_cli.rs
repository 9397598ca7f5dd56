//! Codex, on the command line.
//!
//! Sources, read in November 2026: openai/codex `codex-rs`, and issues that quote its notices.
//!
//! # Signals
//!
//! A whole line that begins with "You've hit your usage limit".
//!
//! # Hints
//!
//! "try again in 3 days 4 hours 9 minutes", "try again at 3:23 AM", "try again at Aug 8th, 2026 12:42 AM": in the
//! machine's zone.
//!
//! # Repetition
//!
//! A plan's end is never repeated.
//!
//! # Limits
//!
//! Of a subscription.
//!
//! # Cost
//!
//! Not told.

use buttress_core::{Outcome, Scope, UnixTime};

use crate::printed::{self, exhausted, notice};
use crate::profile::{Kind, Profile};
use crate::zone::Zone;

/// What Codex prints.
pub const PROFILE: Profile = Profile {
    name: "codex_cli",
    title: "Codex (text)",
    kind: Kind::Models,
    limits: Scope::Account,
    line: Some(judge),
    ..Profile::PLAIN
};

/// How a notice begins. Programs put a word before it: `ERROR: You've hit your usage limit.`
const BEGINNINGS: [&str; 4] = [
    "You've hit your usage limit",
    "ERROR: You've hit your usage limit",
    "Error: You've hit your usage limit",
    "You've reached your usage limit",
];

fn judge(line: &str, now: UnixTime, local: &Zone) -> Option<Outcome> {
    let notice = notice(line)?;
    let is_notice = BEGINNINGS
        .iter()
        .any(|beginning| notice.starts_with(beginning));
    let wait = || printed::again(&notice, now, local);
    is_notice.then(|| exhausted("codex plan", Scope::Account, wait()))
}

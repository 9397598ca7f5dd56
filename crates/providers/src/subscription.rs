//! The windows of subscriptions, in the headers that tell when they begin again.

use std::time::Duration;

use buttress_core::hint::{Reading, decimal};

use crate::fields::Fields;
use crate::instant;

/// Anthropic's, as the names of their headers have them.
const ANTHROPIC: [&str; 4] = ["5h", "7d", "7d_sonnet", "7d_oi"];

/// The end of the window of Anthropic's that is used up, the latest if there are several.
pub(crate) fn anthropic(fields: &Fields<'_>) -> Reading {
    let until = |reset: &str| fields.reads(reset, instant::epoch);
    if let Some(reset) = fields.header("anthropic-ratelimit-unified-reset") {
        return until(reset);
    }
    let of = |window: &str, what: &str| {
        fields.header(&format!("anthropic-ratelimit-unified-{window}-{what}"))
    };
    let rejected = ANTHROPIC
        .iter()
        .filter(|window| of(window, "status") == Some("rejected"));
    instant::longest(rejected.filter_map(|window| of(window, "reset").map(until)))
}

/// The end of the window of Codex's that is used up to the last percent, the later of the two.
pub(crate) fn codex(fields: &Fields<'_>) -> Reading {
    let ends = ["primary", "secondary"].into_iter().filter_map(|window| {
        let used = fields.header(&format!("x-codex-{window}-used-percent"))?;
        let is_used_up = decimal(used.as_bytes(), 1)? >= Duration::from_nanos(100);
        let end = fields.header(&format!("x-codex-{window}-reset-at"))?;
        is_used_up.then(|| instant::epoch(end, fields.server_now()))?
    });
    ends.max().map_or(Reading::Absent, Reading::Wait)
}

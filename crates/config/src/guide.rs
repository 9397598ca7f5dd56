//! The table of settings for the guide.

use std::fmt::Write as _;

use buttress_core::policy::Policy;

use crate::build;
use crate::table::KEYS;
use crate::value::Kind;

/// Every setting, as a table in Markdown: its path, what it takes, what it is by default, what it does.
#[doc(hidden)]
pub fn settings_table() -> String {
    let defaults = build::show(&Policy::default());
    let mut table = String::from("| setting | takes | by default | |\n|---|---|---|---|\n");
    for key in KEYS {
        let takes = match key.may_be_off {
            true => format!("{}, or `false`", takes(key.kind)),
            false => takes(key.kind),
        };
        let default = defaults.get(key.path);
        let default = default.map_or(String::new(), |value| format!("`{value}`"));
        let cells = [
            format!("`{}`", key.path),
            takes,
            default,
            key.doc.to_owned(),
        ];
        // Writing to a string does not fail.
        let _ = writeln!(table, "| {} |", cells.join(" | ").replace("|  |", "| |"));
    }
    table
}

fn takes(kind: Kind) -> String {
    match kind {
        Kind::Part => "a table, `true`, `false`".to_owned(),
        Kind::Flag => "`true`, `false`".to_owned(),
        Kind::Count { least, .. } => format!("a number from {least}"),
        Kind::Duration => "a duration".to_owned(),
        Kind::Percent => "a percentage".to_owned(),
        Kind::Share => "a share".to_owned(),
        Kind::Words(words) => {
            let words: Vec<_> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
            words.join(", ")
        }
        Kind::Profile => "a profile's name".to_owned(),
        Kind::Url => "an address".to_owned(),
        Kind::Variable => "a variable's name".to_owned(),
        Kind::KeyBy => "`\"everything\"`, `\"host\"`, `\"credential\"`, `\"model\"`, `\"resource\"`, `\"header NAME\"`"
            .to_owned(),
        Kind::IdempotencyKey => "`\"profile\"`, `\"never\"`, `\"header NAME\"`".to_owned(),
        Kind::Header => "a header's name".to_owned(),
        Kind::Hosts => "a list of hosts".to_owned(),
        Kind::Rate => "a rate".to_owned(),
        Kind::Limits => "a list of limits".to_owned(),
    }
}

//! The IETF's `RateLimit` field, as a hint.
//!
//! ietf-wg-httpapi/ratelimit-headers, drafts 07 to 10, read in November 2026. Draft 08 and later write a list of
//! items, `"default";r=0;t=30`; draft 07 a dictionary, `limit=100, remaining=0, reset=5`. "Malformed RateLimit fields
//! MUST be ignored": one item that breaks the grammar is the whole field.

use std::time::Duration;

use buttress_core::hint::Reading;
use sfv::{BareItem, Dictionary, Item, List, ListEntry, Parser};

use crate::duration::LONGEST;
use crate::fields::Fields;

const FIELD: &str = "ratelimit";

/// How long until something remains, by the items of which nothing does. The latest, if there are several.
///
/// A response from a cache tells of another time, and the field is not read.
pub(crate) fn reading(fields: &Fields<'_>) -> Reading {
    if fields.is_cached() {
        return Reading::Absent;
    }
    let Some(field) = joined(fields) else {
        return Reading::Absent;
    };
    match list(&field).or_else(|| dictionary(&field)) {
        None => Reading::Malformed,
        Some(limits) => {
            let exhausted = limits.iter().filter(|limit| limit.remaining == 0);
            let waits = exhausted.filter_map(|limit| limit.wait);
            waits.max().map_or(Reading::Absent, Reading::Wait)
        }
    }
}

/// A limit as the field tells of it.
struct Limit {
    remaining: u64,
    wait: Option<Duration>,
}

/// One field over several lines is one field.
fn joined(fields: &Fields<'_>) -> Option<Vec<u8>> {
    let lines = fields.headers().get_all(FIELD).iter();
    let lines: Vec<_> = lines.map(|line| line.as_bytes().trim_ascii()).collect();
    (!lines.is_empty()).then(|| lines.join(&b", "[..]))
}

fn list(field: &[u8]) -> Option<Vec<Limit>> {
    let list: List = Parser::new(field).parse().ok()?;
    (!list.is_empty())
        .then(|| list.iter().map(listed).collect())
        .flatten()
}

fn listed(entry: &ListEntry) -> Option<Limit> {
    let ListEntry::Item(Item { bare_item, params }) = entry else {
        return None;
    };
    // A String; draft 08 had Tokens in its examples.
    if !matches!(bare_item, BareItem::String(_) | BareItem::Token(_)) {
        return None;
    }
    Some(Limit {
        remaining: natural(params.get("r")?)?,
        wait: optional(params.get("t"))?,
    })
}

fn dictionary(field: &[u8]) -> Option<Vec<Limit>> {
    let dictionary: Dictionary = Parser::new(field).parse().ok()?;
    let member = |name: &str| match dictionary.get(name) {
        Some(ListEntry::Item(item)) => Some(&item.bare_item),
        _ => None,
    };
    Some(vec![Limit {
        remaining: natural(member("remaining")?)?,
        wait: optional(member("reset"))?,
    }])
}

fn natural(item: &BareItem) -> Option<u64> {
    u64::try_from(i64::from(item.as_integer()?)).ok()
}

/// A wait that is there must be readable; one that is not there need not be.
fn optional(item: Option<&BareItem>) -> Option<Option<Duration>> {
    match item {
        None => Some(None),
        Some(item) => natural(item).map(|secs| Some(LONGEST.min(Duration::from_secs(secs)))),
    }
}

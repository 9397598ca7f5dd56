//! What servers say of a quota in header fields that no provider owns.
//!
//! * `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), which are structured fields (RFC 9651);
//! * the older triplet `RateLimit-Limit`, `-Remaining`, `-Reset`, with or without `X-`.
//!
//! "Malformed RateLimit header fields MUST be ignored" (draft, section 4), and so they are here, item by item. A response
//! that comes out of a cache says how things stood when it was made, and is not read either.

use std::time::Duration;

use http::header::AGE;
use http::{HeaderMap, HeaderName};
use sfv::{BareItem, Item, List, ListEntry, Parser};

use crate::hint;
use crate::time::UnixTime;

const RATELIMIT: &str = "ratelimit";
const RATELIMIT_POLICY: &str = "ratelimit-policy";

/// What remains of one policy: an item of `RateLimit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// The name of the policy.
    pub name: String,
    /// `r`: what remains. No promise that as much will be served.
    pub remaining: u64,
    /// `t`: until more is there, which need not be all of it.
    pub reset: Option<Duration>,
    /// `pk`: whose quota it is.
    pub partition: Option<Vec<u8>>,
    /// Whether the name is a string. Earlier drafts had tokens, and servers still send them.
    pub is_conforming: bool,
}

/// One policy: an item of `RateLimit-Policy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// `q`: how much of it there is in a window.
    pub quota: u64,
    /// `w`: the window.
    pub window: Option<Duration>,
    /// `qu`: what it counts, `requests` if it does not say.
    pub unit: Option<String>,
    /// `pk`: whose quota it is.
    pub partition: Option<Vec<u8>>,
    /// Whether the name is a string. Earlier drafts had tokens, and servers still send them.
    pub is_conforming: bool,
}

/// A field that is not a list of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a structured field")]
pub struct Malformed;

/// Reads a `RateLimit` field: an entry for each item, `None` for those that are of no use.
///
/// # Errors
///
/// If it is not a structured field of the type that it should be.
pub fn parse_remaining(field: &str) -> Result<Vec<Option<Remaining>>, Malformed> {
    Ok(items(field)?.iter().map(remaining_of).collect())
}

/// Reads a `RateLimit-Policy` field: an entry for each item, `None` for those that are of no use.
///
/// # Errors
///
/// If it is not a structured field of the type that it should be.
pub fn parse_policies(field: &str) -> Result<Vec<Option<Policy>>, Malformed> {
    Ok(items(field)?.iter().map(policy_of).collect())
}

/// All that a response says of what remains: by `RateLimit`, or by the older triplet where that is not there.
pub fn remaining(headers: &HeaderMap, now: UnixTime) -> Vec<Remaining> {
    if headers.contains_key(AGE) {
        return Vec::new();
    }
    let all = structured(headers);
    if all.is_empty() {
        return triplet(headers, now).into_iter().collect();
    }
    all
}

/// The items of `RateLimit`.
pub(super) fn structured(headers: &HeaderMap) -> Vec<Remaining> {
    let field = joined(headers, RATELIMIT).and_then(|field| parse_remaining(&field).ok());
    field.unwrap_or_default().into_iter().flatten().collect()
}

/// All policies that a response names.
pub fn policies(headers: &HeaderMap) -> Vec<Policy> {
    if headers.contains_key(AGE) {
        return Vec::new();
    }
    let field = joined(headers, RATELIMIT_POLICY).and_then(|field| parse_policies(&field).ok());
    field.unwrap_or_default().into_iter().flatten().collect()
}

/// A list may be split over several lines (RFC 9651, section 4.2).
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(name).iter();
    let lines: Option<Vec<_>> = lines.map(|line| line.to_str().ok()).collect();
    lines
        .filter(|lines| !lines.is_empty())
        .map(|lines| lines.join(", "))
}

fn items(field: &str) -> Result<Vec<Option<Item>>, Malformed> {
    let list: List = Parser::new(field).parse().map_err(|_| Malformed)?;
    let items = list.into_iter().map(|entry| match entry {
        ListEntry::Item(item) => Some(item),
        ListEntry::InnerList(_) => None,
    });
    Ok(items.collect())
}

fn remaining_of(item: &Option<Item>) -> Option<Remaining> {
    let item = item.as_ref()?;
    let (name, is_conforming) = name(item)?;
    Some(Remaining {
        name,
        remaining: count(item, "r")??,
        reset: count(item, "t")?.map(Duration::from_secs),
        partition: partition(item)?,
        is_conforming,
    })
}

fn policy_of(item: &Option<Item>) -> Option<Policy> {
    let item = item.as_ref()?;
    let (name, is_conforming) = name(item)?;
    let window = count(item, "w")?;
    if window == Some(0) {
        return None;
    }
    Some(Policy {
        name,
        quota: count(item, "q")??,
        window: window.map(Duration::from_secs),
        unit: text(item, "qu")?,
        partition: partition(item)?,
        is_conforming,
    })
}

fn name(item: &Item) -> Option<(String, bool)> {
    match &item.bare_item {
        BareItem::String(name) => Some((name.as_str().to_owned(), true)),
        BareItem::Token(name) => Some((name.as_str().to_owned(), false)),
        _ => None,
    }
}

/// A parameter that is a non-negative integer: `Some(None)` if it is not there, `None` if it is something else.
#[expect(clippy::option_option, reason = "absent and wrong are two things")]
fn count(item: &Item, name: &str) -> Option<Option<u64>> {
    match item.params.get(name) {
        None => Some(None),
        Some(value) => u64::try_from(i64::from(value.as_integer()?)).ok().map(Some),
    }
}

#[expect(clippy::option_option, reason = "absent and wrong are two things")]
fn text(item: &Item, name: &str) -> Option<Option<String>> {
    match item.params.get(name) {
        None => Some(None),
        Some(BareItem::String(text)) => Some(Some(text.as_str().to_owned())),
        Some(_) => None,
    }
}

#[expect(clippy::option_option, reason = "absent and wrong are two things")]
fn partition(item: &Item) -> Option<Option<Vec<u8>>> {
    match item.params.get("pk") {
        None => Some(None),
        Some(BareItem::ByteSequence(bytes)) => Some(Some(bytes.clone())),
        Some(_) => None,
    }
}

/// The older fields, of which the remaining one is needed. A limit of zero or a count below zero is no quota.
fn triplet(headers: &HeaderMap, now: UnixTime) -> Option<Remaining> {
    let prefix = ["ratelimit", "x-ratelimit"];
    prefix.into_iter().find_map(|prefix| {
        let value = |suffix| {
            let name = HeaderName::try_from(format!("{prefix}-{suffix}")).ok()?;
            Some(headers.get(name)?.as_bytes())
        };
        let limit = value("limit").map_or(Some(1), first_number)?;
        let remaining = first_number(value("remaining")?)?;
        let reset = value("reset").and_then(|value| {
            reset(value, Format::Seconds, now)
                .filter(|wait| wait.as_secs() < EPOCH_FROM)
                .or_else(|| reset(value, Format::Unix, now))
        });
        (limit > 0).then(|| Remaining {
            name: String::new(),
            remaining,
            reset,
            partition: None,
            is_conforming: false,
        })
    })
}

/// Seconds that are no wait but a date: the ninth of September 2001. No server asks for thirty years.
const EPOCH_FROM: u64 = 1_000_000_000;

/// `100, 100;w=60`: the number comes first, in the drafts that put policies behind it.
pub(super) fn first_number(value: &[u8]) -> Option<u64> {
    let first = value.split(|byte| matches!(byte, b',' | b';')).next()?;
    let first = first.trim_ascii();
    let is_number = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(first)
        .ok()
        .filter(|_| is_number)?
        .parse()
        .ok()
}

/// How a field says when a quota is there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// As whole seconds from now.
    Seconds,
    /// As whole seconds since 1970.
    Unix,
}

/// The wait that a reset field asks for; `None` if it is none, lies in the past, or is not a whole number.
pub fn reset(value: &[u8], format: Format, now: UnixTime) -> Option<Duration> {
    let value = value.trim_ascii();
    if value.contains(&b'.') {
        return None;
    }
    let seconds = hint::decimal(value, 1)?.as_nanos();
    match format {
        Format::Seconds => Some(Duration::from_secs(u64::try_from(seconds).ok()?)),
        Format::Unix => {
            let at = UnixTime::from_secs(i64::try_from(seconds).ok()?);
            (at >= now).then(|| at.since(now))
        }
    }
}

/// The first of several reset fields that asks for a wait of at most `longest`: a value beyond that is passed over, and the
/// next field read (Envoy's `rate_limited_retry_back_off`). Of a field that is there more than once, the first line counts.
pub fn first_reset(
    headers: &HeaderMap,
    fields: &[(HeaderName, Format)],
    longest: Duration,
    now: UnixTime,
) -> Option<Duration> {
    let waits = fields
        .iter()
        .filter_map(|(name, format)| reset(headers.get(name)?.as_bytes(), *format, now));
    waits.into_iter().find(|wait| *wait <= longest)
}

#[cfg(test)]
#[cfg(not(buttress_loom))]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_792_497_600);

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn left(all: &[(&'static str, &'static str)]) -> Vec<(u64, Option<u64>)> {
        let all = remaining(&headers(all), NOW);
        all.iter()
            .map(|one| (one.remaining, one.reset.map(|reset| reset.as_secs())))
            .collect()
    }

    #[test]
    fn a_list_may_be_split_over_lines_and_keeps_what_is_well_formed() {
        let lines = [
            ("ratelimit", "\"a\";r=5;t=1, \"b\";t=1"),
            ("ratelimit", "\"c\";r=0"),
        ];
        assert_eq!(left(&lines), [(5, Some(1)), (0, None)]);
    }

    #[test]
    fn a_cached_response_says_nothing() {
        assert_eq!(left(&[("ratelimit", "\"a\";r=5;t=1"), ("age", "3")]), []);
    }

    #[test]
    fn the_older_triplet_is_read_where_there_is_no_other() {
        assert_eq!(
            left(&[("ratelimit-remaining", "7"), ("ratelimit-reset", "30")]),
            [(7, Some(30))]
        );
        let epoch = [
            ("x-ratelimit-remaining", "7"),
            ("x-ratelimit-reset", "1792497660"),
        ];
        assert_eq!(left(&epoch), [(7, Some(60))]);
        let policy = [
            ("ratelimit-limit", "100, 100;w=60"),
            ("ratelimit-remaining", "7"),
        ];
        assert_eq!(left(&policy), [(7, None)]);
    }

    #[test]
    fn nonsense_is_ignored() {
        assert_eq!(left(&[("x-ratelimit-remaining", "-1")]), []);
        assert_eq!(
            left(&[("x-ratelimit-limit", "0"), ("x-ratelimit-remaining", "0")]),
            []
        );
        assert_eq!(left(&[("ratelimit", "garbage{")]), []);
        assert_eq!(left(&[("ratelimit", "limit=10, remaining=5")]), []);
        assert_eq!(left(&[("ratelimit", "(\"a\" \"b\");r=1")]), []);
    }

    #[test]
    fn policies_have_windows_above_zero() {
        let two = headers(&[(
            "ratelimit-policy",
            "\"a\";q=5;w=0, \"b\";q=9;w=60;qu=\"content-bytes\"",
        )]);
        let policies = policies(&two);
        assert_eq!(policies.len(), 1);
        assert_eq!(
            (policies[0].quota, policies[0].window),
            (9, Some(Duration::from_secs(60)))
        );
        assert_eq!(policies[0].unit.as_deref(), Some("content-bytes"));
    }
}

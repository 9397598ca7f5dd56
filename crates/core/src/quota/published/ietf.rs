//! The IETF's fields: lists of items since draft 08, a dictionary in draft 07.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderMap;
use sfv::{BareItem, Dictionary, List, ListEntry, Parser};

use super::{Published, Returns, Unit};
use crate::quota::fields;

/// The items of `RateLimit`, with what `RateLimit-Policy` says of the policies of the same names.
pub(super) fn items<'h>(headers: &HeaderMap) -> Vec<Published<'h>> {
    let items = fields::structured(headers);
    if items.is_empty() {
        return dictionary(headers).into_iter().collect();
    }
    let policies = fields::policies(headers);
    let published = |item: fields::Remaining| {
        let policy = policies.iter().find(|policy| policy.name == item.name);
        let unit = match policy.and_then(|policy| policy.unit.as_deref()) {
            None | Some("requests") => Unit::Requests,
            Some("tokens") => Unit::Tokens,
            // Bytes, and calls in flight: nothing here counts them.
            Some(_) => return None,
        };
        Some(Published {
            name: Cow::Owned(item.name),
            unit,
            limit: policy.map(|policy| policy.quota),
            remaining: Some(item.remaining),
            rounding: 0,
            reset: item.reset,
            window: policy.and_then(|policy| policy.window),
            returns: Returns::AtOnce,
        })
    };
    items.into_iter().filter_map(published).collect()
}

/// `limit=100, remaining=50, reset=5`: draft 07, which is in use.
fn dictionary<'h>(headers: &HeaderMap) -> Option<Published<'h>> {
    let field = headers.get("ratelimit")?.to_str().ok()?;
    let members: Dictionary = Parser::new(field).parse().ok()?;
    let member = |name: &str| match members.get(name) {
        Some(ListEntry::Item(item)) => natural(&item.bare_item),
        _ => None,
    };
    Some(Published {
        name: Cow::Borrowed(""),
        unit: Unit::Requests,
        limit: member("limit"),
        remaining: Some(member("remaining")?),
        rounding: 0,
        reset: member("reset").map(Duration::from_secs),
        window: None,
        returns: Returns::AtOnce,
    })
}

/// With the window that `RateLimit-Policy: 100;w=60` gives to a limit of a hundred, as drafts up to 07 have it.
pub(super) fn with_window<'h>(published: Published<'h>, headers: &HeaderMap) -> Published<'h> {
    let window = || {
        let field = headers.get("ratelimit-policy")?.to_str().ok()?;
        let policies: List = Parser::new(field).parse().ok()?;
        let policy = policies.iter().find_map(|entry| match entry {
            ListEntry::Item(item) if natural(&item.bare_item) == published.limit => Some(item),
            _ => None,
        })?;
        natural(policy.params.get("w")?).filter(|window| *window > 0)
    };
    let is_known = published.window.is_some() || published.limit.is_none();
    let window = match is_known {
        true => published.window,
        false => window().map(Duration::from_secs),
    };
    Published {
        window,
        ..published
    }
}

fn natural(item: &BareItem) -> Option<u64> {
    u64::try_from(i64::from(item.as_integer()?)).ok()
}

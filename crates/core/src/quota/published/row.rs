//! One quota of a provider: in which fields it stands, and how they are read.

use std::borrow::Cow;
use std::time::Duration;

use super::lines::Lines;
use super::wait::{self, Format};
use super::{Published, Returns, Unit};
use crate::quota::fields::first_number;
use crate::time::UnixTime;

/// The fields of one quota.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Where the server writes the name itself.
    pub(super) named_by: Option<&'static str>,
    pub(super) unit: Unit,
    pub(super) limit: Option<&'static str>,
    pub(super) remaining: &'static str,
    /// Of these the first that can be read.
    pub(super) resets: &'static [Reset],
    pub(super) window: Option<Duration>,
    /// Whether a window is that of the wall clock, so that it ends without anybody saying when.
    pub(super) by_the_clock: bool,
    /// What remains may be so much more or less than it says.
    pub(super) rounding: u64,
}

/// A field, how a reset stands in it, and how what was used comes back then.
pub(super) struct Reset(&'static str, Format, Returns);

pub(super) const fn at_once(field: &'static str, format: Format) -> Reset {
    Reset(field, format, Returns::AtOnce)
}

pub(super) const fn gradually(field: &'static str, format: Format) -> Reset {
    Reset(field, format, Returns::Gradually)
}

/// What most rows have in common.
pub(super) const PLAIN: Row = Row {
    name: "",
    named_by: None,
    unit: Unit::Requests,
    limit: None,
    remaining: "",
    resets: &[],
    window: None,
    by_the_clock: false,
    rounding: 0,
};

impl Row {
    /// Whether there is anything to read.
    pub(super) fn is_in(&self, lines: &Lines<'_>) -> bool {
        let mut fields = self.limit.into_iter().chain([self.remaining]);
        fields.any(|field| lines.get(field).is_some())
    }

    /// What the fields say, as it stands; `None` if they are not there, or a number in them is none.
    pub(super) fn read<'h>(&self, lines: &Lines<'h>, now: UnixTime) -> Option<Published<'h>> {
        let value = |name: &str| Some(lines.get(name)?.as_bytes().trim_ascii());
        // A number that is none is not passed over: the bucket is not to be trusted.
        let number = |name: Option<&str>| match name.and_then(value) {
            Some(text) => first_number(text).map(Some),
            None => Some(None),
        };
        let (limit, remaining) = (number(self.limit)?, number(Some(self.remaining))?);
        if limit.is_none() && remaining.is_none() {
            return None;
        }
        let mut resets = self.resets.iter();
        let told = resets.find_map(|Reset(field, format, returns)| {
            let text = std::str::from_utf8(value(field)?).ok()?;
            Some((format(text, now)?, *returns))
        });
        let by_the_clock = || {
            let window = self.window.filter(|_| self.by_the_clock)?;
            Some((wait::rest(window, now), Returns::AtOnce))
        };
        let (reset, returns) = told.or_else(by_the_clock).unzip();
        Some(Published {
            name: self.name(lines),
            unit: self.unit,
            limit,
            remaining,
            rounding: self.rounding,
            reset,
            window: self.window,
            returns: returns.unwrap_or(Returns::AtOnce),
        })
    }

    /// The names of all its fields.
    #[cfg(all(test, not(buttress_loom)))]
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> {
        let resets = self.resets.iter().map(|Reset(field, ..)| *field);
        let others = [self.named_by, self.limit, Some(self.remaining)];
        others.into_iter().flatten().chain(resets)
    }

    fn name<'h>(&self, lines: &Lines<'h>) -> Cow<'h, str> {
        let named = self
            .named_by
            .and_then(|name| lines.get(name)?.to_str().ok());
        Cow::Borrowed(named.unwrap_or(self.name))
    }
}

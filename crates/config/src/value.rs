//! The values that settings have, and how they are read and written.

use std::time::Duration;

use buttress_core::policy::{Host, IdempotencyKey, KeyBy, Limit};
use http::HeaderName;

use crate::nearest::nearest;
use crate::secret;
use crate::unit::{self, Rate};

/// The value of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Flag(bool),
    Count(u64),
    Duration(Duration),
    /// In millionths.
    Share(u32),
    Rate(Rate),
    Word(&'static str),
    Text(String),
    Key(KeyBy),
    Idempotency(IdempotencyKey),
    Header(HeaderName),
    Hosts(Vec<Host>),
    Limits(Vec<Limit>),
    /// Something that was refused when it was read: nothing more is to be said of it.
    Refused,
}

/// What a setting takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A table of more settings; `true` for the part as it is by default, `false` for none.
    Part,
    Flag,
    Count {
        least: u64,
        most: u64,
    },
    Duration,
    /// A percentage.
    Percent,
    /// A percentage, or a fraction of one.
    Share,
    Rate,
    Words(&'static [&'static str]),
    Profile,
    Url,
    Variable,
    KeyBy,
    IdempotencyKey,
    Header,
    /// A list; in the environment, with commas.
    Hosts,
    /// A list of tables, which the environment cannot hold.
    Limits,
}

/// What was written, of whatever kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Written<'t> {
    Text(&'t str),
    Number(&'t str),
    Flag(bool),
    /// In the environment, where everything is text.
    Plain(&'t str),
    /// A list, a date: named by its kind.
    Other(&'static str),
}

/// Why a value was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) expected: String,
    pub(crate) help: Option<String>,
}

impl Kind {
    pub(crate) fn read(self, written: Written<'_>) -> Result<Value, Refusal> {
        self.accept(written).ok_or_else(|| self.refusal(written))
    }

    fn accept(self, written: Written<'_>) -> Option<Value> {
        match self {
            Self::Part | Self::Flag => flag(written).map(Value::Flag),
            Self::Count { least, most } => {
                let count = unit::whole(number(written)?)?;
                (least..=most)
                    .contains(&count)
                    .then_some(Value::Count(count))
            }
            Self::Duration => unit::duration(text(written)?).map(Value::Duration),
            Self::Percent => unit::percent(text(written)?).map(Value::Share),
            Self::Share => {
                let percent = text(written).and_then(unit::percent);
                let whole = |share: &u32| *share <= WHOLE;
                let fraction = || number(written).and_then(unit::fraction).filter(whole);
                percent.or_else(fraction).map(Value::Share)
            }
            Self::Rate => unit::rate(text(written)?).map(Value::Rate),
            Self::Words(words) => {
                let text = text(written)?;
                let word = words.iter().find(|word| **word == text)?;
                Some(Value::Word(word))
            }
            Self::Profile => {
                let profile = buttress_providers::named(text(written)?)?;
                (!profile.is_text()).then(|| Value::Word(profile.name()))
            }
            Self::Url => url(text(written)?).map(Value::Text),
            Self::Variable => variable(text(written)?).map(Value::Text),
            Self::KeyBy => text(written)?.parse().map(Value::Key).ok(),
            Self::IdempotencyKey => text(written)?.parse().map(Value::Idempotency).ok(),
            Self::Header => text(written)?.parse().map(Value::Header).ok(),
            Self::Hosts => match written {
                Written::Plain(text) => hosts(text.split(',').map(str::trim)),
                _ => None,
            },
            Self::Limits => None,
        }
    }

    /// What it takes, for people.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Part => "a table, or true or false".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Count { least, most } if most > u64::from(u32::MAX) => {
                format!("a whole number from {least}")
            }
            Self::Count { least, most } => format!("a whole number from {least} to {most}"),
            Self::Duration => {
                "a duration with its unit, such as \"250ms\", \"30s\" or \"2m\"".to_owned()
            }
            Self::Percent => "a percentage, such as \"20%\"".to_owned(),
            Self::Share => "a share from 0 to 1, or a percentage such as \"50%\"".to_owned(),
            Self::Rate => "a rate, such as \"50/min\" or \"5/10s\"".to_owned(),
            Self::Words(words) => one_of(words.iter().copied()),
            Self::Profile => "the name of a profile".to_owned(),
            Self::Url => "an address that begins with http:// or https://".to_owned(),
            Self::Variable => {
                "the name of an environment's variable, such as \"OPENAI_API_KEY\"".to_owned()
            }
            Self::KeyBy => {
                let names = KEYS.map(|name| format!("\"{name}\"")).join(", ");
                format!("one of {names}, or \"header\" and its name")
            }
            Self::IdempotencyKey => {
                "\"profile\", \"never\", or a header, as in \"header Idempotency-Key\"".to_owned()
            }
            Self::Header => "the name of a header".to_owned(),
            Self::Hosts => {
                "a list of hosts, such as [\"api.example.com\", \"localhost:8080\"]".to_owned()
            }
            Self::Limits => {
                "a list of tables such as { requests = \"5/10s\", burst = 2 }".to_owned()
            }
        }
    }

    fn refusal(self, written: Written<'_>) -> Refusal {
        Refusal {
            message: self.message(written),
            expected: self.expected(),
            help: self.help(written),
        }
    }

    fn message(self, written: Written<'_>) -> String {
        if let (Self::Variable, Written::Text(text) | Written::Plain(text)) = (self, written) {
            return match secret::is_likely(text) {
                true => "this looks like a secret, and a file is no place for one".to_owned(),
                false => "this is no name of a variable".to_owned(),
            };
        }
        if let (Self::Profile, Some(text)) = (self, text(written))
            && buttress_providers::named(text).is_some()
        {
            return "this profile judges what a program prints, and no HTTP".to_owned();
        }
        if let (Self::Url, Some(text)) = (self, text(written))
            && text.contains('@')
        {
            return "an address must not hold a password".to_owned();
        }
        let is_of_its_sort = match self {
            Self::Part | Self::Flag | Self::Hosts | Self::Limits => false,
            Self::Count { .. } => number(written).is_some(),
            Self::Share => number(written).or_else(|| text(written)).is_some(),
            _ => text(written).is_some(),
        };
        if is_of_its_sort {
            return "this value is not possible".to_owned();
        }
        match written {
            Written::Plain(_) => "this value is not possible".to_owned(),
            Written::Text(_) => "a text is not possible here".to_owned(),
            Written::Number(_) => "a number is not possible here".to_owned(),
            Written::Flag(flag) => format!("{flag} is not possible here"),
            Written::Other(kind) => format!("{kind} is not possible here"),
        }
    }

    fn help(self, written: Written<'_>) -> Option<String> {
        let number = match written {
            Written::Number(number) => Some(number).filter(|number| number.len() <= LONGEST),
            _ => None,
        };
        let text = match written {
            Written::Text(text) | Written::Plain(text) => Some(text),
            _ => None,
        };
        match self {
            Self::Words(words) => {
                let known = nearest(text?, words.iter().copied())?;
                Some(format!("did you mean \"{known}\"?"))
            }
            Self::KeyBy => {
                let known = nearest(text?, KEYS)?;
                Some(format!("did you mean \"{known}\"?"))
            }
            Self::Profile => {
                let names: Vec<_> = profiles().collect();
                match nearest(text?, names.iter().copied()) {
                    Some(known) => Some(format!("did you mean \"{known}\"?")),
                    None => Some(format!("there are {}", names.join(", "))),
                }
            }
            Self::Duration => {
                let number = number.or_else(|| text.filter(|text| unit::whole(text).is_some()))?;
                Some(format!("seconds are \"{number}s\", milliseconds \"{number}ms\""))
            }
            Self::Percent => Some(format!("perhaps \"{}%\"", number?)),
            Self::Share => {
                let number = number.filter(|number| unit::whole(number).is_some())?;
                Some(format!("perhaps \"{number}%\""))
            }
            Self::Variable if text.is_some_and(secret::is_likely) => Some(
                "put it into the environment, and write the name of its variable; whoever has read this file should be \
                 taken to know it"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// A longer number is one that nobody meant, and is not repeated to whoever wrote it.
const LONGEST: usize = 20;

/// All of it, in millionths.
const WHOLE: u32 = 1_000_000;

/// What may share something, besides a header of a name.
const KEYS: [&str; 5] = ["everything", "host", "credential", "model", "resource"];

/// Hosts, if each of them is one.
pub(crate) fn hosts<'t>(texts: impl Iterator<Item = &'t str>) -> Option<Value> {
    let mut hosts = Vec::new();
    for text in texts {
        hosts.push(text.parse::<Host>().ok()?);
    }
    hosts.sort();
    hosts.dedup();
    Some(Value::Hosts(hosts))
}

/// The profiles that judge HTTP.
pub(crate) fn profiles() -> impl Iterator<Item = &'static str> {
    let profiles = buttress_providers::ALL.into_iter();
    profiles
        .filter(|profile| !profile.is_text())
        .map(|profile| profile.name())
}

/// Those, and the other names that they are known by.
pub(crate) fn profile_names() -> Vec<&'static str> {
    let others = ["github", "http"];
    profiles().chain(others).collect()
}

fn one_of(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<_> = words.map(|word| format!("\"{word}\"")).collect();
    format!("one of {}", words.join(", "))
}

fn flag(written: Written<'_>) -> Option<bool> {
    match written {
        Written::Flag(flag) => Some(flag),
        Written::Plain("true") => Some(true),
        Written::Plain("false") => Some(false),
        _ => None,
    }
}

fn number<'t>(written: Written<'t>) -> Option<&'t str> {
    match written {
        Written::Number(text) | Written::Plain(text) => Some(text),
        _ => None,
    }
}

fn text<'t>(written: Written<'t>) -> Option<&'t str> {
    match written {
        Written::Text(text) | Written::Plain(text) => Some(text),
        _ => None,
    }
}

/// An address without a password: it is shown where a policy is shown.
fn url(text: &str) -> Option<String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next()?;
    let is_one_word = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    (is_one_word && !host.is_empty() && !host.contains('@')).then(|| text.to_owned())
}

/// The name of a variable as POSIX has it, in either case, that is not a credential itself.
fn variable(text: &str) -> Option<String> {
    let is_name = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = !text.starts_with(|letter: char| letter.is_ascii_digit());
    (is_name && begins && !text.is_empty() && !secret::is_likely(text)).then(|| text.to_owned())
}

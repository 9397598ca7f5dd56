//! What a captured answer means, in words or as JSON.
//!
//! [`Explain`] reads an answer as `curl -i` prints it, or many, one a line, and writes what the rules of a profile say
//! of each: the class, whether it may be repeated, when, by which rule and which field. Whatever the length of the
//! input, it is held a line at a time.
//!
//! ```
//! use buttress_core::UnixTime;
//! use buttress_providers::explain::Explain;
//! use buttress_providers::openai;
//!
//! let answer = "HTTP/2 429\r\nretry-after-ms: 576\r\n\r\n{\"error\":{\"code\":\"rate_limit_exceeded\"}}";
//! let mut said = Vec::new();
//! Explain::new(openai::PROFILE, UnixTime::from_secs(1_792_497_600)).json(answer.as_bytes(), &mut said)?;
//! assert!(String::from_utf8(said)?.contains(r#""wait_ms":576"#));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! A [`Fault`]: the input or the output failed, or the input is [`Bad`] at a line. Of many answers, those on other
//! lines are answered all the same.

mod answer;
mod captured;
mod curl;
mod events;
mod layers;
mod learned;
mod lines;
mod ndjson;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::io::{self, BufRead, Write};

use buttress_core::{Outcome, UnixTime};
use http::Method;

pub use self::captured::{Captured, is_retryable, scope, wait_ms, wait_source};
use self::layers::{Layers, Seen};
use self::learned::Learned;
use self::lines::Lines;
use crate::profile::Profile;
use crate::zone::Zone;

/// A case of a log with its body: 64 KiB of it count, and JSON may write each byte as six.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// What the answers of a provider mean, for people who look at them afterwards.
#[derive(Clone, Debug)]
pub struct Explain {
    profile: Profile,
    now: UnixTime,
    local: Zone,
    method: Option<Method>,
}

/// An input that cannot be read: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    line: u64,
    what: String,
}

impl Bad {
    fn at(line: u64, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { line, what }
    }

    /// The number of the line, from 1.
    pub const fn line(&self) -> u64 {
        self.line
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Bad {}

/// Why nothing is said.
#[derive(Debug)]
pub enum Fault {
    /// What is there is not in the form that was expected.
    Bad(Bad),
    /// The input or the output failed.
    Io(io::Error),
}

impl From<Bad> for Fault {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bad(bad) => bad.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

impl Explain {
    /// By the rules of `profile`. `now` is when the answers arrived, where they do not say it themselves.
    pub const fn new(profile: Profile, now: UnixTime) -> Self {
        Self {
            profile,
            now,
            local: Zone::UTC,
            method: None,
        }
    }

    /// With the zone of the machine that printed the text, where it is text. UTC without it.
    #[must_use]
    pub fn with_local(self, local: Zone) -> Self {
        Self { local, ..self }
    }

    /// With the method of the request, so that what is said of repetition is said of it. Without it, of the answer
    /// alone.
    #[must_use]
    pub fn with_method(self, method: Method) -> Self {
        Self {
            method: Some(method),
            ..self
        }
    }

    /// Reads one answer as `curl -i` prints it, or, for a profile of text, what a program printed; writes what it
    /// means in words.
    ///
    /// # Errors
    ///
    /// If there is no head at the beginning, or if reading or writing fails.
    pub fn words(&self, input: impl BufRead, mut out: impl Write) -> Result<(), Fault> {
        let (captured, outcome) = self.read(input)?;
        let learned = learned::of(&captured, &self.profile, self.now);
        let layers = self.layers(&captured, &outcome, &learned);
        words::write(
            &mut out,
            &captured,
            &self.profile,
            &outcome,
            &learned,
            &layers,
        )?;
        Ok(out.flush()?)
    }

    /// The same as [`words`](Self::words), as one JSON object on one line.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn json(&self, input: impl BufRead, mut out: impl Write) -> Result<(), Fault> {
        let (captured, outcome) = self.read(input)?;
        let learned = learned::of(&captured, &self.profile, self.now);
        let layers = self.layers(&captured, &outcome, &learned);
        let row = answer::row(&outcome, self.method.as_ref());
        let whole = answer::whole(&captured, &self.profile, row, &outcome, &learned, &layers);
        serde_json::to_writer(&mut out, &whole).map_err(io::Error::from)?;
        writeln!(out)?;
        Ok(out.flush()?)
    }

    fn layers(&self, captured: &Captured, outcome: &Outcome, learned: &[Learned<'_>]) -> Layers {
        Layers::of(Seen {
            outcome,
            method: self.method.as_ref(),
            is_late: captured.is_late(outcome),
            learned,
        })
    }

    fn read(&self, input: impl BufRead) -> Result<(Captured, Outcome), Fault> {
        if self.profile.is_text() {
            let outcome = self.last_notice(input)?;
            return Ok((Captured::default(), outcome));
        }
        let captured = curl::read(input)?;
        let outcome = captured.judge(&self.profile, self.now, &self.local);
        Ok((captured, outcome))
    }

    /// What a program printed may be long: only its last notice counts.
    fn last_notice(&self, input: impl BufRead) -> Result<Outcome, Fault> {
        let mut lines = Lines::new(input, LONGEST_LINE);
        let nothing = Captured::default().judge(&self.profile, self.now, &self.local);
        let mut last = nothing;
        while let Some(line) = lines.next()? {
            let text = String::from_utf8_lossy(line.bytes);
            last = self
                .profile
                .judge_text(&text, self.now, &self.local)
                .unwrap_or(last);
        }
        Ok(last)
    }

    /// Reads one answer a line, as JSON, and writes a line for each: `{"id", "class", "retryable", "wait_ms",
    /// "wait_source", "scope", "rule"}`. Empty lines are passed over. What is wrong with a line goes to `complaints`.
    ///
    /// A line names its own `provider` and `now`, or leaves them to this value; has a `status` (none, for text),
    /// `headers` (texts, or lists of them), a `body`, `body_b64` or `body_gen` (`prefix`, `repeat`, `times`, `suffix`),
    /// `stream`, `local_tz` and `method`.
    ///
    /// Returns how many lines were bad.
    ///
    /// # Errors
    ///
    /// If reading or writing fails.
    pub fn ndjson(
        &self,
        input: impl BufRead,
        mut out: impl Write,
        mut complaints: impl Write,
    ) -> io::Result<u64> {
        let mut lines = Lines::new(input, LONGEST_LINE);
        let mut bad = 0;
        while let Some(line) = lines.next()? {
            let answered = match line.bytes.trim_ascii() {
                [] if !line.is_cut => continue,
                _ if line.is_cut => Err("longer than 8 MiB".to_owned()),
                case => ndjson::answer(case, self),
            };
            match answered {
                Ok(answer) => {
                    serde_json::to_writer(&mut out, &answer.row())?;
                    out.write_all(b"\n")?;
                }
                Err(what) => {
                    bad += 1;
                    writeln!(complaints, "{}", Bad::at(line.number, what))?;
                }
            }
        }
        out.flush()?;
        Ok(bad)
    }
}

/// Reads the time of an option: RFC 3339.
///
/// # Errors
///
/// If it is none, in words.
pub fn time(text: &str) -> Result<UnixTime, String> {
    ndjson::time(text)
}

/// Writes the names of all profiles, one a line, and what each is for.
///
/// # Errors
///
/// If writing fails.
pub fn list(mut out: impl Write) -> io::Result<()> {
    for profile in crate::ALL {
        writeln!(out, "{:<18} {}", profile.name(), profile.title())?;
    }
    out.flush()
}

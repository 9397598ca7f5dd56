//! What is wrong with a configuration: all of it at once, each with its place.

mod render;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::source::{Place, Source};
use crate::value::Refusal;

/// More than anybody reads at once; what is over is counted. A file of garbage would otherwise be answered with a report of
/// many times its size.
const MOST: usize = 100;

/// Whether a configuration can be used in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, and will hardly do what was meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(Box<Told>);

/// Boxed, as it is the error of many a function whose result is small.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    severity: Severity,
    message: Cow<'static, str>,
    path: String,
    site: Site,
    expected: Cow<'static, str>,
    related: Vec<(Range<usize>, Cow<'static, str>)>,
    help: Option<String>,
}

/// Where the cause is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Site {
    /// Not in what was written: in what it inherits.
    Nowhere,
    File(Range<usize>),
    /// The name of a variable.
    Environment(String),
}

impl Problem {
    pub(crate) fn error(message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Told {
            severity: Severity::Error,
            message: message.into(),
            path: String::new(),
            site: Site::Nowhere,
            expected: Cow::Borrowed(""),
            related: Vec::new(),
            help: None,
        }))
    }

    pub(crate) fn warning(message: impl Into<Cow<'static, str>>) -> Self {
        let mut problem = Self::error(message);
        problem.0.severity = Severity::Warning;
        problem
    }

    pub(crate) fn at(mut self, span: Range<usize>) -> Self {
        self.0.site = Site::File(span);
        self
    }

    pub(crate) fn in_variable(mut self, name: impl Into<String>) -> Self {
        self.0.site = Site::Environment(name.into());
        self
    }

    pub(crate) fn of(mut self, path: impl Into<String>) -> Self {
        self.0.path = path.into();
        self
    }

    pub(crate) fn expecting(mut self, expected: impl Into<Cow<'static, str>>) -> Self {
        self.0.expected = expected.into();
        self
    }

    pub(crate) fn and_at(
        mut self,
        span: Range<usize>,
        label: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0.related.push((span, label.into()));
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Whether the configuration can be used in spite of it.
    pub fn severity(&self) -> Severity {
        self.0.severity
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The setting that it is about, such as `upstream.openai.retry.base`; empty where it is about none.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What was expected instead; empty where that goes without saying.
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// What may have been meant.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The environment's variable that it is about.
    pub fn variable(&self) -> Option<&str> {
        match &self.0.site {
            Site::Environment(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn span(&self) -> Option<&Range<usize>> {
        match &self.0.site {
            Site::File(span) => Some(span),
            _ => None,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let mut problem = Self::error(refusal.message).expecting(refusal.expected);
        problem.0.help = refusal.help;
        problem
    }
}

/// Everything that is wrong with one configuration, in the order of the file.
///
/// [`Display`](fmt::Display) shows each with its line and a caret below the place. So does [`Debug`](fmt::Debug), as that is
/// what a `main` shows that returns it. Values that may be secrets are covered with asterisks.
#[derive(Clone, PartialEq, Eq)]
pub struct Problems {
    source: Source,
    problems: Vec<Problem>,
    left_out: usize,
}

impl Problems {
    pub(crate) fn new(source: Source, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span().map_or(usize::MAX, |span| span.start));
        let left_out = problems.len().saturating_sub(MOST);
        // Errors are not left out for warnings.
        if left_out > 0 {
            problems.sort_by_key(Problem::severity);
            problems.truncate(MOST);
        }
        Self {
            source,
            problems,
            left_out,
        }
    }

    /// Each of them, a hundred at most.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Problem> {
        self.problems.iter()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many there are besides.
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Whether one of them keeps the configuration from being used.
    pub fn has_errors(&self) -> bool {
        let mut severities = self.problems.iter().map(Problem::severity);
        severities.any(|severity| severity == Severity::Error)
    }

    /// The file that they are about.
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// The line and column of one of them; `None` if it is about no place in the file.
    pub fn place(&self, problem: &Problem) -> Option<Place> {
        problem.span().map(|span| self.source.place(span.start))
    }

    /// As text with carets, in colours for a terminal or without.
    pub fn render(&self, in_colour: bool) -> String {
        render::all(self, in_colour)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.source.name())?;
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Problems {}

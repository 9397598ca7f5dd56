use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use buttress_core::policy::{Host, Policy, ProfileName, UpstreamName};

use super::{Config, Declared, findings};
use crate::build::{self, Draft};
use crate::environment;
use crate::problem::{Problem, Problems};
use crate::read::{self, Section};
use crate::settings::Settings;
use crate::source::Source;
use crate::tree::{self, Format, LARGEST};
use crate::value::Value;

/// A text that is to be read, and what is laid over it.
///
/// ```
/// use buttress_config::Document;
///
/// let text = r#"
///     [upstream.openai]
///     profile = "openai"
///     retry = { max_attempts = 5 }
/// "#;
/// let variables = [("BUTTRESS_OPENAI__RETRY__MAX_ATTEMPTS".to_owned(), "3".to_owned())];
/// let config = Document::toml("buttress.toml", text).with_environment(variables).read()?;
/// let policy = config.upstream("openai").unwrap().policy();
/// assert_eq!(policy.retry().unwrap().retries().max_attempts().get(), 3);
/// # Ok::<_, buttress_config::Problems>(())
/// ```
#[derive(Clone, Debug)]
pub struct Document {
    source: Source,
    format: Format,
    variables: BTreeMap<String, String>,
}

impl Document {
    /// `text` in TOML. The name is for people.
    pub fn toml(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name.into(), text.into(), Format::Toml)
    }

    /// `text` in JSON. The name is for people.
    pub fn json(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name.into(), text.into(), Format::Json)
    }

    fn new(name: String, text: String, format: Format) -> Self {
        Self {
            source: Source::new(name, text),
            format,
            variables: BTreeMap::new(),
        }
    }

    /// A file: JSON if its name ends with `.json`, and TOML otherwise.
    ///
    /// No more of it is read than a configuration may be large.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is not UTF-8, or larger than 256 KiB.
    pub fn file(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let unfit = |why| io::Error::new(io::ErrorKind::InvalidData, why);
        let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        // One more than may be, so that what is too large is seen to be.
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() > LARGEST {
            return Err(unfit("it is larger than 256 KiB"));
        }
        let text = String::from_utf8(bytes).map_err(|_| unfit("it is not UTF-8"))?;
        let is_json = path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("json"));
        let format = match is_json {
            true => Format::Json,
            false => Format::Toml,
        };
        Ok(Self::new(path.display().to_string(), text, format))
    }

    /// With an environment, whose variables `BUTTRESS_…__…` are laid over the text. Others are passed over.
    #[must_use]
    pub fn with_environment(self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            ..self
        }
    }

    /// Its name and text.
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// Reads and checks it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, if something keeps it from being used.
    pub fn read(&self) -> Result<Config, Problems> {
        let (entries, syntax) = tree::parse(&self.source, self.format);
        let is_text_read = syntax.is_empty();
        let mut document = read::document(entries);
        document
            .problems
            .retain(|problem| !is_of_syntax(problem, &syntax));
        document.problems.extend(syntax);
        self.refuse_twins(&document.upstreams, &mut document.problems);
        // An upstream that a slip of syntax has swallowed is not missing in the environment.
        if is_text_read {
            environment::overlay(&mut document, self.variables.clone());
        }
        let mut problems = document.problems;
        let mut upstreams = BTreeMap::new();
        let mut hosts = BTreeMap::new();
        for section in document.upstreams {
            let name = section.name.clone();
            let span = section.span.clone();
            let declared = self.declared(&document.defaults, section, &mut problems);
            for host in declared.upstream().hosts() {
                if let Some(first) = hosts.insert(host.clone(), span.clone()) {
                    problems.push(shared_host(&name, host, span.clone(), first));
                }
            }
            upstreams.insert(name, declared);
        }
        if upstreams.is_empty() && problems.is_empty() {
            problems.push(no_upstream());
        }
        let problems = Problems::new(self.source.clone(), problems);
        if problems.has_errors() {
            return Err(problems);
        }
        Ok(Config {
            upstreams,
            warnings: problems,
        })
    }

    /// Two names that are one in the environment.
    fn refuse_twins(&self, sections: &[Section], problems: &mut Vec<Problem>) {
        let mut names = BTreeMap::new();
        for section in sections {
            let name = environment::name_of(section.name.as_str());
            if let Some(first) = names.insert(name, section.span.clone()) {
                let problem = Problem::error("two upstreams have one name in the environment")
                    .at(section.span.clone())
                    .and_at(first, "the other one")
                    .expecting("names that differ in more than `-` and `_`");
                problems.push(problem);
            }
        }
    }

    fn declared(
        &self,
        defaults: &Settings,
        section: Section,
        problems: &mut Vec<Problem>,
    ) -> Declared {
        let mut settings = defaults.clone();
        settings.overlay(section.settings);
        let profile = match settings.get("profile").map(|setting| &setting.value) {
            Some(Value::Word(name)) => ProfileName::new(*name).unwrap_or_default(),
            _ => ProfileName::default(),
        };
        let base = build::show(&Policy::new(profile));
        let prefix = format!("upstream.{}", section.name);
        let mut draft = Draft::new(&settings, base, prefix, section.span);
        let policy = build::policy(&mut draft);
        let upstream = build::upstream(&mut draft, policy);
        findings::add(&mut draft, upstream.policy());
        let declared = Declared::new(upstream, &draft, &self.source);
        problems.extend(draft.into_problems());
        declared
    }
}

/// Whether a problem is about what the parser made of a place that it could not read.
fn is_of_syntax(problem: &Problem, syntax: &[Problem]) -> bool {
    // More of either are not told anyway.
    let spans = || syntax.iter().take(1_000).filter_map(Problem::span);
    problem.span().is_some_and(|span| {
        spans().any(|broken| span.start <= broken.end && broken.start <= span.end)
    })
}

fn shared_host(
    name: &UpstreamName,
    host: &Host,
    span: Range<usize>,
    first: Range<usize>,
) -> Problem {
    Problem::error(format!("two upstreams have the host {host}"))
        .of(format!("upstream.{}", name.as_str()))
        .at(span)
        .and_at(first, "the other one")
        .expecting("hosts of its own for each: a request goes to one upstream")
}

fn no_upstream() -> Problem {
    Problem::error("no upstream is declared")
        .at(0..0)
        .expecting("a table such as [upstream.openai]")
        .with_help("`buttress init` writes a file to begin with")
}

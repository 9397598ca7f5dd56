//! From a tree to settings: every key is one of the table, every value of its kind.

pub(crate) mod limits;
pub(crate) mod unknown;

use std::ops::Range;

use buttress_core::policy::UpstreamName;

use crate::nearest::nearest;
use crate::problem::Problem;
use crate::settings::{By, Setting, Settings};
use crate::table::{self, Key};
use crate::tree::{Entry, Node, Value as Tree};
use crate::value::{self, Kind, Value, Written};

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) defaults: Settings,
    pub(crate) upstreams: Vec<Section>,
    pub(crate) problems: Vec<Problem>,
}

/// What it says of one upstream.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: UpstreamName,
    /// Where its name stands.
    pub(crate) span: Range<usize>,
    pub(crate) settings: Settings,
}

/// Each is a stack with a state of its own, and is looked up by name: more than a thousand are no configuration.
const MOST: usize = 1_000;

/// Tables at the top.
const TOP: [&str; 2] = ["defaults", "upstream"];

/// An upstream of this name would share its variables with the defaults.
const RESERVED: &str = "defaults";

/// Reads what is at the top of a file.
pub(crate) fn document(entries: Vec<Entry>) -> Document {
    let mut document = Document::default();
    for entry in entries {
        match (entry.name.as_str(), &entry.node.value) {
            // Says to an editor what the file is.
            ("$schema", Tree::Text(_)) => {}
            ("defaults", Tree::Table(entries)) => {
                document.defaults = settings(entries, "defaults", true, &mut document.problems);
            }
            ("upstream", Tree::Table(upstreams)) => document.read_upstreams(upstreams),
            ("defaults" | "upstream", _) => {
                let problem = not_a_table(&entry);
                document.problems.push(problem);
            }
            _ => document.problems.push(unknown_top(&entry)),
        }
    }
    document
}

impl Document {
    fn read_upstreams(&mut self, upstreams: &[Entry]) {
        if let Some(first) = upstreams.get(MOST) {
            let problem = Problem::error("there are too many upstreams");
            let problem = problem.at(first.span.clone());
            self.problems.push(problem.expecting("a thousand at most"));
        }
        for entry in upstreams.iter().take(MOST) {
            let Tree::Table(entries) = &entry.node.value else {
                self.problems.push(not_a_table(entry));
                continue;
            };
            // Each of its problems has a copy.
            let prefix = format!("upstream.{}", short(&entry.name));
            let settings = settings(entries, &prefix, false, &mut self.problems);
            match upstream_name(entry) {
                Ok(name) => self.upstreams.push(Section {
                    name,
                    span: entry.span.clone(),
                    settings,
                }),
                Err(problem) => self.problems.push(problem),
            }
        }
    }
}

fn upstream_name(entry: &Entry) -> Result<UpstreamName, Problem> {
    let refused = |expected: String| {
        Problem::error("an upstream cannot have this name")
            .at(entry.span.clone())
            .expecting(expected)
    };
    // A variable of two underscores would end its name early.
    if entry.name == RESERVED || entry.name.contains("__") {
        return Err(refused(
            "another word than \"defaults\", without \"__\"".to_owned(),
        ));
    }
    UpstreamName::new(entry.name.clone()).map_err(|invalid| refused(invalid.expected().to_owned()))
}

fn not_a_table(entry: &Entry) -> Problem {
    let message = format!("`{}` is a table", short(&entry.name));
    Problem::error(message)
        .at(entry.node.span.clone())
        .expecting(format!("a table, found {}", entry.node.value.kind()))
}

fn unknown_top(entry: &Entry) -> Problem {
    let problem = Problem::error("nothing of this name is known")
        .at(entry.span.clone())
        .expecting("`defaults` or `upstream`");
    if table::within("").any(|key| key.name() == entry.name) {
        let name = short(&entry.name);
        return problem.with_help(format!(
            "`{name}` is a setting of an upstream: it stands under [upstream.NAME], or under [defaults]"
        ));
    }
    match nearest(&entry.name, TOP) {
        Some(known) => problem.with_help(format!("did you mean `{known}`?")),
        None => problem,
    }
}

/// The settings of one table at the top. `prefix` is what its paths begin with.
fn settings(
    entries: &[Entry],
    prefix: &str,
    is_for_all: bool,
    problems: &mut Vec<Problem>,
) -> Settings {
    let mut reader = Reader {
        settings: Settings::default(),
        prefix,
        is_for_all,
        problems,
    };
    reader.part("", entries);
    reader.settings
}

struct Reader<'r> {
    settings: Settings,
    prefix: &'r str,
    is_for_all: bool,
    problems: &'r mut Vec<Problem>,
}

impl Reader<'_> {
    fn part(&mut self, part: &'static str, entries: &[Entry]) {
        for entry in entries {
            match table::within(part).find(|key| key.name() == entry.name) {
                Some(key) => self.entry(key, entry),
                None => {
                    // Nobody reads more of them, and each is compared with every name there is.
                    let is_read = self.problems.len() < 100;
                    let problem = unknown::problem(part, entry, is_read);
                    self.complain(&join(part, short(&entry.name)), problem);
                }
            }
        }
        self.rivals(part, entries);
    }

    fn entry(&mut self, key: &'static Key, entry: &Entry) {
        if key.is_own && self.is_for_all {
            let problem =
                Problem::error("this is of one upstream, and cannot be a default for all")
                    .at(entry.span.clone())
                    .with_help("write it under [upstream.NAME]");
            return self.complain(key.path, problem);
        }
        match (key.kind, &entry.node.value) {
            (Kind::Part, Tree::Table(entries)) => {
                self.insert(key, entry, Value::Flag(true));
                self.part(key.path, entries);
            }
            (Kind::Limits, Tree::List(items)) => self.settle(key, entry, limits::read(items)),
            (Kind::Hosts, Tree::List(items)) => self.settle(key, entry, hosts(items)),
            (_, Tree::Flag(false)) if key.may_be_off => self.insert(key, entry, Value::Flag(false)),
            _ => {
                let read = key.kind.read(written(&entry.node));
                let span = entry.node.span.clone();
                self.settle(
                    key,
                    entry,
                    read.map_err(|refusal| Problem::from(refusal).at(span)),
                );
            }
        }
    }

    fn settle(&mut self, key: &'static Key, entry: &Entry, read: Result<Value, Problem>) {
        let value = read.unwrap_or_else(|problem| {
            self.complain(key.path, problem);
            Value::Refused
        });
        self.insert(key, entry, value);
    }

    fn insert(&mut self, key: &'static Key, entry: &Entry, value: Value) {
        let by = By::File {
            name: entry.span.clone(),
            value: entry.node.span.clone(),
        };
        self.settings.insert(key, Setting { value, by });
    }

    /// Settings of one table of which only one can be meant.
    fn rivals(&mut self, part: &str, entries: &[Entry]) {
        for entry in entries {
            let path = join(part, &entry.name);
            let rivals = table::rivals(&path);
            if rivals.is_empty() {
                continue;
            }
            let is_rival = |other: &&Entry| {
                other.span.start < entry.span.start
                    && rivals.contains(&join(part, &other.name).as_str())
            };
            if let Some(first) = entries.iter().find(is_rival) {
                let message = format!("`{}` and `{}` exclude each other", first.name, entry.name);
                let problem = Problem::error(message)
                    .at(entry.span.clone())
                    .and_at(first.span.clone(), "the other one")
                    .expecting("one of the two");
                self.complain(&path, problem);
            }
        }
    }

    fn complain(&mut self, path: &str, problem: Problem) {
        let path = format!("{}.{path}", self.prefix);
        self.problems.push(problem.of(path));
    }
}

fn hosts(items: &[Node]) -> Result<Value, Problem> {
    for item in items {
        let is_host = match &item.value {
            Tree::Text(text) => value::hosts(std::iter::once(text.as_str())).is_some(),
            _ => false,
        };
        if !is_host {
            return Err(Problem::error("this is no host")
                .at(item.span.clone())
                .expecting("a host, such as \"api.example.com\" or \"localhost:8080\""));
        }
    }
    let texts = items.iter().filter_map(|item| match &item.value {
        Tree::Text(text) => Some(text.as_str()),
        _ => None,
    });
    Ok(value::hosts(texts).unwrap_or(Value::Hosts(Vec::new())))
}

fn written(node: &Node) -> Written<'_> {
    match &node.value {
        Tree::Text(text) => Written::Text(text),
        Tree::Number(number) => Written::Number(number),
        Tree::Flag(flag) => Written::Flag(*flag),
        other => Written::Other(other.kind()),
    }
}

pub(crate) fn join(part: &str, name: &str) -> String {
    match part {
        "" => name.to_owned(),
        part => format!("{part}.{name}"),
    }
}

/// A name as far as a message quotes it: names are of any length, and of any letters.
pub(crate) fn short(name: &str) -> &str {
    let end = name.char_indices().nth(40).map_or(name.len(), |(at, _)| at);
    &name[..end]
}

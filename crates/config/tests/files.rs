//! Every file and every block of the documentation is one that can be used.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use buttress_config::{Config, Document, init};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn ends_with(path: &Path, end: &str) -> bool {
    path.extension() == Some(OsStr::new(end))
}

/// What can be used, without a warning.
fn is_well(document: &Document) -> Config {
    let config = document
        .read()
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(config.warnings().is_empty(), "{:?}", config.warnings());
    config
}

/// All files below `folder` whose name ends so, but what is built.
fn files_below(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            files_below(&path, end, found);
        } else if ends_with(&path, end) {
            found.push(path);
        }
    }
}

#[test]
fn every_example_file_can_be_used() {
    let folder = root().join("examples/config");
    let paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(paths.len() >= 3);
    for path in paths {
        is_well(&Document::file(&path).unwrap());
    }
}

#[test]
fn every_example_file_names_the_schema_that_is_there() {
    for entry in fs::read_dir(root().join("examples/config")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let named = match ends_with(&path, "json") {
            true => text
                .split("\"$schema\": \"")
                .nth(1)
                .and_then(|rest| rest.split('"').next()),
            false => text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("#:schema ")),
        };
        let schema = path.parent().unwrap().join(named.expect("a schema"));
        assert!(schema.is_file(), "{}", schema.display());
    }
}

/// The blocks of a language, each with its first line.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<(usize, &'t str)> {
    let fence = format!("```{language}\n");
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(&fence) {
        let begin = at + start + fence.len();
        let end = begin + text[begin..].find("```").expect("the block ends");
        blocks.push((text[..begin].matches('\n').count() + 1, &text[begin..end]));
        at = end;
    }
    blocks
}

#[test]
fn every_block_of_the_documentation_can_be_used() {
    let mut files = Vec::new();
    files_below(&root(), "md", &mut files);
    let mut count = 0;
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for (line, block) in blocks(&text, "toml") {
            // A manifest of cargo's.
            if block.starts_with("[dependencies]") {
                continue;
            }
            is_well(&Document::toml(format!("{}:{line}", path.display()), block));
            count += 1;
        }
    }
    assert!(count >= 3, "{count}");
}

#[test]
fn what_init_writes_can_be_used() {
    let config = is_well(&Document::toml("a.toml", init([])));
    assert_eq!(config.upstreams().len(), 1);
    let config = is_well(&Document::toml(
        "a.toml",
        init(["openai", "github", "openai"]),
    ));
    let names: Vec<_> = config.upstreams().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["github", "openai"]);
}

#[test]
fn init_has_every_profile() {
    let profiles = buttress_providers::ALL.into_iter();
    for profile in profiles.filter(|profile| !profile.is_text()) {
        let config = is_well(&Document::toml("a.toml", init([profile.name()])));
        let declared = config.upstream(profile.name()).unwrap();
        assert_eq!(declared.policy().profile().as_str(), profile.name());
    }
}

/// Takes the `#` from one line, and from the header of its table.
fn with_line(text: &str, number: usize) -> String {
    let is_header = |line: &str| line.starts_with("#[") || line.starts_with('[');
    let lines: Vec<_> = text.lines().collect();
    let header = (0..number).rev().find(|n| is_header(lines[*n]));
    let shown = |(n, line): (usize, &str)| match n == number || Some(n) == header {
        true => line.trim_start_matches('#').to_owned(),
        false => line.to_owned(),
    };
    let lines: Vec<_> = text.lines().enumerate().map(shown).collect();
    lines.join("\n")
}

#[test]
fn every_line_that_init_offers_can_be_taken() {
    let text = init(["openai"]);
    let is_offer =
        |line: &str| line.starts_with('#') && !line.starts_with("# ") && !line.starts_with("#:");
    let offers: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| is_offer(line))
        .collect();
    assert!(offers.len() > 60, "{}", offers.len());
    for (number, line) in offers {
        let taken = with_line(&text, number);
        let read = Document::toml("a.toml", taken.as_str()).read();
        assert!(read.is_ok(), "{line}: {:?}", read.unwrap_err());
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let largest = "#".repeat(256 * 1024);
    let problems = Document::toml("a.toml", largest.as_str())
        .read()
        .unwrap_err();
    assert_eq!(
        problems.iter().next().unwrap().message(),
        "no upstream is declared"
    );
    for problems in [
        Document::toml("a.toml", format!("{largest}#"))
            .read()
            .unwrap_err(),
        Document::json("a.json", format!("{largest}#"))
            .read()
            .unwrap_err(),
    ] {
        let told: Vec<_> = problems.iter().map(|problem| problem.message()).collect();
        assert_eq!(told, ["the file is too large"]);
    }
}

#[test]
fn a_thousand_upstreams_are_read_and_one_more_is_not() {
    let upstreams =
        |count: u32| -> String { (0..count).map(|n| format!("[upstream.a{n}]\n")).collect() };
    let read = |count| Document::toml("a.toml", upstreams(count)).read();
    assert_eq!(read(1_000).unwrap().upstreams().len(), 1_000);
    let problems = read(1_001).unwrap_err();
    assert_eq!(
        problems.iter().next().unwrap().message(),
        "there are too many upstreams"
    );
}

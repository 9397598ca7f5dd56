//! What holds of all providers' files.

use std::fs;
use std::path::Path;

use crate::ALL;

/// About what is read at one go, with the documentation.
const MOST_LINES: usize = 160;

const HEADINGS: [&str; 5] = ["Signals", "Hints", "Repetition", "Limits", "Cost"];

/// The files of the profiles, and of those of GitHub's other clients.
fn files() -> impl Iterator<Item = (&'static str, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names = ALL.iter().map(|profile| profile.name);
    names.chain(["github_clients"]).map(move |name| {
        let file = folder.join(name).with_extension("rs");
        (name, fs::read_to_string(file).unwrap())
    })
}

#[test]
fn every_provider_has_a_file_of_its_name_that_is_read_at_one_go() {
    for (name, file) in files() {
        let lines = file.lines().count();
        assert!(lines <= MOST_LINES, "{name}: {lines} lines");
    }
}

#[test]
fn every_provider_is_told_of_under_the_same_headings_in_the_same_order() {
    for (name, file) in files() {
        let headings = file.lines().filter_map(|line| line.strip_prefix("//! # "));
        assert!(headings.eq(HEADINGS), "{name}");
    }
}

#[test]
fn every_provider_names_its_sources_and_when_they_were_read() {
    for (name, file) in files() {
        let (before, _) = file.split_once("//! # ").unwrap();
        let is_sourced = before.contains("Source") && before.contains("read in ");
        assert!(is_sourced, "{name}");
    }
}

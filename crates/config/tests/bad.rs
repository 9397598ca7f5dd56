//! What is said of files that are wrong: each beside what is expected of it.
//!
//! A file `x.toml` or `x.json` is read, with the environment of `x.env` where there is one, and what is said of it stands in
//! `x.txt`. The test that is ignored writes those anew: read what changed before it is committed.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use buttress_config::{Document, Problems, Severity};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| {
            matches!(
                path.extension().and_then(OsStr::to_str),
                Some("toml" | "json")
            )
        })
        .collect();
    files.sort();
    files
}

fn expected(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap().to_str().unwrap();
    file.with_file_name(format!("{name}.txt"))
}

fn environment(file: &Path) -> Vec<(String, String)> {
    let Ok(text) = fs::read_to_string(file.with_extension("env")) else {
        return Vec::new();
    };
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn problems(file: &Path) -> Problems {
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    let document = match name.ends_with(".json") {
        true => Document::json(name, text),
        false => Document::toml(name, text),
    };
    match document.with_environment(environment(file)).read() {
        Ok(config) => config.warnings().clone(),
        Err(problems) => problems,
    }
}

fn said(file: &Path) -> String {
    format!("{}\n", problems(file))
}

#[test]
fn what_is_said_of_a_bad_file_is_what_is_expected() {
    let wrong: Vec<_> = files()
        .into_iter()
        .filter(|file| fs::read_to_string(expected(file)).unwrap_or_default() != said(file))
        .map(|file| format!("{}\n{}", file.display(), said(&file)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "writes what is expected anew"]
fn write_what_is_expected() {
    for file in files() {
        fs::write(expected(&file), said(&file)).unwrap();
    }
}

#[test]
fn there_are_forty_and_no_two_are_told_the_same() {
    let mut seen = BTreeMap::new();
    for file in files() {
        let told: Vec<_> = problems(&file)
            .iter()
            .map(|problem| format!("{problem:?}"))
            .collect();
        assert!(!told.is_empty(), "{} is well", file.display());
        if let Some(other) = seen.insert(told, file.clone()) {
            panic!(
                "{} and {} are told the same",
                other.display(),
                file.display()
            );
        }
    }
    assert!(seen.len() >= 40, "{}", seen.len());
}

#[test]
fn warnings_are_of_the_files_that_are_called_so() {
    for file in files() {
        let name = file.file_name().unwrap().to_str().unwrap();
        let has_errors = problems(&file).has_errors();
        assert_eq!(has_errors, !name.starts_with("warning"), "{name}");
    }
}

#[test]
fn what_is_told_has_a_place_or_a_variable() {
    for file in files() {
        let problems = problems(&file);
        for problem in problems.iter() {
            let is_placed = problems.place(problem).is_some() || problem.variable().is_some();
            assert!(is_placed, "{}: {}", file.display(), problem.message());
            assert!(!problem.message().is_empty());
        }
    }
}

#[test]
fn no_secret_is_ever_told() {
    for file in files() {
        let problems = problems(&file);
        let told = format!(
            "{problems} {problems:?} {} {:?}",
            problems.render(true),
            problems.iter().collect::<Vec<_>>()
        );
        for secret in ["hunter2", "abcdefghijklmnop", "16C7e42F292c6912E"] {
            assert!(!told.contains(secret), "{}: {told}", file.display());
        }
    }
}

#[test]
fn errors_come_before_warnings_where_not_all_are_told() {
    let file = files()
        .into_iter()
        .find(|file| file.ends_with("many.toml"))
        .unwrap();
    let problems = problems(&file);
    assert_eq!((problems.iter().len(), problems.left_out()), (100, 20));
    assert!(
        problems
            .iter()
            .all(|problem| problem.severity() == Severity::Error)
    );
}

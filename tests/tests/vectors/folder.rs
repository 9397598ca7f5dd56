//! Where the files are.

use std::env::{self, VarError};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");

/// Cases of ours, in the form of the others.
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

/// The file `name`, without its ending, from the folder in use.
pub(crate) fn read(name: &str) -> Value {
    read_from(&in_use(), name)
}

/// The file `name` from the folder that stands beside these tests.
pub(crate) fn read_own(name: &str) -> Value {
    read_from(Path::new(OWN), name)
}

/// The file `name` of cases of ours, whatever folder is in use.
pub(crate) fn read_cases(name: &str) -> Value {
    read_from(Path::new(CASES), name)
}

fn read_from(folder: &Path, name: &str) -> Value {
    let path = folder.join(name).with_extension("json");
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("vector file {}: {error}", path.display()));
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("vector file {}: {error}", path.display()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "which cases to run is not configuration of the library"
)]
fn in_use() -> PathBuf {
    match env::var("BUTTRESS_VECTORS") {
        Ok(folder) => PathBuf::from(folder),
        Err(VarError::NotPresent) => PathBuf::from(OWN),
        Err(error @ VarError::NotUnicode(_)) => panic!("BUTTRESS_VECTORS: {error}"),
    }
}

#[test]
#[should_panic(expected = "no_such_file.json")]
fn a_missing_file_of_vectors_is_named() {
    read("no_such_file");
}

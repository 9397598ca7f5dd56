//! Every reader of text from outside, to be called with any bytes: by the fuzzer, and by a test over its corpus.
//!
//! Each holds what must always hold of what it reads: no panic; what is refused is refused with an error that has a place;
//! what is taken says the same when it is printed and read again.

use crate::{Config, Document, Problems};

/// A file, in both languages.
pub fn file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for document in [
        Document::toml("a.toml", &*text),
        Document::json("a.json", &*text),
    ] {
        match document.read() {
            Ok(config) => says_the_same(&config),
            Err(problems) => is_told(&problems),
        }
    }
}

/// Variables, one a line, over a file that knows their upstream.
pub fn environment(bytes: &[u8]) {
    const FILE: &str =
        "[upstream.a]\nretry = { max_attempts = 3 }\n[defaults]\ndeadline = \"1m\"\n";
    let text = String::from_utf8_lossy(bytes);
    let variables = text.lines().filter_map(|line| line.split_once('='));
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let document = Document::toml("a.toml", FILE).with_environment(variables);
    match document.read() {
        Ok(config) => says_the_same(&config),
        Err(problems) => is_told(&problems),
    }
}

fn is_told(problems: &Problems) {
    assert!(problems.has_errors());
    let is_placed = |problem| problems.place(problem).is_some() || problem.variable().is_some();
    assert!(problems.iter().all(is_placed));
    assert!(!problems.to_string().is_empty());
}

fn says_the_same(config: &Config) {
    assert!(!config.warnings().has_errors());
    let _ = config.warnings().to_string();
    let toml = Document::toml("b.toml", config.to_toml()).read();
    let json = Document::json("b.json", config.to_json()).read();
    for again in [toml, json] {
        // What is written out in full may be too large to be read again.
        let Ok(again) = again else { continue };
        for (name, declared) in config.upstreams() {
            let same = again.upstream(name.as_str()).map(crate::Declared::upstream);
            assert_eq!(same, Some(declared.upstream()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn corpus(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fuzz/corpus")
            .join(target);
        let files: Vec<_> = fs::read_dir(folder).unwrap().collect();
        assert!(!files.is_empty(), "no corpus of {target}");
        let files = files.into_iter();
        files
            .map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    #[test]
    fn the_corpus_of_files_is_read() {
        for bytes in corpus("config") {
            file(&bytes);
        }
    }

    #[test]
    fn the_corpus_of_variables_is_read() {
        for bytes in corpus("environment") {
            environment(&bytes);
        }
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_read() {
        for bytes in corpus("config") {
            let step = (bytes.len() / 8).max(1);
            for end in (0..bytes.len()).step_by(step) {
                file(&bytes[..end]);
                file(&bytes[end..]);
            }
        }
    }
}

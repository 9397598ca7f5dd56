mod captures;
mod layers;
mod logs;

use std::io::Cursor;

use buttress_core::UnixTime;
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{ALL, claude_cli, generic, github_rest, openai};

const NOW: UnixTime = UnixTime::from_secs(1_792_497_600); // Tue, 20 Oct 2026 12:00:00 GMT

fn explain(profile: Profile) -> Explain {
    Explain::new(profile, NOW)
}

fn json_of(profile: Profile, input: &str) -> Value {
    let mut out = Vec::new();
    explain(profile).json(input.as_bytes(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn words_of(profile: Profile, input: &str) -> String {
    let mut out = Vec::new();
    explain(profile).words(input.as_bytes(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_profile_is_listed_once() {
    let mut out = Vec::new();
    list(&mut out).unwrap();
    let listed = String::from_utf8(out).unwrap();
    for profile in ALL {
        let begins = |line: &&str| line.split_whitespace().next() == Some(profile.name());
        assert_eq!(
            listed.lines().filter(begins).count(),
            1,
            "{}",
            profile.name()
        );
    }
}

proptest! {
    #[test]
    fn no_input_makes_it_panic(input: Vec<u8>, text in "(HTTP/1.1 (200|429) x\r?\n)?([a-z-]{1,12}: ?[ -~]{0,12}\r?\n){0,3}\r?\n?[ -~]{0,40}") {
        for profile in ALL {
            let explain = explain(profile);
            let _ = explain.json(Cursor::new(&input), Vec::new());
            let _ = explain.words(text.as_bytes(), Vec::new());
            let _ = explain.ndjson(Cursor::new(&input), Vec::new(), Vec::new());
        }
    }
}

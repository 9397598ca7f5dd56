use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;

/// A file that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(text: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("buttress-{}-{n}.toml", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn attempts(upstreams: &Upstreams) -> u32 {
    let policy = upstreams.stack("a").unwrap().policy();
    policy.retry().unwrap().retries().max_attempts().get()
}

const THREE: &str = "[upstream.a]\nretry = { max_attempts = 3 }\n";
const FOUR: &str = "[upstream.a]\nretry = { max_attempts = 4 }\n";
const BAD: &str = "[upstream.a]\nretry = { max_attempts = 0 }\n";

#[test]
fn a_text_becomes_upstreams() {
    let upstreams = Upstreams::from_toml(THREE).unwrap();
    assert_eq!(attempts(&upstreams), 3);
    let names: Vec<_> = upstreams.names();
    assert_eq!(names, [UpstreamName::new("a").unwrap()]);
}

/// Each part that a file has is a layer: a limit that would only be learnt too, where the provider tells of one.
#[test]
fn every_example_file_becomes_the_stacks_that_it_declares() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/config");
    let paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(paths.len() >= 4, "{paths:?}");
    for path in paths {
        let upstreams = Upstreams::from_file(&path).unwrap();
        for name in upstreams.names() {
            let stack = upstreams.stack(name.as_str()).unwrap();
            let (policy, layers) = (stack.policy(), stack.layers());
            let parts = [
                ("deadline", policy.deadline().is_some()),
                ("retry", policy.retry().is_some()),
                ("fail_fast", policy.fail_fast()),
                ("cooldown", policy.cooldown().is_some()),
                ("concurrency", policy.concurrency().is_some()),
                ("rate_limit", policy.rate_limit().is_some()),
                ("breaker", policy.breaker().is_some()),
                ("attempt_timeout", policy.attempt_timeout().is_some()),
                ("isolation", policy.isolation()),
            ];
            for (part, is_declared) in parts {
                let shown = path.display();
                assert_eq!(
                    layers.contains(&part),
                    is_declared,
                    "{part} of {name} in {shown}"
                );
            }
        }
    }
}

#[test]
fn what_is_wrong_is_shown_with_its_line_by_whoever_prints_it() {
    let unusable = Upstreams::from_toml(BAD).unwrap_err();
    for shown in [unusable.to_string(), format!("{unusable:?}")] {
        assert!(shown.contains("the text:2:26"), "{shown}");
        assert!(
            shown.contains("^ expected a whole number from 1"),
            "{shown}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let unusable = Upstreams::from_file("/nowhere/buttress.toml").unwrap_err();
    assert!(matches!(unusable, Unusable::Unread { .. }));
    assert!(unusable.to_string().starts_with("/nowhere/buttress.toml: "));
}

#[test]
fn a_file_that_is_not_text_is_named() {
    let file = Temporary::new("");
    fs::write(&file.0, b"\xff").unwrap();
    let unusable = Upstreams::from_file(&file.0).unwrap_err();
    assert!(
        unusable.to_string().ends_with("it is not UTF-8"),
        "{unusable}"
    );
}

#[test]
fn a_look_at_a_file_that_is_the_same_shows_nothing() {
    let file = Temporary::new(THREE);
    let (_, mut watch) = Watch::new(&file.0).unwrap();
    assert!(matches!(watch.look(), Ok(Seen::Same)));
    file.write(THREE);
    assert!(matches!(watch.look(), Ok(Seen::Same)));
}

#[test]
fn a_change_reloads_the_upstreams_in_place() {
    let file = Temporary::new(THREE);
    let (upstreams, mut watch) = Watch::new(&file.0).unwrap();
    file.write(FOUR);
    assert!(matches!(watch.look(), Ok(Seen::Changed(_))));
    assert_eq!(attempts(&upstreams), 4);
    assert!(matches!(watch.look(), Ok(Seen::Same)));
}

#[test]
fn what_the_builder_says_holds_for_a_file_and_for_what_it_changes_into() {
    let (asked, told) = std::sync::mpsc::channel();
    let builder = Stack::builder().with_observers(move |name, _| {
        asked.send(name.to_string()).unwrap();
        Arc::new(())
    });
    let file = Temporary::new(THREE);
    builder.clone().upstreams_from_file(&file.0).unwrap();
    let (_, mut watch) = builder.watch(&file.0).unwrap();
    file.write("[upstream.a]\n[upstream.b]\n");
    assert!(matches!(watch.look(), Ok(Seen::Changed(_))));
    drop(watch);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["a", "a", "b"]);
}

#[test]
fn a_bad_file_changes_nothing_and_is_told_of_once() {
    let file = Temporary::new(THREE);
    let (upstreams, mut watch) = Watch::new(&file.0).unwrap();
    file.write(BAD);
    assert!(matches!(watch.look(), Err(Unusable::Wrong(_))));
    assert_eq!(attempts(&upstreams), 3);
    assert!(matches!(watch.look(), Ok(Seen::Same)));
    file.write(FOUR);
    assert!(matches!(watch.look(), Ok(Seen::Changed(_))));
    assert_eq!(attempts(&upstreams), 4);
}

#[test]
fn a_file_that_is_away_for_a_while_is_told_of_once() {
    let file = Temporary::new(THREE);
    let (upstreams, mut watch) = Watch::new(&file.0).unwrap();
    fs::remove_file(&file.0).unwrap();
    assert!(matches!(watch.look(), Err(Unusable::Unread { .. })));
    assert!(matches!(watch.look(), Ok(Seen::Same)));
    assert_eq!(attempts(&upstreams), 3);
    file.write(FOUR);
    assert!(matches!(watch.look(), Ok(Seen::Changed(_))));
    assert_eq!(attempts(&upstreams), 4);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_runs_tells_of_each_change_once() {
    let file = Temporary::new(THREE);
    let (upstreams, mut watch) = Watch::new(&file.0).unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let run = watch.run(Duration::from_secs(5), |seen| {
        tell.send(seen.is_ok()).unwrap();
    });
    let story = async {
        let mut news = Vec::new();
        for text in [FOUR, BAD, THREE] {
            file.write(text);
            tokio::time::sleep(Duration::from_secs(11)).await;
            while let Ok(is_well) = told.try_recv() {
                news.push((is_well, attempts(&upstreams)));
            }
        }
        news
    };
    let news = tokio::select! {
        () = run => unreachable!("it runs for ever"),
        news = story => news,
    };
    assert_eq!(news, [(true, 4), (false, 4), (true, 3)]);
}

//! What counts where several say something: the environment over the upstream over the defaults over the preset.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use buttress_config::{Config, Declared, Document, Origin};
use buttress_core::breaker::Circuit;
use buttress_core::policy::Policy;

fn read(text: &str, variables: &[(&str, &str)]) -> Config {
    let variables = variables.iter();
    let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let document = Document::toml("a.toml", text).with_environment(variables);
    document
        .read()
        .unwrap_or_else(|problems| panic!("{problems}"))
}

fn attempts(declared: &Declared) -> u32 {
    declared
        .policy()
        .retry()
        .unwrap()
        .retries()
        .max_attempts()
        .get()
}

fn shown(declared: &Declared, path: &str) -> Option<(String, Origin)> {
    let shown = declared.shown().find(|shown| shown.path() == path)?;
    Some((shown.value(), shown.origin().clone()))
}

fn line(declared: &Declared, path: &str) -> u32 {
    match shown(declared, path) {
        Some((_, Origin::File(place))) => place.line,
        other => panic!("{path} is {other:?}"),
    }
}

const TWO: &str = "\
[defaults]
deadline = \"1m\"
retry = { max_attempts = 4, base = \"1s\" }

[upstream.a]
retry = { max_attempts = 7 }

[upstream.b-c]
";

#[test]
fn an_upstream_inherits_what_it_does_not_say() {
    let config = read(TWO, &[]);
    let (a, b) = (
        config.upstream("a").unwrap(),
        config.upstream("b-c").unwrap(),
    );
    assert_eq!((attempts(a), attempts(b)), (7, 4));
    assert_eq!(
        (line(a, "retry.max_attempts"), line(a, "retry.base")),
        (6, 3)
    );
    assert_eq!(line(b, "retry.max_attempts"), 3);
    let cap = shown(a, "retry.cap").unwrap();
    assert_eq!(cap, ("\"1m\"".to_owned(), Origin::Default));
}

#[test]
fn the_environment_has_the_last_word_and_is_named() {
    let config = read(
        TWO,
        &[
            ("BUTTRESS_A__RETRY__MAX_ATTEMPTS", "2"),
            ("BUTTRESS_B_C__DEADLINE", "false"),
            ("BUTTRESS_DEFAULTS__RETRY__BASE", "3s"),
            ("BUTTRESS_CONFIG", "not ours"),
            ("PATH", "/bin"),
        ],
    );
    let (a, b) = (
        config.upstream("a").unwrap(),
        config.upstream("b-c").unwrap(),
    );
    assert_eq!((attempts(a), attempts(b)), (2, 4));
    assert_eq!(b.policy().deadline(), None);
    let name = "BUTTRESS_DEFAULTS__RETRY__BASE";
    let base = shown(a, "retry.base").unwrap();
    assert_eq!(
        base,
        ("\"3s\"".to_owned(), Origin::Environment(name.to_owned()))
    );
    assert!(
        a.overrides()
            .any(|over| over == ("BUTTRESS_A__RETRY__MAX_ATTEMPTS", "retry.max_attempts"))
    );
    assert!(
        b.overrides()
            .all(|(name, _)| name != "BUTTRESS_A__RETRY__MAX_ATTEMPTS")
    );
}

#[test]
fn what_an_upstream_says_is_not_changed_by_the_defaults_of_the_environment() {
    let config = read(TWO, &[("BUTTRESS_DEFAULTS__RETRY__MAX_ATTEMPTS", "2")]);
    assert_eq!(attempts(config.upstream("a").unwrap()), 7);
    assert_eq!(attempts(config.upstream("b-c").unwrap()), 2);
}

#[test]
fn a_part_that_is_switched_on_again_is_as_it_is_for_all() {
    let text = "[defaults]\nretry = { max_attempts = 4 }\n[upstream.a]\nretry = false\n[upstream.b]\nretry = true\n";
    let config = read(text, &[]);
    assert!(config.upstream("a").unwrap().policy().retry().is_none());
    assert_eq!(attempts(config.upstream("b").unwrap()), 4);
    let config = read(text, &[("BUTTRESS_A__RETRY__BASE", "1s")]);
    assert_eq!(attempts(config.upstream("a").unwrap()), 4);
}

#[test]
fn values_of_a_part_that_is_off_are_not_shown() {
    let config = read("[upstream.a]\nretry = false\nconcurrency = false\n", &[]);
    let declared = config.upstream("a").unwrap();
    assert_eq!(shown(declared, "retry").unwrap().0, "false");
    let within = |path: &str| path.starts_with("retry.") || path.starts_with("concurrency.");
    assert!(declared.shown().all(|shown| !within(shown.path())));
}

#[test]
fn a_variable_switches_on_the_part_that_it_is_in() {
    let variables = [("BUTTRESS_A__RATE_LIMIT__REQUESTS_PER_MINUTE", "50")];
    let config = read("[upstream.a]\n", &variables);
    let policy = config.upstream("a").unwrap().policy();
    assert_eq!(policy.rate_limit().unwrap().limits().len(), 1);
    let off = [variables[0], ("BUTTRESS_A__RATE_LIMIT", "false")];
    let config = read("[upstream.a]\n", &off);
    assert!(
        config
            .upstream("a")
            .unwrap()
            .policy()
            .rate_limit()
            .is_none(),
        "whoever says so is heard"
    );
}

#[test]
fn of_two_windows_the_one_nearer_to_the_upstream_counts() {
    let text = "[defaults]\nbreaker = { window = \"10s\", buckets = 5 }\n[upstream.a]\nbreaker = { calls = 50 }\n";
    let config = read(text, &[]);
    let policy = config.upstream("a").unwrap().policy();
    assert_eq!(
        policy.breaker().unwrap().circuit().window().capacity(),
        Some(50)
    );
    assert_eq!(policy.breaker().unwrap().circuit().minimum_calls(), 20);
}

#[test]
fn a_window_of_time_takes_the_place_of_an_inherited_one_of_calls() {
    let text =
        "[defaults]\nbreaker = { calls = 50 }\n[upstream.a]\nbreaker = { window = \"10s\" }\n";
    let config = read(text, &[]);
    let policy = config.upstream("a").unwrap().policy();
    let window = policy.breaker().unwrap().circuit().window();
    assert_eq!(window.length(), Some(std::time::Duration::from_secs(10)));
}

#[test]
fn a_preset_is_what_the_settings_beside_it_depart_from() {
    let config = read("[upstream.a]\nbreaker = { preset = \"hystrix\" }\n", &[]);
    let policy = config.upstream("a").unwrap().policy();
    assert_eq!(policy.breaker().unwrap().circuit(), &Circuit::hystrix());
    let text = "[upstream.a]\nbreaker = { preset = \"resilience4j\", probes = 3 }\n";
    let config = read(text, &[]);
    let declared = config.upstream("a").unwrap();
    let circuit = Circuit::resilience4j().with_probes(3).unwrap();
    assert_eq!(declared.policy().breaker().unwrap().circuit(), &circuit);
    assert_eq!(
        shown(declared, "breaker.calls").unwrap().1,
        Origin::Preset("resilience4j")
    );
    assert_eq!(line(declared, "breaker.probes"), 2);
}

#[test]
fn failures_in_a_row_alone_look_at_no_share() {
    let config = read("[upstream.a]\nbreaker = { consecutive = 5 }\n", &[]);
    let policy = config.upstream("a").unwrap().policy();
    let five = std::num::NonZeroU32::new(5).unwrap();
    assert_eq!(
        policy.breaker().unwrap().circuit(),
        &Circuit::only_consecutive(five)
    );
}

#[test]
fn a_table_that_is_empty_is_a_part_as_it_is_by_default() {
    let config = read("[upstream.a]\nconcurrency = {}\nretry = {}\n", &[]);
    let policy = config.upstream("a").unwrap().policy();
    assert_eq!(
        policy.concurrency(),
        Some(&buttress_core::policy::Concurrency::default())
    );
    assert_eq!(policy.retry(), Policy::default().retry());
}

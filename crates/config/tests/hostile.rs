//! Files that are made to cost a reader much: whatever they hold, what is told of them is bounded.

use buttress_config::{Config, Document, Problems};

/// As large as a file may be.
const LARGEST: usize = 256 * 1024;

/// `begin` and `end`, and between them as many units as there is room for.
fn filled(begin: &str, unit: impl Fn(usize) -> String, end: &str) -> String {
    let mut text = begin.to_owned();
    for unit in (0..).map(unit) {
        if text.len() + unit.len() + end.len() > LARGEST {
            break;
        }
        text.push_str(&unit);
    }
    text + end
}

/// One thing over and over, as often as there is room for.
fn repeated(begin: &str, unit: &str, end: &str) -> String {
    filled(begin, |_| unit.to_owned(), end)
}

/// Reads it, and holds whatever is told to its bounds. Gives how much is wrong.
fn told(result: Result<Config, Problems>, what: &str) -> usize {
    let Err(problems) = result else { return 0 };
    assert!(problems.iter().len() <= 100, "{what}");
    for problem in problems.iter() {
        let texts = [problem.message(), problem.path(), problem.expected()];
        let help = problem.help().unwrap_or_default();
        for text in texts.into_iter().chain([help]) {
            assert!(text.len() <= 500, "{what}: {text}");
        }
    }
    let shown = problems.to_string();
    assert!(shown.len() <= 100 * 1_000, "{what}: {}", shown.len());
    problems.iter().len() + problems.left_out()
}

fn toml(text: String) -> usize {
    let what = text[..40].to_owned();
    told(Document::toml("a.toml", text).read(), &what)
}

fn json(text: String) -> usize {
    let what = text[..40].to_owned();
    told(Document::json("a.json", text).read(), &what)
}

#[test]
fn of_what_is_nested_to_the_end_of_the_file_little_is_told() {
    for (begin, unit) in [("a = ", "["), ("a = ", "{a = "), ("[", "a."), ("", "a.")] {
        assert!(toml(repeated(begin, unit, "a")) > 0, "{begin}{unit}");
    }
    for unit in ["[", "{\"a\":"] {
        assert!(json(repeated("{\"a\":", unit, "")) > 0, "{unit}");
    }
}

#[test]
fn a_hundred_unknown_keys_are_told_and_the_others_counted() {
    let keys = |n| format!("{n:x}=\n");
    assert!(toml(filled("[upstream.a]\n", keys, "")) > 20_000);
    let keys = |n| format!("{n:x}=1,");
    assert!(toml(filled("upstream.a={", keys, "}")) > 20_000);
    let keys = |n| format!("\"{n:x}\":1,");
    assert!(json(filled("{\"upstream\":{\"a\":{", keys, "\"z\":1}}}")) > 20_000);
}

#[test]
fn one_line_of_garbage_is_not_quoted() {
    for garbage in ["=", "\"", "[", "a", "é", "://@", "sk-"] {
        assert!(toml(repeated("", garbage, "")) > 0, "{garbage}");
        assert!(json(repeated("", garbage, "")) > 0, "{garbage}");
    }
}

#[test]
fn a_long_value_is_not_repeated() {
    for (setting, unit) in [
        ("deadline", "9"),
        ("retry.budget.percent", "9"),
        ("breaker.failure_rate", "9"),
        ("retry.max_attempts", "9"),
    ] {
        let begin = format!("[upstream.a]\n{setting} = ");
        assert_eq!(toml(repeated(&begin, unit, "")), 1, "{setting}");
        let begin = format!("{begin}\"");
        assert_eq!(toml(repeated(&begin, unit, "\"")), 1, "{setting}");
    }
    let begin = r#"{"upstream":{"a":{"deadline":"#;
    assert_eq!(json(repeated(begin, "9", "}}}")), 1);
    for setting in ["profile", "base_url", "credential_env", "cooldown.key"] {
        let begin = format!("[upstream.a]\n{setting} = \"");
        assert_eq!(toml(repeated(&begin, "a9", "\"")), 1, "{setting}");
    }
}

#[test]
fn the_long_name_of_an_upstream_is_not_repeated_with_each_of_its_problems() {
    let begin = format!("[upstream.{}]\n", "a".repeat(LARGEST / 4));
    let keys = |n| format!("{n:x}=1\n");
    assert!(toml(filled(&begin, keys, "")) > 20_000);
}

#[test]
fn long_dotted_keys_are_told_as_any_others() {
    let keys = |n| format!("upstream.a{n}.retry.budget.{}c=1\n", "b.".repeat(20));
    assert!(toml(filled("", keys, "")) > 0);
    let keys = |n| format!("upstream.a{}.k{n}=1\n", ".b".repeat(1_000));
    assert!(toml(filled("", keys, "")) > 0);
}

#[test]
fn a_thousand_upstreams_are_read_and_one_more_is_told() {
    for (count, wrong) in [(1_000, 0), (1_001, 1)] {
        let upstreams = (0..count).map(|n| format!("[upstream.a{n}]\n"));
        assert_eq!(toml(upstreams.collect()), wrong);
        let upstreams: Vec<_> = (0..count).map(|n| format!("\"a{n}\":{{}}")).collect();
        let text = format!("{{\"upstream\":{{{}}}}}", upstreams.join(","));
        assert_eq!(json(text), wrong);
    }
}

#[test]
fn a_larger_file_is_not_read() {
    assert_eq!(toml("\n".repeat(LARGEST + 1)), 1);
    assert_eq!(json(" ".repeat(LARGEST + 1)), 1);
}

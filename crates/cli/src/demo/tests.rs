//! The demo over real sockets, made small.

use buttress::config::Document;
use serde_json::Value;

use super::*;

/// Workers that outrun the completions' limit by far. A minute of it lasts a tenth of a second; the comments' limit,
/// which tells whole seconds, is out of reach.
fn small() -> Scenario {
    Scenario {
        workers: 6,
        jobs: 24,
        completions_per_minute: 4,
        comments_per_minute: 1_000,
        seed: 1,
        time_scale: 600,
        outage: 5,
    }
}

/// The demo's own policies, by a minute that lasts a tenth of a second.
const SMALL: &str = r#"
    [defaults]
    deadline = false
    attempt_timeout = "5s"
    retry = { max_attempts = 20, base = "5ms", cap = "100ms", budget = { percent = "100%" } }
    breaker = { calls = 20, minimum_calls = 10, open_for = "50ms", open_growth = "200%", max_open_for = "400ms" }

    [upstream.completions]
    profile = "openai"
    rate_limit = { limits = [{ requests = "4/100ms", burst = 2 }] }

    [upstream.comments]
    profile = "github"
    rate_limit = { limits = [{ requests = "900/100ms", algorithm = "log" }] }
"#;

fn policies() -> Policies {
    let config = Document::toml("small.toml", SMALL).read().unwrap();
    Policies::of(&config).unwrap()
}

fn report(scenario: &Scenario) -> Value {
    let watch = Watch::new(&watch::Options::default()).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime
        .block_on(compare(scenario, &policies(), watch))
        .unwrap();
    assert!(report.all_went_through());
    serde_json::from_str(&report.json().unwrap()).unwrap()
}

#[test]
fn every_call_through_the_stack_succeeds_where_the_bare_client_fails() {
    let scenario = small();
    let report = report(&scenario);
    let number = |pointer: &str| {
        let value = report.pointer(pointer).and_then(Value::as_u64);
        value.unwrap_or_else(|| panic!("{pointer} in {report}"))
    };

    assert_eq!(number("/calls"), scenario.calls());
    assert_eq!(number("/buttress/succeeded"), scenario.calls());
    assert_eq!(number("/buttress/failed"), 0);
    assert!(number("/bare/failed") > 0);
    assert_eq!(
        number("/bare/succeeded") + number("/bare/failed"),
        scenario.calls()
    );

    // As the server counts: the bare client sends each call once, and what the stack was refused it sent again.
    assert_eq!(number("/bare/attempts"), scenario.calls());
    let refused = number("/buttress/rate_limited");
    assert!(number("/bare/rate_limited") > refused);
    assert!(number("/buttress/attempts") >= scenario.calls() + refused);
    assert_eq!(
        number("/bare/rate_limited"),
        number("/bare/failed_by_class/rate_limited")
    );
    // The bare client goes on into the outage; the circuits open, and what they refuse is done later.
    assert!(number("/bare/outage/attempts") > 0);
    assert!(number("/buttress/outage/attempts") > 0);
    assert!(number("/buttress/outage/circuits_opened") > 0);
    assert!(number("/buttress/outage/put_back") > 0);
    for side in ["bare", "buttress"] {
        assert_eq!(number(&format!("/{side}/early")), 0);
        assert_eq!(number(&format!("/{side}/duplicates")), 0);
    }
}

//! An observer that writes down everything it is told.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress::Clock;
use buttress::core::breaker::State;
use buttress::core::history::Cause;
use buttress::core::{Class, Timestamp};
use buttress::observe::{DROPPED, Event, Observer, Story};

/// One line for each event, after the seconds since the beginning.
pub(crate) struct Log {
    began: Timestamp,
    text: Mutex<String>,
}

impl Log {
    pub(crate) fn new() -> Arc<Self> {
        let (began, text) = (Clock::default().now(), Mutex::default());
        Arc::new(Self { began, text })
    }

    pub(crate) fn head(&self, head: &str) {
        let mut text = self.text.lock().unwrap();
        let empty = if text.is_empty() { "" } else { "\n" };
        writeln!(text, "{empty}# {head}").unwrap();
    }

    pub(crate) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        let time = Clock::default().now().since(self.began).as_secs_f64();
        let line = told(event);
        writeln!(self.text.lock().unwrap(), "{time:6.2}  {line}").unwrap();
    }
}

/// What is told of a call, in words. All fields that do not depend on the clock's origin.
fn told(event: &Event<'_>) -> String {
    match *event {
        Event::CallBegan { about } => {
            format!(
                "call began: {} {} {:?}",
                about.method, about.server, about.port
            )
        }
        Event::CallEnded {
            class,
            status,
            elapsed,
            story,
        } => format!(
            "call ended: {} {status:?} in {elapsed:?}; {}",
            name(class),
            whole(story)
        ),
        Event::AttemptEnded {
            attempt,
            method,
            outcome,
            status,
            elapsed,
            had_slot,
        } => {
            let class = name(outcome.map(|outcome| outcome.class()));
            format!(
                "attempt {attempt} ended: {method} {class} {status:?} in {elapsed:?}, slot {had_slot}"
            )
        }
        Event::Classified { outcome } => {
            let (class, rule) = (outcome.class(), outcome.rule());
            let hint = outcome.hint().map(|hint| hint.wait);
            format!("classified: {class} by {rule:?}, hint {hint:?}")
        }
        Event::RetryScheduled {
            attempt,
            outcome,
            wait,
            cause,
        } => {
            let (class, cause) = (outcome.class(), cause.name());
            format!("retry after attempt {attempt}: {class}, {wait:?} by {cause}")
        }
        Event::RetryEnded {
            attempts,
            class,
            end,
            waited,
        } => format!(
            "retry ended: {attempts} attempts, {class}, {}, waited {waited:?}",
            end.name()
        ),
        Event::BudgetLevel { balance } => format!("budget: {balance}"),
        Event::Rejected { rejected } => format!("rejected: {}", rejected.why.name()),
        Event::DeadlinePassed { after } => format!("deadline passed after {after:?}"),
        _ => told_of_waits(event),
    }
}

fn told_of_waits(event: &Event<'_>) -> String {
    match *event {
        Event::WaitBegan { cause, key, wait } => {
            format!("wait began: {} of {key:?}, {wait:?}", cause.name())
        }
        Event::Waited {
            cause,
            key,
            wait,
            given_up,
        } => format!(
            "waited: {} of {key:?}, {wait:?}, given up {given_up}",
            cause.name()
        ),
        Event::BreakerChanged {
            key,
            change,
            snapshot,
        } => {
            let (from, to, cause) = (change.from, change.to, change.cause.name());
            let failed = snapshot.counts.failed;
            assert!(to != State::Open || snapshot.not_before.is_some());
            format!("circuit of {key:?}: {from} -> {to} by {cause}, {failed} failed")
        }
        Event::PauseBegan {
            key,
            why,
            remaining,
            ..
        } => format!("pause of {key:?} began: {}, {remaining:?}", why.name()),
        Event::PauseEnded { key } => format!("pause of {key:?} ended"),
        ref other => format!("{other:?}"),
    }
}

fn whole(story: &Story) -> String {
    let classes: Vec<_> = story.classes().iter().map(|class| name(*class)).collect();
    let waits = Cause::ALL.map(|cause| (cause, story.waited_for(cause)));
    let waits = waits.iter().filter(|(_, wait)| *wait > Duration::ZERO);
    let waits: Vec<_> = waits
        .map(|(cause, wait)| format!("{} {wait:?}", cause.name()))
        .collect();
    let (end, why) = (
        story.end().map(|end| end.name()),
        story.rejected().map(|why| why.name()),
    );
    let (classes, waits) = (classes.join(", "), waits.join(", "));
    format!(
        "{} attempts ({classes}), waits ({waits}), end {end:?}, why {why:?}",
        story.attempts()
    )
}

fn name(class: Option<Class>) -> &'static str {
    class.map_or(DROPPED, Class::name)
}

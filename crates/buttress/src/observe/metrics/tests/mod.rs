mod calls;
mod circuits;
mod levels;
mod recorded;
mod series;

use std::time::Duration;

use buttress_core::{Observer, Outcome};
use metrics::with_local_recorder;

use self::recorded::Recorded;
use super::*;
use crate::observe::Story;

const SECOND: Duration = Duration::from_secs(1);

fn tell(metrics: &Metrics, events: &[Event<'_>]) -> Recorded {
    let recorded = Recorded::default();
    with_local_recorder(&recorded, || {
        events.iter().for_each(|event| metrics.observe(event));
    });
    recorded
}

fn told(events: &[Event<'_>]) -> Vec<String> {
    tell(&Metrics::new("up"), events).told()
}

fn attempt(outcome: Option<&Outcome>, status: Option<u16>) -> Event<'_> {
    Event::AttemptEnded {
        attempt: 1,
        method: "POST",
        outcome,
        status,
        elapsed: SECOND,
        had_slot: true,
    }
}

fn call(class: Option<Class>, story: &Story) -> Event<'_> {
    Event::CallEnded {
        class,
        status: None,
        elapsed: 2 * SECOND,
        story,
    }
}

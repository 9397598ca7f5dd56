use std::sync::{Arc, Mutex};

use buttress_core::{Event, Observer, Timestamp};

use super::*;
use crate::call_time::CallTime;
use crate::time::Clock;

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        let line = match event {
            Event::WaitBegan { cause, .. } => format!("waits for {}", cause.name()),
            Event::Waited { wait, given_up, .. } => {
                format!("waited {wait:?}{}", if *given_up { " in vain" } else { "" })
            }
            Event::Rejected { rejected } => format!("refused by {}", rejected.why.name()),
            other => panic!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

fn logged(places: u32) -> (Arc<Log>, ConcurrencyLayer) {
    let log = Arc::new(Log::default());
    (Arc::clone(&log), layer(places).with_observer(log))
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_place_is_told_when_it_begins_and_when_it_is_over() {
    let (log, layer) = logged(1);
    let mut rig = Rig::<Empty<Bytes>>::new(&layer.with_queue(1));
    let mut first = rig.call(1);
    let mut second = rig.call(2);
    assert_eq!(log.lines(), ["waits for concurrency"]);
    assert_ready_ok!(rig.service.poll_ready());
    assert_ready_err!(task::spawn(rig.service.call(3)).poll());
    assert_eq!(log.lines(), ["refused by concurrency"]);
    advance(SECOND).await;
    rig.sent().1.send_response(Response::new(Empty::new()));
    drop(assert_ready_ok!(first.poll()));
    assert_pending!(second.poll());
    assert_eq!(log.lines(), ["waited 1s"]);
    // The limit has grown by one: the third has a place.
    let (third, fourth) = (rig.call(3), rig.call(4));
    drop(fourth);
    drop((second, third));
    assert_eq!(log.lines(), ["waits for concurrency", "waited 0ns in vain"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_deadline_ends_is_told_as_refused_and_in_vain() {
    let (log, layer) = logged(1);
    let mut rig = Rig::<Empty<Bytes>>::new(&layer);
    let _first = rig.call(1);
    let mut second = rig.call(2);
    let deadline: Timestamp = Clock::default().now();
    let last = CallTime::until(deadline).up();
    assert_ready_err!(last.enter(|| second.poll()));
    drop(second);
    let told = [
        "waits for concurrency",
        "refused by deadline",
        "waited 0ns in vain",
    ];
    assert_eq!(log.lines(), told);
}

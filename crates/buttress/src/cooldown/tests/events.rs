use buttress_core::{Event, Key, Observer};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower_layer::Layer;

use super::*;

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        let line = match event {
            Event::PauseBegan { why, .. } => format!("began by {}", why.name()),
            Event::PauseEnded { .. } => "ended".to_owned(),
            Event::WaitBegan { cause, wait, .. } => {
                format!("waits {:?} for {}", wait.unwrap(), cause.name())
            }
            Event::Waited {
                cause,
                wait,
                given_up,
                ..
            } => {
                let vain = if *given_up { " in vain" } else { "" };
                format!("waited {} for {}{vain}", wait.as_secs(), cause.name())
            }
            Event::Rejected { rejected } => format!("refused by {}", rejected.why.name()),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test(start_paused = true)]
async fn one_wave_is_one_pause_and_every_wait_and_refusal_is_told() {
    let log = Arc::new(Log::default());
    let observer: Arc<dyn Observer> = log.clone();
    let layer = exact().with_observer(observer).with_max_wait(10 * SECOND);
    let slow = tower::service_fn({
        let server = Script::of([limited(5), limited(5)]);
        move |request: Request<()>| {
            let answer = server.clone().call(request);
            async move {
                tokio::task::yield_now().await;
                answer.await
            }
        }
    });
    let mut client = layer.layer(slow);
    let mut wave = [(); 2].map(|()| task::spawn(client.call(request())));
    wave.iter_mut()
        .for_each(|call| assert_pending!(call.poll()));
    wave.iter_mut()
        .for_each(|call| drop(assert_ready_ok!(call.poll())));
    let mut waiter = task::spawn(client.call(request()));
    assert_pending!(waiter.poll());
    advance(6 * SECOND).await;
    assert_pending!(waiter.poll());
    assert_ready_ok!(waiter.poll());
    layer.handle().hold(Key::ALL, 60 * SECOND);
    assert_ready_err!(task::spawn(client.call(request())).poll());
    let expected = [
        "began by cooldown",
        "waits 5s for cooldown",
        "waited 6 for cooldown",
        "ended",
        "began by cooldown",
        "refused by cooldown",
    ];
    assert_eq!(*log.0.lock().unwrap(), expected);
}

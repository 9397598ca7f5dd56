use super::*;

/// Listens to one thing, and writes down all that it is told.
struct Only(Arc<Log>, Option<Routine>);

impl Observer for Only {
    fn listens_to(&self, routine: Routine) -> bool {
        self.1 == Some(routine)
    }

    fn observe(&self, event: &Event<'_>) {
        self.0.observe(event);
    }
}

/// One call through both layers: what was told by those who observe the call and the attempts.
fn told(call: Option<Routine>, attempt: Option<Routine>) -> Vec<String> {
    let log = Arc::new(Log::default());
    let only = |routine| Arc::new(Only(Arc::clone(&log), routine));
    let (call, attempt) = (CallLayer::new(only(call)), AttemptLayer::new(only(attempt)));
    let client = service_fn(async |_: Request<String>| Ok::<_, BoxError>(answer(200)));
    let mut service = call.layer(attempt.layer(client));
    assert_ready_ok!(task::spawn(service.call(request())).poll());
    log.lines()
}

const ATTEMPT: &str = "attempt 1 ok in 0ns";
const CALL: &str = "call ok Some(200) in 0ns: 1 attempts, waited 0ns";

#[tokio::test(start_paused = true)]
async fn what_nobody_listens_to_is_not_told() {
    assert!(told(None, None).is_empty());
}

#[tokio::test(start_paused = true)]
async fn that_a_call_began_is_told_to_who_listens_and_its_end_with_it() {
    let began = Some(Routine::CallBegan);
    assert_eq!(told(began, began), ["call to host", ATTEMPT, CALL]);
    let ended = Some(Routine::CallEnded);
    assert_eq!(told(ended, ended), [ATTEMPT, CALL]);
}

#[tokio::test(start_paused = true)]
async fn the_story_of_a_call_has_its_attempts_though_nobody_listens_to_them() {
    assert_eq!(told(Some(Routine::CallEnded), None), [ATTEMPT, CALL]);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_counted_by_call_for_who_listens_to_them_alone() {
    let log = Arc::new(Log::default());
    let only = Arc::new(Only(Arc::clone(&log), Some(Routine::AttemptEnded)));
    let (call, attempt) = (CallLayer::new(only.clone()), AttemptLayer::new(only));
    let mut statuses = [503, 200].into_iter();
    let client = service_fn(|_: Request<String>| {
        let status = statuses.next().unwrap();
        std::future::ready(Ok::<_, BoxError>(answer(status)))
    });
    let client = Arc::new(Mutex::new(attempt.layer(client)));
    // As a retry layer does it.
    let twice = service_fn(|_: Request<String>| {
        let client = Arc::clone(&client);
        async move {
            let first = client.lock().unwrap().call(request());
            first.await?;
            let second = client.lock().unwrap().call(request());
            second.await
        }
    });
    let mut service = call.layer(twice);
    assert_ready_ok!(task::spawn(Box::pin(service.call(request()))).poll());
    let lines = log.lines();
    assert_eq!(
        lines[..2],
        ["attempt 1 unavailable in 0ns", "attempt 2 ok in 0ns"]
    );
}

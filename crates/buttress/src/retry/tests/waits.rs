use buttress_core::Timestamp;
use buttress_core::budget::Budget;
use tokio::time::advance;

use super::*;
use crate::Clock;
use crate::retry::CallOptions;

#[tokio::test(start_paused = true)]
async fn a_hint_is_waited_in_full_and_not_a_nanosecond_less() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    rig.answer(told(429, "7"));
    assert_pending!(call.poll());
    advance(7 * SECOND - NANO).await;
    assert_pending!(call.poll());
    rig.nothing_is_sent();
    after(NANO, &mut call).await;
    rig.answer(reply(200));
    assert_ready_ok!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn the_margin_lengthens_a_hint_by_a_tenth_at_most_and_never_shortens_it() {
    for seed in 0..100 {
        let layer = RetryLayer::new(Retries::default()).with_seed(seed);
        let mut rig = Rig::new(&layer);
        let mut call = rig.call(get());
        rig.answer(told(429, "10"));
        assert_pending!(call.poll());
        advance(10 * SECOND - NANO).await;
        assert_pending!(call.poll());
        rig.nothing_is_sent();
        // tokio's timer ends at whole milliseconds.
        advance(SECOND + Duration::from_millis(1)).await;
        assert_pending!(call.poll());
        rig.sent();
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_counted_from_the_answer_and_not_from_the_call() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    advance(30 * SECOND).await;
    rig.answer(told(503, "7"));
    assert_pending!(call.poll());
    advance(7 * SECOND - NANO).await;
    assert_pending!(call.poll());
    rig.nothing_is_sent();
    after(NANO, &mut call).await;
    rig.sent();
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_zero_or_of_the_past_is_a_backoff_and_no_hot_loop() {
    for retry_after in ["0", "-5", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", ""] {
        let mut rig = Rig::new(&layer());
        let mut call = rig.call(get());
        rig.answer(told(429, retry_after));
        assert_pending!(call.poll());
        advance(SECOND - NANO).await;
        assert_pending!(call.poll());
        rig.nothing_is_sent();
        after(NANO, &mut call).await;
        rig.sent();
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_over_the_longest_wait_ends_the_call_at_once_with_the_response_as_it_came() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    let mut refused = told(429, "121");
    refused.extensions_mut().insert(7_u8);
    let body = Held::clone(refused.body());
    rig.answer(refused);
    let reply = assert_ready_ok!(call.poll());
    assert_eq!(reply.status(), 429);
    assert_eq!(reply.headers()["retry-after"], "121");
    assert_eq!(reply.extensions().get::<u8>(), Some(&7));
    assert!(Held::ptr_eq(reply.body(), &body));
    assert_eq!(end(&reply), (1, End::MaxWait));
    let not_before = Clock::default().now() + 121 * SECOND;
    assert_eq!(history(&reply).not_before(), Some(not_before));
}

#[tokio::test(start_paused = true)]
async fn a_hint_longer_than_time_itself_is_no_short_one() {
    for retry_after in ["18446744073709551615", "18446744073709551616", "1e3"] {
        let mut rig = Rig::new(&layer().with_budget(Budget::unlimited()));
        let mut call = rig.call(get());
        rig.answer(told(429, retry_after));
        if retry_after == "1e3" {
            // Not in the grammar: no hint.
            assert_pending!(call.poll());
            continue;
        }
        let reply = assert_ready_ok!(call.poll());
        assert_eq!(end(&reply), (1, End::MaxWait), "{retry_after}");
        assert_eq!(history(&reply).not_before(), Some(Timestamp::MAX));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_hint_the_waits_double() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    for wait in [1, 2, 4, 8] {
        rig.answer(reply(500));
        assert_pending!(call.poll());
        advance(wait * SECOND - NANO).await;
        assert_pending!(call.poll());
        rig.nothing_is_sent();
        after(NANO, &mut call).await;
    }
    rig.answer(reply(500));
    let reply = assert_ready_ok!(call.poll());
    assert_eq!(history(&reply).waited(), 15 * SECOND);
}

fn until(wait: Duration) -> Request<&'static str> {
    let mut request = get();
    let deadline = Clock::default().now() + wait;
    let options = CallOptions::default().with_deadline(deadline);
    request.extensions_mut().insert(options);
    request
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_reaches_the_deadline_is_not_begun() {
    for answer in [told(429, "1"), reply(500)] {
        let is_told = !answer.headers().is_empty();
        let mut rig = Rig::new(&layer());
        let mut call = rig.call(until(SECOND));
        rig.answer(answer);
        let reply = assert_ready_ok!(call.poll());
        assert_eq!(end(&reply), (1, End::Deadline));
        let not_before = is_told.then(|| Clock::default().now() + SECOND);
        assert_eq!(history(&reply).not_before(), not_before);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_a_nanosecond_before_the_deadline_is_waited() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(until(SECOND + NANO));
    rig.answer(told(429, "1"));
    assert_pending!(call.poll());
    after(SECOND, &mut call).await;
    rig.answer(reply(200));
    assert_ready_ok!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn the_time_that_attempts_took_counts_towards_the_deadline() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(until(10 * SECOND));
    advance(9 * SECOND + NANO).await;
    rig.answer(reply(500));
    let reply = assert_ready_ok!(call.poll());
    assert_eq!(end(&reply), (1, End::Deadline));
}

#[tokio::test(start_paused = true)]
async fn a_failed_response_is_let_go_before_the_wait() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    let failed = reply(500);
    let body = Held::clone(failed.body());
    rig.answer(failed);
    assert_eq!(Held::strong_count(&body), 2);
    assert_pending!(call.poll());
    assert_eq!(Held::strong_count(&body), 1);
    rig.nothing_is_sent();
}

#[derive(Debug)]
struct Broken {
    _held: Held,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

#[tokio::test(start_paused = true)]
async fn a_failed_attempts_error_is_let_go_before_the_wait() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    let held = Held::default();
    let _held = Held::clone(&held);
    rig.sent().1.send_error(Broken { _held });
    assert_eq!(Held::strong_count(&held), 2);
    assert_pending!(call.poll());
    assert_eq!(Held::strong_count(&held), 1);
}

#[tokio::test(start_paused = true)]
async fn after_the_wait_an_inner_service_that_is_not_ready_is_awaited() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(get());
    rig.answer(reply(500));
    assert_pending!(call.poll());
    rig.client.allow(0);
    after(SECOND, &mut call).await;
    advance(60 * SECOND).await;
    assert_pending!(call.poll());
    rig.nothing_is_sent();
    rig.client.allow(1);
    assert!(call.is_woken());
    assert_pending!(call.poll());
    rig.answer(reply(200));
    assert_ready_ok!(call.poll());
}

/// The first waits of `calls` calls by one service, in their order.
async fn first_waits(layer: RetryLayer, calls: usize) -> Vec<Duration> {
    let waits = Arc::new(Waits::default());
    let observer = Arc::<Waits>::clone(&waits);
    let layer = layer
        .with_budget(Budget::unlimited())
        .with_observer(observer);
    let mut rig = Rig::new(&layer);
    for _ in 0..calls {
        let mut call = rig.call(get());
        rig.answer(reply(500));
        assert_pending!(call.poll());
        // A task that does not yield is not given messages for ever.
        tokio::task::yield_now().await;
    }
    waits.0.lock().unwrap().clone()
}

#[derive(Default)]
struct Waits(Mutex<Vec<Duration>>);

impl Observer for Waits {
    fn observe(&self, event: &Event<'_>) {
        if let Event::RetryScheduled { wait, .. } = event {
            self.0.lock().unwrap().push(*wait);
        }
    }
}

fn jittered() -> RetryLayer {
    RetryLayer::new(Retries::default())
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_layer_do_not_wait_in_step() {
    for layer in [jittered(), jittered().with_seed(1)] {
        let mut waits = first_waits(layer, 200).await;
        waits.sort_unstable();
        waits.dedup();
        assert_eq!(waits.len(), 200);
        let (least, most) = (waits[0], waits[199]);
        assert!(least < SECOND / 20 && most > SECOND * 9 / 20, "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_waits() {
    let waits = first_waits(jittered().with_seed(5), 50).await;
    assert_eq!(waits, first_waits(jittered().with_seed(5), 50).await);
    assert_ne!(waits, first_waits(jittered().with_seed(6), 50).await);
}

#[tokio::test(start_paused = true)]
async fn two_layers_without_a_seed_do_not_wait_in_step() {
    assert_ne!(
        first_waits(jittered(), 2).await,
        first_waits(jittered(), 2).await
    );
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_its_random_numbers() {
    let waits = Arc::new(Waits::default());
    let observer = Arc::<Waits>::clone(&waits);
    let layer = jittered().with_seed(5).with_observer(observer);
    for mut rig in [Rig::new(&layer), Rig::new(&layer)] {
        let mut call = rig.call(get());
        rig.answer(reply(500));
        assert_pending!(call.poll());
    }
    let waits = waits.0.lock().unwrap().clone();
    assert_eq!(waits.len(), 2);
    assert_ne!(waits[0], waits[1]);
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_that_is_ready_after_the_deadline_is_not_called() {
    let mut rig = Rig::new(&layer());
    let mut call = rig.call(until(5 * SECOND));
    rig.answer(reply(500));
    assert_pending!(call.poll());
    rig.client.allow(0);
    after(SECOND, &mut call).await;
    advance(9 * SECOND).await;
    rig.client.allow(1);
    let _ended = call.poll();
    rig.nothing_is_sent();
}

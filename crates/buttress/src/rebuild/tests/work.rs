//! Who makes the fresh service, and what becomes of those who wait for it.

use super::*;
use crate::call_time::CallTime;
use crate::deadline::DeadlineLayer;
use crate::options::NoOptions;

/// Three calls that wait for a fresh client.
fn waiting(works: &Arc<Works>) -> (mock::Spawn<Rebuild<Client>>, [Call; 3]) {
    let service = mock::Spawn::new(works.layer().layer(Client::new("first", Mood::Gone)));
    let calls = [(); 3].map(|()| {
        let mut waiting = call(&mut service.clone());
        assert_pending!(waiting.poll());
        waiting
    });
    (service, calls)
}

#[tokio::test(start_paused = true)]
async fn one_client_is_made_for_all_callers() {
    let works = Works::new();
    let order = works.order();
    let (_service, calls) = waiting(&works);
    assert!(order.send(Ok(Client::new("second", Mood::Well))).is_ok());
    for mut waiting in calls {
        assert!(waiting.is_woken());
        assert_eq!(assert_ready_ok!(waiting.poll()), "second");
    }
    assert_eq!(works.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_dropped_leaves_the_work_to_the_others() {
    for gone in 0..3 {
        let works = Works::new();
        let order = works.order();
        let (_service, calls) = waiting(&works);
        let mut calls = Vec::from(calls);
        drop(calls.remove(gone));
        assert!(order.send(Ok(Client::new("second", Mood::Well))).is_ok());
        for mut waiting in calls {
            assert!(waiting.is_woken());
            assert_eq!(assert_ready_ok!(waiting.poll()), "second");
        }
        assert_eq!(works.begun(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_was_woken_and_is_dropped_takes_nothing_with_it() {
    let works = Works::new();
    let order = works.order();
    let (_service, [first, second, third]) = waiting(&works);
    assert!(order.send(Ok(Client::new("second", Mood::Well))).is_ok());
    drop((first, second));
    let mut third = third;
    assert!(third.is_woken());
    assert_eq!(assert_ready_ok!(third.poll()), "second");
}

#[tokio::test(start_paused = true)]
async fn work_that_all_have_left_is_taken_up_by_the_next_call() {
    let works = Works::new();
    let order = works.order();
    let (mut service, calls) = waiting(&works);
    drop(calls);
    assert!(order.send(Ok(Client::new("second", Mood::Well))).is_ok());
    assert_eq!(assert_ready_ok!(call(&mut service).poll()), "second");
    assert_eq!(works.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn work_that_nobody_can_take_up_any_more_is_dropped() {
    let works = Works::new();
    let order = works.order();
    let (service, calls) = waiting(&works);
    drop((service, calls));
    assert!(order.is_closed());
    assert_eq!(Arc::strong_count(&works), 1, "and the factory with it");
}

#[tokio::test(start_paused = true)]
async fn all_who_waited_for_what_could_not_be_made_are_told_when_to_come_back() {
    let works = Works::new();
    let order = works.order();
    let (mut service, calls) = waiting(&works);
    assert!(order.send(Err("no route")).is_ok());
    for mut waiting in calls {
        assert_eq!(why(&assert_ready_err!(waiting.poll())), in_time(SECOND));
    }
    advance(SECOND / 2).await;
    let error = assert_ready_err!(call(&mut service).poll());
    assert_eq!(why(&error), in_time(SECOND / 2));
    assert_eq!(works.begun(), 1);
    advance(SECOND / 2).await;
    let error = assert_ready_err!(call(&mut service).poll());
    assert_eq!(why(&error), in_time(2 * SECOND), "the backoff grows");
    assert_eq!(works.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_factory_that_panics_has_failed() {
    let layer = RebuildLayer::new(|| -> future::Ready<Made<Client>> { panic!("in the factory") });
    let mut service = mock::Spawn::new(layer.layer(Client::new("first", Mood::Gone)));
    for _ in 0..2 {
        let error = assert_ready_err!(call(&mut service).poll());
        assert!(matches!(why(&error), Some((Why::Rebuilding, Some(_)))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_client_that_is_gone_too_is_the_callers_error_and_is_replaced_later() {
    let works = Works::new();
    assert!(
        works
            .order()
            .send(Ok(Client::new("second", Mood::Gone)))
            .is_ok()
    );
    assert!(
        works
            .order()
            .send(Ok(Client::new("third", Mood::Well)))
            .is_ok()
    );
    let mut service = mock::Spawn::new(works.layer().layer(Client::new("first", Mood::Gone)));
    assert_eq!(
        assert_ready_err!(call(&mut service).poll()).to_string(),
        "gone"
    );
    let error = assert_ready_err!(call(&mut service).poll());
    assert_eq!(why(&error), in_time(SECOND));
    advance(SECOND).await;
    assert_eq!(assert_ready_ok!(call(&mut service).poll()), "third");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_waiting_of_one_and_not_the_work() {
    let works = Works::new();
    let order = works.order();
    let layer = works.layer();
    let client = Client::new("first", Mood::Gone);
    let hurried = DeadlineLayer::new(SECOND).with_options(NoOptions);
    let mut hurried = mock::Spawn::new(hurried.layer(layer.layer(client.clone())));
    let mut patient = mock::Spawn::new(layer.layer(client));
    assert_ready_ok!(hurried.poll_ready());
    let mut hurried = task::spawn(hurried.call(()));
    assert_pending!(hurried.poll());
    let mut patient = call(&mut patient);
    assert_pending!(patient.poll());
    advance(SECOND).await;
    let error = assert_ready_err!(hurried.poll());
    assert_eq!(why(&error), Some((Why::Deadline, None)));
    assert!(order.send(Ok(Client::new("second", Mood::Well))).is_ok());
    assert_eq!(assert_ready_ok!(patient.poll()), "second");
}

#[tokio::test(start_paused = true)]
async fn the_work_has_no_part_in_the_deadline_of_the_caller_who_does_it() {
    let seen = Arc::new(Mutex::new(None));
    let told = Arc::clone(&seen);
    let layer = RebuildLayer::new(move || {
        *told.lock().unwrap() = Some(CallTime::current());
        future::ready(Made::Ok(Client::new("second", Mood::Well)))
    });
    let deadline = DeadlineLayer::new(SECOND).with_options(NoOptions);
    let service = deadline.layer(layer.layer(Client::new("first", Mood::Gone)));
    assert_eq!(service.oneshot(()).await.unwrap(), "second");
    assert_eq!(*seen.lock().unwrap(), Some(CallTime::UNLIMITED));
}

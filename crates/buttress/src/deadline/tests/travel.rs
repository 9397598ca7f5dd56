//! Who knows the deadline.

use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe};
use std::task::Poll;

use buttress_core::Timestamp;
use tower::buffer::Buffer;
use tower::{BoxError, Service, ServiceExt, service_fn};

use super::*;
use crate::call_time::CallTime;

type Seen = Option<Timestamp>;

/// What is known of the deadline when the service is called, and when its future is polled.
fn seer() -> impl Service<(), Response = (Seen, Seen), Error = BoxError, Future: Send> + Clone {
    service_fn(|()| {
        let called = CallTime::current().deadline();
        poll_fn(move |_| Poll::Ready(Ok((called, CallTime::current().deadline()))))
    })
}

fn layer() -> DeadlineLayer<NoOptions> {
    DeadlineLayer::new(SECOND).with_options(NoOptions)
}

#[tokio::test(start_paused = true)]
async fn it_is_known_inside_when_called_and_when_polled_and_not_outside() {
    let deadline = Some(Clock::default().now() + SECOND);
    let seen = layer().layer(seer()).oneshot(()).await.unwrap();
    assert_eq!(seen, (deadline, deadline));
    assert_eq!(seer().oneshot(()).await.unwrap(), (None, None));
}

#[tokio::test(start_paused = true)]
async fn an_inner_deadline_is_no_later_than_the_outer() {
    let first = Some(Clock::default().now() + SECOND);
    let later = DeadlineLayer::new(2 * SECOND).with_options(NoOptions);
    let seen = layer()
        .layer(later.layer(seer()))
        .oneshot(())
        .await
        .unwrap();
    assert_eq!(seen, (first, first));
    let seen = later
        .layer(layer().layer(seer()))
        .oneshot(())
        .await
        .unwrap();
    assert_eq!(seen, (first, first));
}

#[tokio::test(start_paused = true)]
async fn below_a_buffer_it_is_known_when_polled() {
    let deadline = Some(Clock::default().now() + SECOND);
    let buffered = Buffer::new(seer(), 1);
    let seen = layer().layer(buffered).oneshot(()).await.unwrap();
    assert_eq!(seen, (None, deadline));
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_can_take_it_along() {
    let deadline = Clock::default().now() + SECOND;
    let spawning = service_fn(|()| async {
        let time = CallTime::current();
        let task = async { CallTime::current().deadline() };
        let mut task = Box::pin(task);
        let carried = poll_fn(move |cx| time.enter(|| task.as_mut().poll(cx)));
        Ok::<_, BoxError>(tokio::spawn(carried).await?)
    });
    let seen = layer().layer(spawning).oneshot(()).await.unwrap();
    assert_eq!(seen, Some(deadline));
}

#[tokio::test(start_paused = true)]
async fn a_panic_inside_does_not_leave_it_to_the_next_call() {
    let in_call = service_fn(|()| -> future::Ready<Result<(), BoxError>> { panic!("in call") });
    let in_poll = service_fn(|()| poll_fn(|_| -> Poll<Result<(), BoxError>> { panic!("in poll") }));
    let call = panic::catch_unwind(AssertUnwindSafe(|| layer().layer(in_call).call(())));
    assert!(call.is_err());
    let mut call = task::spawn(layer().layer(in_poll).call(()));
    assert!(panic::catch_unwind(AssertUnwindSafe(|| call.poll())).is_err());
    assert_eq!(CallTime::current(), CallTime::UNLIMITED);
}

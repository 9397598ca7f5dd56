//! Services that panic wherever they can.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use buttress_core::{BoxError, Class, Event, Failure, Observer, Repeat};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::buffer::Buffer;
use tower::{Service, ServiceExt};
use tower_layer::Layer;
use tower_test::mock;

use super::{IsolationLayer, Panicked};

/// Where a service panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Ready,
    Call,
    Poll,
    SecondPoll,
    Nowhere,
}

const PLACES: [Place; 4] = [Place::Ready, Place::Call, Place::Poll, Place::SecondPoll];

/// Panics at the place that stands in the cell.
#[derive(Clone)]
struct Shaky(Arc<Mutex<Place>>);

impl Shaky {
    fn panic_at(&self, place: Place) {
        let is_here = *self.0.lock().unwrap() == place;
        assert!(!is_here, "at {place:?}");
    }
}

impl Service<()> for Shaky {
    type Response = &'static str;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<&'static str, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.panic_at(Place::Ready);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        self.panic_at(Place::Call);
        let shaky = self.clone();
        Box::pin(async move {
            shaky.panic_at(Place::Poll);
            tokio::task::yield_now().await;
            shaky.panic_at(Place::SecondPoll);
            Ok("answer")
        })
    }
}

fn shaky(place: Place) -> (Arc<Mutex<Place>>, Shaky) {
    let place = Arc::new(Mutex::new(place));
    (Arc::clone(&place), Shaky(place))
}

fn panicked(error: &BoxError) -> Option<&Panicked> {
    let failure = Failure::find(&**error)?;
    let outcome = failure.outcome();
    assert_eq!(
        (outcome.class(), outcome.repeat()),
        (Class::Panicked, Repeat::Never)
    );
    Failure::find_source(&**error)
}

#[tokio::test]
async fn a_panic_anywhere_is_an_outcome_and_the_next_call_is_answered() {
    for place in PLACES {
        let (cell, shaky) = shaky(place);
        let mut service = IsolationLayer::new().layer(shaky);
        let error = service.ready().await.unwrap().call(()).await.unwrap_err();
        let message = panicked(&error).and_then(Panicked::message);
        assert_eq!(message, Some(&*format!("at {place:?}")));
        *cell.lock().unwrap() = Place::Nowhere;
        let answer = service.ready().await.unwrap().call(()).await;
        assert_eq!(answer.unwrap(), "answer");
    }
}

#[tokio::test]
async fn the_worker_of_a_buffer_lives_on() {
    for place in PLACES {
        let (cell, shaky) = shaky(place);
        let mut service = Buffer::new(IsolationLayer::new().layer(shaky), 1);
        let error = service.ready().await.unwrap().call(()).await.unwrap_err();
        assert!(panicked(&error).is_some(), "{place:?}");
        *cell.lock().unwrap() = Place::Nowhere;
        let answer = service.ready().await.unwrap().call(()).await;
        assert_eq!(answer.unwrap(), "answer");
    }
}

#[tokio::test]
async fn a_service_that_has_become_ready_since_is_called() {
    let (cell, shaky) = shaky(Place::Ready);
    let mut service = mock::Spawn::new(IsolationLayer::new().layer(shaky));
    assert_ready_ok!(service.poll_ready());
    *cell.lock().unwrap() = Place::Nowhere;
    assert_ready_ok!(service.poll_ready());
    assert_eq!(service.call(()).await.unwrap(), "answer");
}

#[tokio::test]
async fn a_clone_of_a_service_that_panicked_is_asked_anew() {
    let (cell, shaky) = shaky(Place::Ready);
    let mut service = mock::Spawn::new(IsolationLayer::new().layer(shaky));
    assert_ready_ok!(service.poll_ready());
    *cell.lock().unwrap() = Place::Nowhere;
    let mut clone = service.clone();
    assert_ready_ok!(clone.poll_ready());
    assert_eq!(clone.call(()).await.unwrap(), "answer");
}

/// A future that panics at its first poll, counts its polls, and panics again when it is dropped.
struct Bomb(Rc<Cell<u32>>);

impl Future for Bomb {
    type Output = Result<(), BoxError>;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.set(self.0.get() + 1);
        panic!("first");
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("second");
    }
}

#[test]
fn a_future_that_panicked_is_dropped_and_the_first_panic_is_told() {
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    let bomb = tower::service_fn(move |()| Bomb(Rc::clone(&counted)));
    let mut service = IsolationLayer::new().layer(bomb);
    let before = Rc::strong_count(&polls);
    let mut attempt = task::spawn(service.call(()));
    let error = assert_ready_err!(attempt.poll());
    assert_eq!(panicked(&error).and_then(Panicked::message), Some("first"));
    assert_eq!((polls.get(), Rc::strong_count(&polls)), (1, before));
}

#[test]
fn pending_and_errors_pass() {
    let mut is_first = true;
    let later = tower::service_fn(move |()| {
        poll_fn(move |_| match std::mem::take(&mut is_first) {
            true => Poll::Pending,
            false => Poll::Ready(Err::<(), BoxError>("refused".into())),
        })
    });
    let mut service = IsolationLayer::new().layer(later);
    let mut attempt = task::spawn(service.call(()));
    assert_pending!(attempt.poll());
    assert_eq!(assert_ready_err!(attempt.poll()).to_string(), "refused");
}

#[test]
fn readiness_and_its_error_are_the_inner_services() {
    let layer = IsolationLayer::new();
    let (mut service, mut client) =
        mock::spawn_with(|client: mock::Mock<(), ()>| layer.layer(client));
    client.allow(0);
    assert_pending!(service.poll_ready());
    client.allow(1);
    assert_ready_ok!(service.poll_ready());
    drop(service.call(()));
    client.send_error("broken");
    assert_eq!(
        assert_ready!(service.poll_ready()).unwrap_err().to_string(),
        "broken"
    );
}

#[derive(Default)]
struct Log(Mutex<Vec<Class>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        if let Event::Classified { outcome } = event {
            self.0.lock().unwrap().push(outcome.class());
        }
    }
}

#[tokio::test]
async fn a_panic_is_told_as_an_attempt_that_failed() {
    let log = Arc::new(Log::default());
    let layer = IsolationLayer::new().with_observer(Arc::<Log>::clone(&log));
    for place in PLACES {
        let mut service = layer.layer(shaky(place).1);
        assert!(service.ready().await.unwrap().call(()).await.is_err());
    }
    assert_eq!(*log.0.lock().unwrap(), [Class::Panicked; 4]);
}

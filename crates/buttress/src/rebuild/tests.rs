//! Clients that break, and a factory that makes what the test hands it.

mod work;

use std::collections::VecDeque;
use std::future;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use buttress_core::backoff::{Backoff, Jitter};
use buttress_core::{BoxError, Event, Observer, Rejected, Timestamp, Why};
use tokio::sync::oneshot;
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimit;
use tower::{Service, ServiceExt};
use tower_layer::Layer;
use tower_test::mock;

use super::{Rebuild, RebuildLayer, Rebuilds, ResponseFuture};
use crate::time::Clock;

const SECOND: Duration = Duration::from_secs(1);

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    /// Its `poll_ready` is an error, for good.
    Gone,
    Refused,
    Reset,
}

/// Answers its name.
#[derive(Clone, Debug)]
struct Client {
    name: &'static str,
    mood: Arc<Mutex<Mood>>,
}

impl Client {
    fn new(name: &'static str, mood: Mood) -> Self {
        let mood = Arc::new(Mutex::new(mood));
        Self { name, mood }
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

impl Service<()> for Client {
    type Response = &'static str;
    type Error = BoxError;
    type Future = future::Ready<Result<&'static str, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match *self.mood.lock().unwrap() {
            Mood::Gone => Poll::Ready(Err("gone".into())),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, (): ()) -> Self::Future {
        let error = |kind| future::ready(Err(io::Error::from(kind).into()));
        match *self.mood.lock().unwrap() {
            Mood::Refused => error(io::ErrorKind::ConnectionRefused),
            Mood::Reset => error(io::ErrorKind::ConnectionReset),
            Mood::Gone => panic!("called, and not ready"),
            Mood::Well => future::ready(Ok(self.name)),
        }
    }
}

type Made<S> = Result<S, &'static str>;
type Order<S> = oneshot::Sender<Made<S>>;
type Call = task::Spawn<ResponseFuture<Client, ()>>;

/// Hands out what the test sends, in order.
struct Works<S = Client> {
    orders: Mutex<VecDeque<oneshot::Receiver<Made<S>>>>,
    begun: AtomicUsize,
}

impl<S: Send + 'static> Works<S> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            orders: Mutex::default(),
            begun: AtomicUsize::new(0),
        })
    }

    fn order(&self) -> Order<S> {
        let (sender, receiver) = oneshot::channel();
        self.orders.lock().unwrap().push_back(receiver);
        sender
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// Waits 1 s, 2 s, 4 s between rebuilds, and suspects a client after two failures.
    fn layer(self: &Arc<Self>) -> RebuildLayer<S> {
        let works = Arc::clone(self);
        let layer = RebuildLayer::new(move || {
            works.begun.fetch_add(1, Ordering::Relaxed);
            let order = works.orders.lock().unwrap().pop_front();
            async move {
                order
                    .ok_or("nothing was ordered")?
                    .await
                    .unwrap_or(Err("lost"))
            }
        });
        let backoff = Backoff::new(SECOND, 8 * SECOND).unwrap();
        let backoff = backoff.with_jitter(Jitter::None);
        let two = std::num::NonZeroU32::MIN.saturating_add(1);
        layer.with_rebuilds(
            Rebuilds::default()
                .with_consecutive(two)
                .with_backoff(backoff),
        )
    }
}

fn call(service: &mut mock::Spawn<Rebuild<Client>>) -> Call {
    assert_ready_ok!(service.poll_ready());
    task::spawn(service.call(()))
}

fn why(error: &BoxError) -> Option<(Why, Option<Timestamp>)> {
    Rejected::find(&**error).map(|rejected| (rejected.why, rejected.not_before))
}

fn in_time(wait: Duration) -> Option<(Why, Option<Timestamp>)> {
    Some((Why::Rebuilding, Some(Clock::default().now() + wait)))
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_is_replaced_and_the_call_is_answered() {
    let works = Works::new();
    let order = works.order();
    let mut service = mock::Spawn::new(works.layer().layer(Client::new("first", Mood::Gone)));
    let mut asked = call(&mut service);
    assert_pending!(asked.poll());
    assert!(order.send(Ok(Client::new("second", Mood::Well))).is_ok());
    assert!(asked.is_woken());
    assert_eq!(assert_ready_ok!(asked.poll()), "second");
    assert_eq!(assert_ready_ok!(call(&mut service).poll()), "second");
    assert_eq!(works.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_clone_goes_on_with_the_fresh_one() {
    let works = Works::new();
    assert!(
        works
            .order()
            .send(Ok(Client::new("second", Mood::Well)))
            .is_ok()
    );
    let layer = works.layer();
    let first = Client::new("first", Mood::Gone);
    let mut service = mock::Spawn::new(layer.layer(first.clone()));
    let mut clone = service.clone();
    let mut again = mock::Spawn::new(layer.layer(first.clone()));
    assert_eq!(assert_ready_ok!(call(&mut service).poll()), "second");
    first.is(Mood::Well);
    assert_eq!(assert_ready_ok!(call(&mut clone).poll()), "second");
    assert_eq!(assert_ready_ok!(call(&mut again).poll()), "second");
    let mut other = mock::Spawn::new(works.layer().layer(first));
    assert_eq!(assert_ready_ok!(call(&mut other).poll()), "first");
}

#[tokio::test(start_paused = true)]
async fn the_worker_of_a_buffer_lives_on() {
    let works = Works::new();
    assert!(
        works
            .order()
            .send(Ok(Client::new("second", Mood::Well)))
            .is_ok()
    );
    let service = works.layer().layer(Client::new("first", Mood::Gone));
    let mut service = Buffer::new(service, 1);
    for _ in 0..2 {
        let answer = service.ready().await.unwrap().call(()).await;
        assert_eq!(answer.unwrap(), "second");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_connections_in_a_row_replace_the_client() {
    let works = Works::new();
    assert!(
        works
            .order()
            .send(Ok(Client::new("second", Mood::Well)))
            .is_ok()
    );
    let first = Client::new("first", Mood::Refused);
    let mut service = mock::Spawn::new(works.layer().layer(first.clone()));
    assert_ready_err!(call(&mut service).poll());
    for mood in [Mood::Well, Mood::Reset] {
        // Anything else ends the row.
        first.is(mood);
        let _ = call(&mut service).poll();
        first.is(Mood::Refused);
        assert_ready_err!(call(&mut service).poll());
    }
    assert_ready_err!(call(&mut service).poll());
    assert_eq!(assert_ready_ok!(call(&mut service).poll()), "second");
}

#[tokio::test(start_paused = true)]
async fn a_suspect_that_could_not_be_replaced_is_used_until_the_next_try() {
    let works = Works::new();
    let first = Client::new("first", Mood::Refused);
    let mut service = mock::Spawn::new(works.layer().layer(first.clone()));
    (0..2).for_each(|_| drop(assert_ready_err!(call(&mut service).poll())));
    let error = assert_ready_err!(call(&mut service).poll());
    assert_eq!(why(&error), in_time(SECOND));
    let error = assert_ready_err!(call(&mut service).poll());
    assert_eq!(why(&error), None, "the client's own error");
    first.is(Mood::Well);
    assert_eq!(assert_ready_ok!(call(&mut service).poll()), "first");
    advance(SECOND).await;
    assert_eq!(assert_ready_ok!(call(&mut service).poll()), "first");
    assert_eq!(works.begun(), 1, "it is no longer suspect");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_finds_a_suspect_cleared_meanwhile_uses_it() {
    let works = Works::new();
    let first = Client::new("first", Mood::Well);
    let mut service = mock::Spawn::new(works.layer().layer(first.clone()));
    let mut answered = call(&mut service);
    first.is(Mood::Refused);
    (0..2).for_each(|_| drop(assert_ready_err!(call(&mut service).poll())));
    first.is(Mood::Well);
    let mut waiting = call(&mut service);
    // Sent before, and heard of now: the client does answer.
    assert_eq!(assert_ready_ok!(answered.poll()), "first");
    assert_eq!(assert_ready_ok!(waiting.poll()), "first");
    assert_eq!(works.begun(), 0);
}

#[tokio::test(start_paused = true)]
async fn while_the_fresh_one_is_made_no_place_of_an_inner_limit_is_held() {
    let works: Arc<Works<ConcurrencyLimit<Client>>> = Works::new();
    let _order = works.order();
    let first = ConcurrencyLimit::new(Client::new("first", Mood::Refused), 1);
    let mut service = mock::Spawn::new(works.layer().layer(first.clone()));
    for _ in 0..2 {
        assert_ready_ok!(service.poll_ready());
        assert!(service.call(()).await.is_err());
    }
    assert_ready_ok!(service.poll_ready());
    let mut other = mock::Spawn::new(first);
    assert_pending!(other.poll_ready());
    let mut waiting = task::spawn(service.call(()));
    assert_pending!(waiting.poll());
    assert_ready_ok!(other.poll_ready());
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        let told = |error: Option<&dyn std::error::Error>| error.map(ToString::to_string);
        let line = match event {
            Event::ServiceBroken { error } => format!("broken {:?}", told(*error)),
            Event::ServiceRebuilt { error } => format!("rebuilt {:?}", told(*error)),
            Event::Rejected { rejected } => rejected.to_string(),
            _ => format!("unexpected {event:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_and_what_is_rebuilt_is_told_once() {
    let log = Arc::new(Log::default());
    let works = Works::new();
    assert!(works.order().send(Err("no route")).is_ok());
    assert!(
        works
            .order()
            .send(Ok(Client::new("second", Mood::Refused)))
            .is_ok()
    );
    let layer = works.layer().with_observer(Arc::<Log>::clone(&log));
    let mut service = mock::Spawn::new(layer.layer(Client::new("first", Mood::Gone)));
    assert_ready_err!(call(&mut service).poll());
    assert_ready_err!(call(&mut service).poll());
    advance(SECOND).await;
    for _ in 0..3 {
        assert_ready_err!(call(&mut service).poll());
    }
    let told = [
        "broken Some(\"gone\")",
        "rebuilt Some(\"no route\")",
        "rejected before sending: rebuilding",
        "rejected before sending: rebuilding",
        "rebuilt None",
        "broken None",
    ];
    assert_eq!(*log.0.lock().unwrap(), told);
}

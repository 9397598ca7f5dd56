use std::convert::Infallible;

use buttress_core::{Key, Rejected, Timestamp, Why};
use tokio_test::{assert_ready_err, assert_ready_ok, task};
use tower::ServiceExt;
use tower::limit::ConcurrencyLimit;
use tower::service_fn;
use tower_layer::Layer;
use tower_service::Service;

use super::*;
use crate::look::Look;
use crate::time::Clock;

#[derive(Clone)]
struct OddOnly;

impl Look<u32> for OddOnly {
    fn look(&self, request: &u32, now: Timestamp) -> Option<Rejected> {
        let rejected = Rejected::new(Why::CircuitOpen, Key::ALL).with_not_before(Some(now));
        request.is_multiple_of(2).then_some(rejected)
    }
}

fn client() -> ConcurrencyLimit<impl Service<u32, Response = u32, Error = Infallible> + Clone> {
    let echo = service_fn(|request: u32| std::future::ready(Ok(request)));
    ConcurrencyLimit::new(echo, 1)
}

#[test]
fn what_would_be_refused_is_not_sent_and_says_why() {
    let mut client = FailFastLayer::new(((), OddOnly)).layer(client());
    assert!(task::spawn(client.ready()).poll().is_ready());
    let refused = assert_ready_err!(task::spawn(client.call(2)).poll());
    let why = Rejected::find(&*refused).map(|rejected| rejected.why);
    assert_eq!(why, Some(Why::CircuitOpen));
    assert!(task::spawn(client.ready()).poll().is_ready());
    assert_eq!(assert_ready_ok!(task::spawn(client.call(3)).poll()), 3);
}

#[test]
fn a_refusal_gives_the_permit_of_an_inner_layer_back() {
    let inner = client();
    let mut other = inner.clone();
    let mut client = FailFastLayer::new(OddOnly).layer(inner);
    assert!(task::spawn(client.ready()).poll().is_ready());
    let _refused = client.call(2);
    assert!(task::spawn(other.ready()).poll().is_ready());
}

#[test]
fn it_looks_at_the_time_of_the_turn() {
    let clock = Clock::default();
    let turn = clock.turn();
    clock.pass();
    let mut client = FailFastLayer::new(OddOnly).layer(client());
    assert!(task::spawn(client.ready()).poll().is_ready());
    let refused = assert_ready_err!(task::spawn(client.call(2)).poll());
    let not_before = Rejected::find(&*refused).and_then(|rejected| rejected.not_before);
    assert_eq!(not_before, Some(turn.now()));
}

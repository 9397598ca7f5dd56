//! Time is tokio's, paused, and the service beneath notes when what is sent.

use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use buttress_core::{BoxError, Event, Key, Observer, Rejected, Timestamp, Why};
use buttress_providers::github_lanes::Lane;
use http::{Method, Request, Response};
use http_body_util::Empty;
use tokio_test::task;
use tower::{Service, service_fn};
use tower_layer::Layer;

use super::*;
use crate::look::Look;
use crate::time::Clock;

type Body = Empty<bytes::Bytes>;
type Sent = Arc<Mutex<Vec<(String, u64)>>>;

fn now() -> Timestamp {
    Clock::default().now()
}

fn request(method: &str, path: &str) -> Request<()> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let builder = Request::builder().method(method).uri(path);
    builder.body(()).unwrap()
}

/// Sends them all at once, in order, and says when each came out, in tenths of a second.
async fn send(layer: &LanesLayer, requests: &[(&str, &str)]) -> Vec<(String, u64)> {
    let (sent, began) = (Sent::default(), now());
    let note = Arc::clone(&sent);
    let mut service = layer.layer(service_fn(move |request: Request<()>| {
        let tenths = now().since(began).as_millis() / 100;
        let line = format!("{} {}", request.method(), request.uri().path());
        note.lock()
            .unwrap()
            .push((line, u64::try_from(tenths).unwrap()));
        std::future::ready(Ok::<_, BoxError>(Response::new(Body::new())))
    }));
    let calls = requests
        .iter()
        .map(|(method, path)| service.call(request(method, path)))
        .collect::<Vec<_>>();
    for call in futures_util::future::join_all(calls).await {
        call.unwrap();
    }
    let sent = sent.lock().unwrap();
    sent.clone()
}

fn times(sent: &[(String, u64)], path: &str) -> Vec<u64> {
    let of_path = sent.iter().filter(|(line, _)| line.ends_with(path));
    of_path.map(|(_, time)| *time).collect()
}

#[tokio::test(start_paused = true)]
async fn each_lane_is_spaced_and_what_reads_passes_all_that_wait() {
    let layer = LanesLayer::new().unwrap();
    let sent = send(
        &layer,
        &[
            ("POST", "/a"),
            ("DELETE", "/a"),
            ("POST", "/graphql"),
            ("GET", "/search/code"),
            ("GET", "/search/issues"),
            ("GET", "/b"),
            ("HEAD", "/b"),
        ],
    )
    .await;
    assert_eq!(times(&sent, "/a"), [0, 10]);
    assert_eq!(times(&sent, "/graphql"), [20]);
    assert_eq!(times(&sent, "/search/code"), [0]);
    assert_eq!(times(&sent, "/search/issues"), [20]);
    assert_eq!(times(&sent, "/b"), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn mails_are_three_seconds_apart_and_hold_up_nothing_that_sends_none() {
    let mail = "/repos/o/r/issues";
    let layer = LanesLayer::new().unwrap();
    let all = [
        ("POST", mail),
        ("POST", mail),
        ("POST", "/a"),
        ("POST", "/a"),
        ("PUT", "/repos/o/r/pulls/1/merge"),
    ];
    let sent = send(&layer, &all).await;
    assert_eq!(times(&sent, mail), [0, 30]);
    assert_eq!(times(&sent, "/a"), [20, 30]);
    assert_eq!(times(&sent, "/merge"), [60]);
}

#[tokio::test(start_paused = true)]
async fn a_request_for_a_token_passes_ten_that_wait_for_it() {
    let layer = LanesLayer::new().unwrap();
    let token = "/login/oauth/access_token";
    let mut service = layer.layer(service_fn(move |request: Request<()>| async move {
        if request.uri().path() != token {
            std::future::pending::<()>().await;
        }
        Ok::<_, BoxError>(Response::new(Body::new()))
    }));
    let mut waiting: Vec<_> = (0..11)
        .map(|_| task::spawn(service.call(request("GET", "/user"))))
        .collect();
    assert!(waiting.iter_mut().all(|call| call.poll().is_pending()));
    let handle = layer.places();
    assert_eq!((handle.in_flight(), handle.waiting()), (10, 1));
    let mut call = task::spawn(service.call(request("POST", token)));
    assert!(matches!(call.poll(), Poll::Ready(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_its_lanes_and_layers_do_not() {
    let layer = LanesLayer::new().unwrap().with_max_wait(Duration::ZERO);
    let post = [("POST", "/a")];
    send(&layer, &post).await;
    let mut again = layer.clone().layer(service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, BoxError>(Response::new(Body::new())))
    }));
    let refused = again.call(request("POST", "/a")).await.unwrap_err();
    let rejected = Rejected::find(&*refused).unwrap();
    assert_eq!(
        (rejected.why, rejected.not_before),
        (Why::RateLimit, Some(now() + Duration::from_secs(1)))
    );
    send(&LanesLayer::new().unwrap(), &post).await;
}

#[tokio::test(start_paused = true)]
async fn a_time_can_be_changed_and_none_at_all_is_refused() {
    let layer = LanesLayer::new().unwrap();
    assert!(
        layer
            .clone()
            .with_min_time(Lane::Write, Duration::ZERO)
            .is_err()
    );
    let layer = layer
        .with_min_time(Lane::Write, Duration::from_millis(200))
        .unwrap();
    let sent = send(&layer, &[("POST", "/a"), ("POST", "/a")]).await;
    assert_eq!(times(&sent, "/a"), [0, 2]);
}

const MAIL: (&str, &str) = ("POST", "/repos/o/r/issues");

fn at_once<L: Look<Request<()>> + Clone>(
    layer: &LanesLayer<L>,
) -> impl Service<Request<()>, Error = BoxError> + Clone {
    layer.layer(service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, BoxError>(Response::new(Body::new())))
    }))
}

async fn refusal<S>(service: &mut S, (method, path): (&str, &str)) -> Rejected
where
    S: Service<Request<()>, Error = BoxError>,
{
    let refused = service.call(request(method, path)).await.err().unwrap();
    *Rejected::find(&*refused).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_times_of_searches_and_of_mails_can_be_changed_too() {
    let tenth = Duration::from_millis(100);
    let layer = LanesLayer::new().unwrap();
    let layer = layer.with_min_time(Lane::Search, 3 * tenth).unwrap();
    let layer = layer
        .with_min_time(Lane::Notifications, 15 * tenth)
        .unwrap();
    let search = ("GET", "/search/code");
    let sent = send(&layer, &[search, search, MAIL, MAIL]).await;
    assert_eq!(times(&sent, search.1), [0, 3]);
    assert_eq!(times(&sent, MAIL.1), [0, 15]);
}

#[tokio::test(start_paused = true)]
async fn the_bound_on_the_wait_holds_among_mails_too() {
    let layer = LanesLayer::new().unwrap();
    let layer = layer.with_max_wait(Duration::from_millis(1_500));
    let mut service = at_once(&layer);
    service.call(request(MAIL.0, MAIL.1)).await.unwrap();
    // A second among what changes something is short enough, and two more among mails are not.
    assert_eq!(refusal(&mut service, MAIL).await.why, Why::RateLimit);
}

/// Would refuse everything from its time on.
#[derive(Clone, Copy)]
struct From(Timestamp);

impl Look<Request<()>> for From {
    fn look(&self, _request: &Request<()>, now: Timestamp) -> Option<Rejected> {
        (now >= self.0).then(|| Rejected::new(Why::Cooldown, Key::ALL))
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_waited_in_a_lane_is_looked_at_again() {
    let writes = [("POST", "/a"), ("POST", "/a")];
    let mails = [MAIL, MAIL];
    // Of the mails, the second has a second to wait among what changes something, and is looked at there; then two more.
    for (calls, millis) in [(writes, 500), (mails, 2_000)] {
        let from = From(now() + Duration::from_millis(millis));
        let layer = LanesLayer::new().unwrap().with_look(from);
        let mut service = at_once(&layer);
        service.call(request(calls[0].0, calls[0].1)).await.unwrap();
        assert_eq!(refusal(&mut service, calls[1]).await.why, Why::Cooldown);
    }
}

/// Ten requests are under way until they are told to end; then one more is.
async fn eleventh<L: Look<Request<()>> + Clone>(layer: &LanesLayer<L>) -> Result<(), BoxError> {
    let end = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&end);
    let mut service = layer.layer(service_fn(move |_: Request<()>| {
        let told = Arc::clone(&told);
        async move {
            told.notified().await;
            Ok::<_, BoxError>(Response::new(Body::new()))
        }
    }));
    let mut ten: Vec<_> = (0..10)
        .map(|_| task::spawn(service.call(request("GET", "/user"))))
        .collect();
    assert!(ten.iter_mut().all(|call| call.poll().is_pending()));
    let mut eleventh = task::spawn(service.call(request("GET", "/user")));
    assert!(eleventh.poll().is_pending());
    tokio::time::advance(Duration::from_secs(1)).await;
    end.notify_waiters();
    assert!(ten.iter_mut().all(|call| call.poll().is_ready()));
    drop(ten);
    if let Poll::Ready(answer) = eleventh.poll() {
        return answer.map(drop);
    }
    end.notify_waiters();
    match eleventh.poll() {
        Poll::Ready(answer) => answer.map(drop),
        Poll::Pending => panic!("it has no place yet"),
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_waited_for_a_place_is_looked_at_again() {
    let from = From(now() + Duration::from_millis(500));
    let layer = LanesLayer::new().unwrap().with_look(from);
    let refused = eleventh(&layer).await.unwrap_err();
    assert_eq!(Rejected::find(&*refused).unwrap().why, Why::Cooldown);
}

#[derive(Default)]
struct Waits(Mutex<Vec<&'static str>>);

impl Observer for Waits {
    fn observe(&self, event: &Event<'_>) {
        if let Event::WaitBegan { cause, .. } = event {
            self.0.lock().unwrap().push(cause.name());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_wait_is_told_in_each_lane_and_for_a_place() {
    let waits = Arc::new(Waits::default());
    let layer = LanesLayer::new().unwrap();
    let layer = layer.with_observer(Arc::clone(&waits) as _);
    send(&layer, &[MAIL, MAIL]).await;
    let told = || std::mem::take(&mut *waits.0.lock().unwrap());
    // Among what changes something, and then among mails.
    assert_eq!(told(), ["rate_limit"; 2]);
    eleventh(&layer).await.unwrap();
    assert_eq!(told(), ["concurrency"]);
}

#[tokio::test(start_paused = true)]
async fn ten_places_stay_ten_whatever_the_answers_are() {
    for status in [200, 429, 503] {
        let layer = LanesLayer::new().unwrap();
        let mut service = layer.layer(service_fn(move |_: Request<()>| async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let answer = Response::builder().status(status);
            Ok::<_, BoxError>(answer.body(Body::new()).unwrap())
        }));
        for _ in 0..20 {
            let calls = (0..10).map(|_| service.call(request("GET", "/user")));
            let calls: Vec<_> = calls.collect();
            drop(futures_util::future::join_all(calls).await);
        }
        assert_eq!(layer.places().limit(), 10, "{status}");
    }
}

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use buttress_core::policy::{Breaker, Limit, Policy, ProfileName, RateLimit};
use buttress_core::quota::Quota;
use buttress_core::{Event, Invalid, Observer};
use http::{Request, Response, Uri};
use tokio_test::{assert_ready_ok, task};
use tower::ServiceExt;
use tower_layer::Layer;
use tower_service::Service;

use super::*;
use crate::breaker::Circuit;
use crate::stack::Stack;

/// A client that writes down where requests go, and answers 500 to paths that end in `bad`.
#[derive(Clone, Default)]
struct Client {
    sent: Arc<Mutex<Vec<Uri>>>,
}

impl Client {
    fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(Uri::to_string).collect()
    }
}

impl Service<Request<String>> for Client {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let uri = request.uri().clone();
        let status = if uri.path().ends_with("bad") {
            500
        } else {
            200
        };
        self.sent.lock().unwrap().push(uri);
        let response = Response::builder().status(status).body(String::new());
        std::future::ready(Ok(response.unwrap()))
    }
}

fn bare() -> Policy {
    Policy::bare(ProfileName::default())
}

fn at(url: &'static str, policy: Policy) -> Upstream {
    let upstream = Upstream::new(policy);
    upstream.with_base_url(Uri::from_static(url)).unwrap()
}

fn named<const N: usize>(
    upstreams: [(&'static str, Upstream); N],
) -> [(UpstreamName, Upstream); N] {
    upstreams.map(|(name, upstream)| (UpstreamName::new(name).unwrap(), upstream))
}

/// One failure opens the circuit.
fn frail() -> Policy {
    let circuit = Circuit::only_consecutive(NonZeroU32::MIN);
    bare().with_breaker(Breaker::new(circuit))
}

fn two() -> Upstreams {
    Upstreams::new(named([
        ("one", at("https://one.example/v1/", frail())),
        ("two", at("https://two.example:8443", frail())),
    ]))
    .unwrap()
}

fn get(uri: &str) -> Request<String> {
    Request::get(uri).body(String::new()).unwrap()
}

fn to(name: &'static str, uri: &str) -> Request<String> {
    let mut request = get(uri);
    request.extensions_mut().insert(ToUpstream::new(name));
    request
}

async fn status(service: &Routed<Client>, request: Request<String>) -> Option<u16> {
    let answer = service.clone().oneshot(request).await;
    answer.ok().map(|response| response.status().as_u16())
}

#[tokio::test(start_paused = true)]
async fn a_request_goes_to_the_upstream_of_its_host_and_of_its_port() {
    let service = two().layer(Client::default());
    assert_eq!(
        status(&service, get("https://ONE.example/bad")).await,
        Some(500)
    );
    assert_eq!(
        status(&service, get("https://one.example:443/x")).await,
        None,
        "is open"
    );
    assert_eq!(
        status(&service, get("https://two.example:8443/x")).await,
        Some(200)
    );
    let error = service
        .oneshot(get("https://two.example/x"))
        .await
        .unwrap_err();
    assert!(error.is::<UnknownUpstream>());
}

#[tokio::test(start_paused = true)]
async fn a_name_goes_before_the_host_and_a_path_under_the_base_url() {
    let client = Client::default();
    let service = two().layer(client.clone());
    for request in [
        to("one", "/models?a=b"),
        to("one", "/"),
        to("two", "/x"),
        to("two", "https://one.example/bad"),
    ] {
        assert!(status(&service, request).await.is_some());
    }
    let sent = [
        "https://one.example/v1/models?a=b",
        "https://one.example/v1/",
        "https://two.example:8443/x",
        "https://one.example/bad",
    ];
    assert_eq!(client.sent(), sent);
    assert_eq!(
        status(&service, to("two", "/x")).await,
        None,
        "two's circuit is open"
    );
    assert_eq!(status(&service, to("one", "/x")).await, Some(200));
}

#[tokio::test(start_paused = true)]
async fn whoever_belongs_to_none_is_told_which_there_are_and_not_where_it_was_to_go() {
    let client = Client::default();
    let service = two().layer(client.clone());
    let secret = get("https://three.example/?key=secret");
    let error = service.clone().oneshot(secret).await.unwrap_err();
    let expected = "the request's host belongs to no upstream; there are: one, two";
    assert_eq!(error.to_string(), expected);
    let error = service
        .oneshot(to("three", "https://one.example/"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no upstream three; there are: one, two"
    );
    assert!(client.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn to_let_strangers_pass_is_a_choice_and_a_wrong_name_is_none() {
    let service = two().with_unknown(Unknown::Pass).layer(Client::default());
    assert_eq!(
        status(&service, get("https://three.example/bad")).await,
        Some(500)
    );
    assert_eq!(
        status(&service, get("https://three.example/x")).await,
        Some(200)
    );
    assert_eq!(
        status(&service, to("three", "https://one.example/")).await,
        None
    );
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_strangers_is_the_clones_own_and_outlives_a_reload() {
    let strict = two();
    let lenient = strict.clone().with_unknown(Unknown::Pass);
    let strict = strict.layer(Client::default());
    let passing = lenient.layer(Client::default());
    let stranger = || get("https://three.example/x");
    assert_eq!(status(&strict, stranger()).await, None);
    assert_eq!(status(&passing, stranger()).await, Some(200));
    let other = named([("four", at("https://four.example", frail()))]);
    lenient.reload(other).unwrap();
    assert_eq!(status(&strict, stranger()).await, None);
    assert_eq!(status(&passing, stranger()).await, Some(200));
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_what_the_upstreams_know_that_stay() {
    let upstreams = two();
    let service = upstreams.layer(Client::default());
    for url in ["https://one.example/bad", "https://two.example:8443/bad"] {
        assert_eq!(status(&service, get(url)).await, Some(500));
    }
    upstreams
        .reload(named([
            ("three", at("https://two.example:8443", frail())),
            ("one", at("https://one.example", frail())),
        ]))
        .unwrap();
    assert_eq!(
        status(&service, get("https://one.example/x")).await,
        None,
        "still open"
    );
    assert_eq!(
        status(&service, get("https://two.example:8443/x")).await,
        Some(200)
    );
    assert_eq!(status(&service, to("two", "/x")).await, None, "is gone");
    let names: Vec<_> = upstreams.names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["three", "one"]);
}

#[tokio::test(start_paused = true)]
async fn upstreams_that_cannot_be_leave_all_as_it_was() {
    let limited = |units| {
        let limit = Limit::requests(Quota::per_hour(units).unwrap());
        bare().with_rate_limit(RateLimit::new([limit]).unwrap())
    };
    let upstreams =
        Upstreams::new(named([("one", at("https://one.example", limited(1)))])).unwrap();
    let unknown = bare().with_profile(ProfileName::new("nobody").unwrap());
    let two = named([
        ("one", at("https://one.example", limited(100))),
        ("two", at("https://two.example", unknown)),
    ]);
    assert_eq!(upstreams.reload(two).unwrap_err().what(), "profile");
    assert_eq!(upstreams.stack("one").unwrap().policy(), limited(1));
    assert_eq!(upstreams.names().len(), 1);
}

/// Writes down the upstream and the class of each call.
struct Log(UpstreamName, Arc<Mutex<Vec<String>>>);

impl Observer for Log {
    fn observe(&self, event: &Event<'_>) {
        if let Event::CallEnded {
            class: Some(class), ..
        } = event
        {
            let line = format!("{} {class}", self.0);
            self.1.lock().unwrap().push(line);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_upstream_has_an_observer_of_its_own_also_one_that_a_reload_brings() {
    let (lines, asked) = (Arc::default(), Arc::new(Mutex::new(Vec::new())));
    let (told, names) = (Arc::clone(&lines), Arc::clone(&asked));
    let observers = move |name: &UpstreamName, policy: &Policy| -> Arc<dyn Observer> {
        let asked = format!("{name} {}", policy.profile());
        names.lock().unwrap().push(asked);
        Arc::new(Log(name.clone(), Arc::clone(&told)))
    };
    let [one, two, three] = ["one", "two", "three"].map(|name| {
        let upstream = Upstream::new(bare());
        let url = format!("https://{name}.example");
        (name, upstream.with_base_url(url.parse().unwrap()).unwrap())
    });
    let upstreams = Stack::builder().with_observers(observers);
    let upstreams = upstreams.upstreams(named([one, two.clone()])).unwrap();
    let service = upstreams.layer(Client::default());
    status(&service, get("https://one.example/")).await;
    status(&service, get("https://two.example/bad")).await;
    upstreams.reload(named([two, three])).unwrap();
    status(&service, get("https://two.example/")).await;
    status(&service, get("https://three.example/bad")).await;
    assert_eq!(
        *lines.lock().unwrap(),
        ["one ok", "two server_error", "two ok", "three server_error"]
    );
    assert_eq!(
        *asked.lock().unwrap(),
        ["one generic", "two generic", "three generic"]
    );
}

#[test]
fn no_two_upstreams_have_a_host_or_a_name_in_common() {
    let refused = |upstreams: Vec<(UpstreamName, Upstream)>| -> Invalid {
        Upstreams::new(upstreams).unwrap_err()
    };
    let (one, same) = (
        at("https://a.example", bare()),
        at("https://A.example/v2", bare()),
    );
    let hosts = named([("one", one.clone()), ("two", same)]);
    assert_eq!(refused(hosts.into()).what(), "upstream host");
    let names = named([("one", one), ("one", Upstream::new(bare()))]);
    assert_eq!(refused(names.into()).what(), "upstream");
    assert_eq!(refused(Vec::new()).what(), "upstreams");
}

#[tokio::test(start_paused = true)]
async fn the_client_that_was_made_ready_is_the_one_that_is_called() {
    let limit = tower::limit::ConcurrencyLimit::new(Client::default(), 1);
    let mut service = two().layer(limit);
    for request in [get("https://one.example/x"), get("https://three.example/x")] {
        assert_ready_ok!(task::spawn(service.ready()).poll());
        drop(service.call(request));
    }
    assert_ready_ok!(task::spawn(service.ready()).poll());
}

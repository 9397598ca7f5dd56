//! What is learned from responses, by the layer.

use std::sync::Mutex;

use buttress_core::{Class, Outcome, UnixTime};
use http::{Request, Response};

use super::*;
use crate::stream::Stream;

const NOW: i64 = 1_792_497_600; // Tue, 20 Oct 2026 12:00:00 GMT

pub(super) fn clock() -> Clock {
    Clock::with_wall(|| UnixTime::from_secs(NOW))
}

type Sent = Arc<Mutex<Vec<Timestamp>>>;

/// A server with a window that began somewhere and of which others have spent some, told in GitHub's fields.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) remaining: Arc<Mutex<u64>>,
    resource: &'static str,
    sent: Sent,
}

const LIMIT: u64 = 100;
const RESET: u64 = 60;

impl Server {
    pub(super) fn new(remaining: u64) -> Self {
        Self {
            remaining: Arc::new(Mutex::new(remaining)),
            resource: "core",
            sent: Arc::default(),
        }
    }

    fn answer(&self) -> Response<()> {
        self.sent.lock().unwrap().push(now());
        let mut remaining = self.remaining.lock().unwrap();
        let status = if *remaining == 0 { 429 } else { 200 };
        *remaining = remaining.saturating_sub(1);
        let builder = Response::builder().status(status);
        let fields = [
            ("x-ratelimit-limit", LIMIT.to_string()),
            ("x-ratelimit-remaining", remaining.to_string()),
            (
                "x-ratelimit-reset",
                (NOW.unsigned_abs() + RESET).to_string(),
            ),
            ("x-ratelimit-resource", self.resource.to_owned()),
        ];
        let fields = fields.into_iter();
        let builder = fields.fold(builder, |builder, (name, value)| {
            builder.header(name, value)
        });
        builder.body(()).unwrap()
    }

    pub(super) fn service(
        &self,
    ) -> impl Service<Request<()>, Response = Response<()>, Error = BoxError, Future: Send> + Clone + use<>
    {
        let server = self.clone();
        service_fn(move |_: Request<()>| {
            let response = server.answer();
            async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                Ok(response)
            }
        })
    }
}

pub(super) fn layer(
    quota: Quota,
) -> RateLimitLayer<crate::key::Everything, OnePerRequest, (), Answers> {
    RateLimitLayer::new([quota])
        .with_clock(clock())
        .with_learning(Grammar::GitHub)
}

pub(super) fn many() -> Quota {
    Quota::per_second(1_000).unwrap()
}

pub(super) async fn send<S>(service: &mut S) -> Result<Response<()>, BoxError>
where
    S: Service<Request<()>, Response = Response<()>, Error = BoxError>,
{
    service.ready().await?.call(Request::new(())).await
}

#[tokio::test(start_paused = true)]
async fn what_another_process_spent_is_found_out_and_nothing_is_refused() {
    let (server, layer) = (Server::new(20), layer(many()));
    let service = layer.layer(server.service());
    let began = now();
    send(&mut service.clone()).await.unwrap();
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let mut service = service.clone();
            tokio::spawn(async move { send(&mut service).await.unwrap().status() })
        })
        .collect();
    // The server's window is over when it said.
    tokio::time::sleep(Duration::from_secs(RESET - 1)).await;
    assert_eq!(
        server.sent.lock().unwrap().len(),
        20,
        "all that was left, and no more"
    );
    assert_eq!(layer.handle().snapshot(Key::ALL).waiting, 45);
    *server.remaining.lock().unwrap() = LIMIT;
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 200);
    }
    assert!(now().since(began) < Duration::from_secs(RESET + 1));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_says_what_the_server_said() {
    let (server, layer) = (Server::new(20), layer(many()));
    let mut service = layer.layer(server.service());
    let began = now() + Duration::from_millis(10);
    send(&mut service).await.unwrap();
    let snapshot = layer.handle().snapshot(Key::ALL);
    let reset = began + Duration::from_secs(RESET);
    assert_eq!(
        (snapshot.levels[0].remaining, snapshot.levels[0].reset),
        (19, reset)
    );
    let learned = &snapshot.learned[0];
    assert_eq!(
        (learned.limit, learned.remaining, learned.reset),
        (Some(LIMIT), 19, reset)
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_another_resource_is_not_ours() {
    let server = Server {
        resource: "search",
        ..Server::new(1)
    };
    let layer = layer(many());
    send(&mut layer.layer(server.service())).await.unwrap();
    assert_eq!(layer.handle().snapshot(Key::ALL).learned.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_published_limit_is_adopted_where_that_is_allowed() {
    for (adopts, units) in [(false, 10), (true, LIMIT)] {
        let learning = Learning::new(Grammar::GitHub).with_adopted_limits(adopts);
        let layer = RateLimitLayer::new([Quota::per_hour(10).unwrap()])
            .with_clock(clock())
            .with_learning(learning);
        send(&mut layer.layer(Server::new(90).service()))
            .await
            .unwrap();
        let snapshot = layer.handle().snapshot(Key::ALL);
        assert_eq!(snapshot.levels[0].quota.units(), units);
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_poll_a_call_is_in_flight_no_more() {
    for polls in 0..3 {
        let (server, layer) = (Server::new(50), layer(many()));
        let mut service = layer.layer(server.service());
        let mut call = task::spawn(service.ready().await.unwrap().call(Request::new(())));
        for _ in 0..polls {
            assert!(call.poll().is_pending());
        }
        drop(call);
        // Were it still in flight, one less would be left.
        send(&mut service).await.unwrap();
        let left = layer.handle().snapshot(Key::ALL).learned[0].remaining;
        assert_eq!(left, *server.remaining.lock().unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_further_in_is_in_flight_no_more() {
    let server = Server::new(50);
    let refuses = Arc::new(Mutex::new(true));
    let (answers, refused) = (server.service(), Arc::clone(&refuses));
    let inner = service_fn(move |request| {
        let rejected = Rejected::new(Why::CircuitOpen, Key::ALL);
        let answer = (!*refused.lock().unwrap()).then(|| answers.clone().call(request));
        async move {
            match answer {
                Some(answer) => answer.await,
                None => Err(rejected.into()),
            }
        }
    });
    let layer = layer(many());
    let mut service = layer.layer(inner);
    assert_eq!(refusal(send(&mut service).await).why, Why::CircuitOpen);
    *refuses.lock().unwrap() = false;
    send(&mut service).await.unwrap();
    assert_eq!(layer.handle().snapshot(Key::ALL).learned[0].remaining, 49);
}

/// What remains of the tokens of a minute at OpenAI.
fn tokens(remaining: u64) -> Response<()> {
    Response::builder()
        .header("x-ratelimit-limit-tokens", "1000")
        .header("x-ratelimit-remaining-tokens", remaining)
        .header(
            "x-ratelimit-reset-tokens",
            format!("{}ms", (1_000 - remaining) * 60),
        )
        .body(())
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_estimate_is_settled_by_what_remains_unless_a_ticket_is_to_tell() {
    for has_ticket in [false, true] {
        let learning = Learning::new(Grammar::OpenAi).with_costs(Unit::Tokens);
        let layer = RateLimitLayer::new([Quota::per_minute(1_000).unwrap()])
            .with_terms(ByExtension)
            .with_learning(learning);
        let said = Arc::new(Mutex::new(vec![tokens(870), tokens(900)]));
        let mut service = layer.layer(service_fn(move |_: Request<()>| {
            let response = said.lock().unwrap().pop().unwrap();
            std::future::ready(Ok::<_, BoxError>(response))
        }));
        let ticket = Ticket::default();
        for cost in [100, 500] {
            let mut request = Request::new(());
            request.extensions_mut().insert(Cost(cost));
            if has_ticket {
                request.extensions_mut().insert(ticket.clone());
            }
            service.ready().await.unwrap().call(request).await.unwrap();
            tokio::time::advance(Duration::from_millis(60)).await;
        }
        // A unit is back every 60 ms: one was when the second call was sent, and one is now.
        let ours = 1_000 - 100 - if has_ticket { 500 } else { 31 } + 2;
        let left = layer.handle().snapshot(Key::ALL).levels[0].remaining;
        assert_eq!(left, ours.min(871), "{has_ticket}");
        if has_ticket {
            ticket.settle(31);
            let left = layer.handle().snapshot(Key::ALL).levels[0].remaining;
            assert_eq!(left, 871);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_goes_evenly_where_that_is_asked_for() {
    let layer = RateLimitLayer::new([Quota::per_second(10).unwrap()]).with_pacing(true);
    let mut service = layer.layer(echo());
    let began = now();
    for turn in 0..20 {
        call(&mut service, 0).await.unwrap();
        assert_eq!(now().since(began), turn * Duration::from_millis(100));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_too_fast_in_its_middle_lowers_the_rate_that_was_found() {
    for (class, is_limited) in [(Class::RateLimited, true), (Class::Overloaded, false)] {
        let stream = Stream::default();
        let layer = RateLimitLayer::new([]).with_adaptive(Increase::default());
        let inner = stream.clone();
        let mut service = layer.layer(service_fn(move |_: Request<()>| {
            let mut response = Response::new(());
            response.extensions_mut().insert(inner.clone());
            std::future::ready(Ok::<_, BoxError>(response))
        }));
        send(&mut service).await.unwrap();
        let found = || layer.handle().snapshot(Key::ALL).found;
        assert_eq!(found(), None);
        stream.fail(&Outcome::new(class));
        assert_eq!(found().is_some(), is_limited, "{class}");
    }
}

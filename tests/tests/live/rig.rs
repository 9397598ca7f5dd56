//! A page of two upstreams, and a reader of it.

use std::net::SocketAddr;
use std::sync::Arc;

use buttress::breaker::{Circuit, CircuitBreakerLayer, Window};
use buttress::classify::{ClassifyLayer, Rules};
use buttress::cooldown::CooldownLayer;
use buttress::core::budget::Budget;
use buttress::live::{Board, Upstream};
use buttress::observe::AttemptLayer;
use buttress::providers::openai;
use buttress::rate_limit::{Quota, RateLimitLayer};
use buttress::reqwest::Transport;
use buttress::{BoxError, Clock};
use buttress_testkit::{Config, Fault, Hint, Server};
use http::Request;
use serde_json::Value;
use tokio::net::TcpListener;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt};

/// A page, and the clients whose layers it shows: of a server that is down, and of one that says "not now".
pub(crate) struct Rig {
    addr: SocketAddr,
    _servers: [Server; 2],
}

type Client = BoxCloneSyncService<Request<String>, (), BoxError>;

impl Rig {
    pub(crate) async fn start() -> Self {
        let servers = [(); 2].map(|()| Server::start(Config::default()).unwrap());
        servers[0].storm(Fault::ServerError);
        servers[1].push_fault(Fault::RateLimited(Hint::Seconds(20)));
        let (down, to_down) = upstream("down");
        let (limited, to_limited) = upstream("limited");
        for _ in 0..12 {
            call(&to_down, &servers[0]).await;
        }
        call(&to_limited, &servers[1]).await;
        // One that waits for the end of the pause, for as long as the test runs.
        let url = format!("{}/rate_limit", servers[1].url());
        let request = Request::get(url).body(String::new()).unwrap();
        tokio::spawn(to_limited.oneshot(request));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = Board::new([down, limited]).router();
        let app = axum::Router::new().nest("/buttress", router);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            addr,
            _servers: servers,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/buttress{path}", self.addr);
        client.get(url).send().await.unwrap()
    }

    pub(crate) async fn events(&self) -> Events {
        let reply = self.get("/events").await;
        assert_eq!(reply.headers()["content-type"], "text/event-stream");
        Events {
            reply,
            text: String::new(),
        }
    }
}

/// The snapshots of a stream, one by one.
pub(crate) struct Events {
    reply: reqwest::Response,
    text: String,
}

impl Events {
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let json = serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
                self.text = rest.to_owned();
                return json;
            }
            let chunk = self.reply.chunk().await.unwrap().expect("it goes on");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn upstream(name: &str) -> (Upstream, Client) {
    let upstream = Upstream::new(name, Clock::default());
    let observer = upstream.observer();
    let window = Window::calls(10).unwrap();
    let circuit = Circuit::default().with_window(window);
    let circuit = circuit.with_minimum_calls(10).unwrap();
    let breaker = CircuitBreakerLayer::new(circuit).with_observer(observer.clone());
    let cooldown = CooldownLayer::new().with_observer(observer.clone());
    let limit =
        RateLimitLayer::new([Quota::per_minute(60).unwrap()]).with_observer(observer.clone());
    let upstream = upstream
        .with_breaker(breaker.handle())
        .with_cooldown(cooldown.handle())
        .with_rate_limit(limit.handle())
        .with_budget(Arc::new(Budget::default()));
    let client = ServiceBuilder::new()
        .layer(cooldown)
        .layer(limit)
        .layer(breaker)
        .layer(AttemptLayer::new(observer))
        .layer(ClassifyLayer::new(Rules::new().then(openai::PROFILE)))
        .service(Transport::build(reqwest::Client::builder().no_proxy()).unwrap());
    let client = ServiceExt::<Request<String>>::map_response(client, drop);
    (upstream, BoxCloneSyncService::new(client))
}

/// Whatever becomes of it.
async fn call(client: &Client, server: &Server) {
    let url = format!("{}/rate_limit", server.url());
    let request = Request::get(url)
        .header("authorization", "Bearer sk-secret")
        .body(String::new());
    let _refused_or_failed = client.clone().oneshot(request.unwrap()).await;
}

//! The live page, of one upstream that is down and one that says "not now".
//!
//! You will see where the page is and what it says, and the program ends. With `--stay` it goes on until it is stopped,
//! and the page can be looked at:
//!
//! ```text
//! live at http://127.0.0.1:38477/buttress
//! inventory: circuit open, 10 of 10 calls failed, 24 calls refused
//! openai: paused for 19.8 s, 12 calls wait
//! ```

use std::sync::Arc;
use std::time::Duration;

use buttress::breaker::{Circuit, CircuitBreakerLayer, Window};
use buttress::classify::{ClassifyLayer, PeekedBody, Rules};
use buttress::cooldown::CooldownLayer;
use buttress::core::budget::Budget;
use buttress::live::{Board, Upstream};
use buttress::observe::AttemptLayer;
use buttress::providers::openai;
use buttress::rate_limit::{Quota, RateLimitLayer};
use buttress::reqwest::Transport;
use buttress::retry::{Retries, RetryLayer};
use buttress::{BoxError, Clock};
use buttress_testkit::{Config, Fault, Hint, Server};
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::net::TcpListener;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt};

type Client = BoxCloneSyncService<Request<String>, Response<PeekedBody<reqwest::Body>>, BoxError>;

const WORKERS: usize = 12;

/// Each worker makes a call, and takes so long to think of the next.
const PACE: Duration = Duration::from_millis(400);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let stays = std::env::args().any(|argument| argument == "--stay");
    let servers = [
        Arc::new(Server::start(Config::default())?),
        Arc::new(Server::start(Config::default())?),
    ];
    let (inventory, to_inventory) = upstream("inventory")?;
    let (openai, to_openai) = upstream("openai")?;
    let board = Board::new([inventory, openai]);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let page = format!("http://{}/buttress", listener.local_addr()?);
    println!("live at {page}");
    let app = axum::Router::new().nest("/buttress", board.router());
    tokio::spawn(async move { axum::serve(listener, app).await });

    tokio::spawn(trouble(servers.clone()));
    for (client, server) in [(to_inventory, &servers[0]), (to_openai, &servers[1])] {
        let url = format!("{}/rate_limit", server.url());
        for _ in 0..WORKERS {
            tokio::spawn(work(client.clone(), url.clone()));
        }
    }
    tokio::time::sleep(2 * PACE).await;
    tell(&page).await?;
    if stays {
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// A stack, and its part of the page.
fn upstream(name: &str) -> Result<(Upstream, Client), BoxError> {
    let upstream = Upstream::new(name, Clock::default());
    let circuit = Circuit::default()
        .with_window(Window::calls(10)?)
        .with_minimum_calls(10)?;
    let breaker = CircuitBreakerLayer::new(circuit).with_observer(upstream.observer());
    let cooldown = CooldownLayer::new().with_observer(upstream.observer());
    let limit = RateLimitLayer::new([Quota::per_second(30)?, Quota::per_minute(1_500)?])
        .with_observer(upstream.observer())
        .with_look(cooldown.handle());
    let budget = Arc::new(Budget::default());
    let retry = RetryLayer::new(Retries::default())
        .with_observer(upstream.observer())
        .with_budget(Arc::clone(&budget))
        .with_pause(cooldown.handle());

    let upstream = upstream
        .with_breaker(breaker.handle())
        .with_cooldown(cooldown.handle())
        .with_rate_limit(limit.handle())
        .with_budget(budget);
    let classify = ClassifyLayer::new(Rules::new().then(openai::PROFILE));
    let client = ServiceBuilder::new()
        .layer(retry)
        .layer(cooldown)
        .layer(limit)
        .layer(breaker)
        .layer(AttemptLayer::new(upstream.observer()))
        .layer(classify.with_observer(upstream.observer()))
        .service(Transport::build(reqwest::Client::builder().no_proxy())?);
    Ok((upstream, BoxCloneSyncService::new(client)))
}

/// The first is down, the second says "not now"; and again, after a while in which both are well.
async fn trouble([inventory, openai]: [Arc<Server>; 2]) {
    loop {
        inventory.storm(Fault::ServerError);
        openai.storm_for(Fault::RateLimited(Hint::Seconds(20)), 6);
        tokio::time::sleep(Duration::from_secs(45)).await;
        inventory.calm();
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

/// Makes one call after the other, whatever becomes of them.
async fn work(client: Client, url: String) -> Result<(), BoxError> {
    loop {
        let request = Request::get(&url).body(String::new())?;
        if let Ok(reply) = client.clone().oneshot(request).await {
            // The body is read so that its connection can serve the next call.
            let _body = reply.into_body().collect().await;
        }
        tokio::time::sleep(PACE).await;
    }
}

/// What the snapshot says of the first circuit and the first pause of each upstream.
async fn tell(page: &str) -> Result<(), BoxError> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let reply = client.get(format!("{page}/snapshot.json")).send().await?;
    let snapshot: Value = serde_json::from_slice(&reply.bytes().await?)?;
    for upstream in snapshot["upstreams"].as_array().into_iter().flatten() {
        let name = upstream["name"].as_str().unwrap_or_default();
        let circuit = &upstream["circuits"]["rows"][0];
        if circuit["state"] == "open" {
            let (failed, calls) = (&circuit["failed"], &circuit["calls"]);
            let refused = &circuit["refused"];
            println!(
                "{name}: circuit open, {failed} of {calls} calls failed, {refused} calls refused"
            );
        }
        let pause = &upstream["pauses"]["rows"][0];
        if let Some(ms) = pause["ends_in_ms"].as_f64() {
            let waiting = &pause["waiting"];
            println!(
                "{name}: paused for {:.1} s, {waiting} calls wait",
                ms / 1_000.0
            );
        }
    }
    Ok(())
}

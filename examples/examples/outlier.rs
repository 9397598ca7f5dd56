//! A pool of three endpoints, each with a breaker of its own: the one that fails is passed over.
//!
//! You will see that the broken endpoint gets a handful of requests, until its circuit opens, and the others the rest:
//!
//! ```text
//! 60 calls: 50 answered well
//!   endpoint 1 saw 25 requests, circuit closed
//!   endpoint 2 saw 10 requests, circuit open
//!   endpoint 3 saw 25 requests, circuit closed
//! ```

use buttress::breaker::{Circuit, CircuitBreakerLayer, Handle, Window};
use buttress::classify::{ClassifyLayer, Rules};
use buttress::core::Key;
use buttress::key::Everything;
use buttress::reqwest::Transport;
use buttress::{BoxError, Clock, Look};
use buttress_testkit::{Config, Fault, Server};
use http::uri::{Authority, Uri};
use http::{Request, StatusCode};
use tower::steer::{Picker, Steer};
use tower::{Service, ServiceBuilder, ServiceExt};

const CALLS: usize = 60;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let servers = [
        Server::start(Config::default())?,
        Server::start(Config::default())?,
        Server::start(Config::default())?,
    ];
    servers[1].storm(Fault::ServerError);

    let circuit = Circuit::default()
        .with_window(Window::calls(10)?)
        .with_minimum_calls(10)?;
    let client = Transport::build(reqwest::Client::builder().no_proxy())?;
    let mut handles = Vec::new();
    let mut endpoints = Vec::new();
    for server in &servers {
        let breaker = CircuitBreakerLayer::new(circuit);
        handles.push(breaker.handle());
        let authority: Authority = server.addr().to_string().parse()?;
        let endpoint = ServiceBuilder::new()
            .layer(breaker)
            .layer(ClassifyLayer::new(Rules::new()))
            .map_request(move |request| at(&authority, request))
            .service(client.clone());
        endpoints.push(endpoint);
    }
    let mut pool = Steer::new(
        endpoints,
        InTurn {
            handles: handles.clone(),
            last: 0,
        },
    );

    let mut well = 0;
    for _ in 0..CALLS {
        let request = Request::get("/rate_limit").body(String::new())?;
        let reply = pool.ready().await?.call(request).await?;
        well += usize::from(reply.status() == StatusCode::OK);
    }
    println!("{CALLS} calls: {well} answered well");
    for (number, (server, handle)) in (1..).zip(servers.iter().zip(&handles)) {
        let state = handle
            .snapshot(Key::ALL)
            .map_or("unknown", |circuit| circuit.state.name());
        println!(
            "  endpoint {number} saw {} requests, circuit {state}",
            server.seen().requests()
        );
    }
    Ok(())
}

/// The next endpoint whose breaker would let the request pass; the next of all where none would.
struct InTurn {
    handles: Vec<Handle<Everything>>,
    last: usize,
}

impl<S> Picker<S, Request<String>> for InTurn {
    fn pick(&mut self, request: &Request<String>, endpoints: &[S]) -> usize {
        let now = Clock::default().now();
        let count = endpoints.len();
        let mut turns = (1..=count).map(|step| (self.last + step) % count);
        let is_well = |endpoint: &usize| self.handles[*endpoint].look(request, now).is_none();
        self.last = turns.find(is_well).unwrap_or((self.last + 1) % count);
        self.last
    }
}

/// The request, sent to one endpoint.
fn at(authority: &Authority, mut request: Request<String>) -> Request<String> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(http::uri::Scheme::HTTP);
    parts.authority = Some(authority.clone());
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request
}

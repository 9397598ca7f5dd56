//! A loopback server that really limits.
//!
//! A [`Server`] listens on a real socket, keeps the limits of OpenAI and of GitHub, says so in their headers and words,
//! fails on demand in ways that real servers do, and counts what it saw, so that a test can ask the server and not only
//! the client.
//!
//! ```
//! use buttress_testkit::{Config, Fault, Hint, OpenAiLimits, Server};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::TcpStream;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! // Three requests and a thousand tokens per minute, and a minute that lasts a second.
//! let limits = OpenAiLimits::new(3, 1_000);
//! let server = Server::start(Config::default().with_openai(limits).with_time_scale(60))?;
//! server.push_fault(Fault::Unavailable(Hint::Seconds(1)));
//!
//! let body = r#"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#;
//! let length = body.len();
//! let mut answers = Vec::new();
//! for _ in 0..2 {
//!     let mut stream = TcpStream::connect(server.addr()).await?;
//!     let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close";
//!     let request = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
//!     stream.write_all(request.as_bytes()).await?;
//!     let mut answer = String::new();
//!     stream.read_to_string(&mut answer).await?;
//!     answers.push(answer);
//! }
//!
//! assert!(answers[0].starts_with("HTTP/1.1 503"));
//! assert!(answers[1].starts_with("HTTP/1.1 200"));
//! assert!(answers[1].contains("x-ratelimit-remaining-requests: 2"));
//! let seen = server.seen();
//! assert_eq!((seen.completions.requests, seen.completions.admitted), (2, 1));
//! # Ok(())
//! # }
//! ```
//!
//! # Endpoints
//!
//! | request | answer | limits |
//! |---|---|---|
//! | `POST /v1/chat/completions` | 200, or OpenAI's errors | [`OpenAiLimits`] |
//! | `POST /repos/{owner}/{repo}/issues/{number}/comments` | 201, or GitHub's errors | [`GitHubLimits`] |
//! | `GET /repos/{owner}/{repo}/issues/{number}` | 200, or GitHub's errors | [`GitHubLimits`] |
//! | `GET /rate_limit` | 200 | none |
//!
//! Each credential, that is each `authorization` header, has limits of its own; none is refused.
//!
//! # Time
//!
//! Limits are counted in tokio's time, read in one place: under paused time a test moves them with
//! `tokio::time::advance`, dates and epoch resets included. [`Config::with_time_scale`] makes them faster without that.
//!
//! # Faults
//!
//! See [`Fault`]: by share and seed ([`Config::with_fault_share`]), one by one ([`Server::push_fault`]), all at once
//! ([`Server::storm`]), or all for a time ([`Server::go_down`]).

mod accounts;
mod body;
mod bucket;
mod clock;
mod config;
mod connection;
mod fault;
mod format;
mod gauge;
mod github;
mod ledger;
mod openai;
mod reply;
mod route;
mod seen;
mod server;
mod shared;
mod window;

pub use config::Config;
pub use fault::{Fault, Hint, OddBody};
pub use github::{GitHubLimits, SecondaryStatus};
pub use openai::OpenAiLimits;
pub use route::Endpoint;
pub use seen::{Arrival, EndpointSeen, Gauge, JobSeen, OutageSeen, Snapshot};
pub use server::Server;

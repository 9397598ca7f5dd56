//! What all tests here begin with.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use buttress::classify::{Classify, ClassifyLayer, Rules};
use buttress::core::backoff::Backoff;
use buttress::core::{BoxError, Class, Failure, History, Outcome};
use buttress::providers::{Profile, openai};
use buttress::reqwest::Transport;
use buttress::retry::{AttemptHeader, Http, Retries, Retry, RetryLayer};
use buttress_testkit::{Config, Fault, Server};
use http::{HeaderName, Request, Response};
use http_body::Body;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tower_layer::Layer;

pub(crate) type Stack = Retry<Classify<Transport>, Http>;

pub(crate) const COMPLETION: &str =
    r#"{"model":"m","messages":[{"role":"user","content":"12345678"}],"max_tokens":98}"#;

/// A guard against hanging, and no measure of anything.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    let guard = Duration::from_secs(30);
    tokio::time::timeout(guard, future).await.expect("it hangs")
}

pub(crate) fn server() -> Server {
    Server::start(Config::default()).unwrap()
}

pub(crate) fn with(fault: Fault) -> Server {
    let server = server();
    server.push_fault(fault);
    server
}

/// A port where nobody listens, and nobody else will, as long as the socket lives.
pub(crate) fn deaf() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let addr = socket.local_addr().unwrap();
    (socket, addr)
}

/// A client that asks the environment for nothing.
pub(crate) fn raw() -> reqwest::Client {
    builder().build().unwrap()
}

pub(crate) fn builder() -> reqwest::ClientBuilder {
    let never = reqwest::retry::never();
    reqwest::Client::builder().no_proxy().retry(never)
}

/// Bodies of failures are given little time: those that do not come, never do.
pub(crate) fn classify(profile: Profile) -> ClassifyLayer {
    ClassifyLayer::new(Rules::new().then(profile)).with_body_timeout(Duration::from_millis(100))
}

pub(crate) fn once() -> Classify<Transport> {
    classify(openai::PROFILE).layer(Transport::new(raw()))
}

/// Five attempts with next to no time between them, unless the server asks for it.
pub(crate) fn stack(profile: Profile) -> Stack {
    let nano = Duration::from_nanos(1);
    let retries = Retries::default().with_backoff(Backoff::new(nano, nano).unwrap());
    let header = AttemptHeader::attempts(HeaderName::from_static("x-attempt"));
    let replay = Http::default().with_attempt_header(header);
    let layer = RetryLayer::new(retries).with_replay(replay);
    layer.layer(classify(profile).layer(Transport::new(raw())))
}

pub(crate) fn completion(server: &Server) -> Request<reqwest::Body> {
    let url = format!("{}/v1/chat/completions", server.url());
    let request = Request::post(url).header("x-job", "j");
    request.body(COMPLETION.into()).unwrap()
}

/// A request that is always answered with 404.
pub(crate) fn lost(server: &Server) -> Request<reqwest::Body> {
    let url = format!("{}/nowhere", server.url());
    Request::get(url).body("".into()).unwrap()
}

pub(crate) fn outcome<B>(response: &Response<B>) -> Option<Outcome> {
    response.extensions().get().copied()
}

pub(crate) fn class_of<B>(result: &Result<Response<B>, BoxError>) -> Class {
    match result {
        Ok(response) => outcome(response).map_or(Class::Ok, |outcome| outcome.class()),
        Err(error) => Failure::find(&**error).unwrap().outcome().class(),
    }
}

pub(crate) fn history(error: &BoxError) -> &History {
    Failure::find(&**error).and_then(Failure::history).unwrap()
}

/// The bytes of a body, and the error that ended it.
pub(crate) async fn bytes<B>(body: B) -> (Vec<u8>, Option<BoxError>)
where
    B: Body<Data = bytes::Bytes>,
    B::Error: Into<BoxError>,
{
    let mut body = Box::pin(body);
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        match frame {
            Ok(frame) => bytes.extend(frame.into_data().into_iter().flatten()),
            Err(error) => return (bytes, Some(error.into())),
        }
    }
    (bytes, None)
}

/// Everything that an error and what is behind it show of themselves.
pub(crate) fn texts(error: &(dyn Error + 'static)) -> String {
    let mut texts = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        texts.push_str(&format!("{error}\n{error:?}\n"));
        next = error.source();
    }
    texts
}

/// Redirects every request to `to`, for as long as the test lives.
pub(crate) async fn redirecting(to: impl Fn(SocketAddr) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let answer = format!(
        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        to(addr)
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    addr
}

/// Answers one request with these parts, one after another.
pub(crate) async fn answering(parts: impl IntoIterator<Item = Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let parts: Vec<_> = parts.into_iter().collect();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        for part in parts {
            stream.write_all(&part).await.unwrap();
            stream.flush().await.unwrap();
        }
    });
    addr
}

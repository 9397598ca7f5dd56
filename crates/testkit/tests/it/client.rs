//! A client that sees the bytes.

use std::io;
use std::net::SocketAddr;

use buttress_testkit::Server;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back until the connection ended, and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: io::Result<()>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head()[9..12].parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head().lines().map(str::to_owned);
        lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()))
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.header(name).unwrap().parse().unwrap()
    }

    pub(crate) fn body(&self) -> &[u8] {
        let at = self.head_end().expect("a whole head");
        &self.bytes[at..]
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap()
    }

    pub(crate) fn head_end(&self) -> Option<usize> {
        let found = self.bytes.windows(4).position(|it| it == b"\r\n\r\n");
        found.map(|at| at + 4)
    }

    pub(crate) fn is_reset(&self) -> bool {
        let kind = self.end.as_ref().map_err(io::Error::kind);
        kind == Err(io::ErrorKind::ConnectionReset)
    }

    fn head(&self) -> &str {
        let at = self.head_end().expect("a whole head");
        std::str::from_utf8(&self.bytes[..at]).unwrap()
    }
}

/// A request as text, with `headers` one a line.
pub(crate) fn request(line: &str, headers: &str, body: &str) -> String {
    let headers: String = headers.lines().map(|it| format!("{it}\r\n")).collect();
    let length = body.len();
    format!("{line} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

/// One request on a connection of its own.
pub(crate) async fn send(server: &Server, line: &str, headers: &str, body: &str) -> Answer {
    let headers = format!("connection: close\n{headers}");
    exchange(server.addr(), &request(line, &headers, body)).await
}

pub(crate) async fn exchange(addr: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await.map(|_| ());
    Answer { bytes, end }
}

pub(crate) async fn complete(server: &Server) -> Answer {
    complete_as(server, "authorization: Bearer a").await
}

pub(crate) async fn complete_as(server: &Server, headers: &str) -> Answer {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"12345678"}],"max_tokens":98}"#;
    send(server, "POST /v1/chat/completions", headers, body).await
}

pub(crate) async fn comment(server: &Server) -> Answer {
    let body = r#"{"body":"Me too"}"#;
    send(
        server,
        "POST /repos/o/r/issues/7/comments",
        "x-job: c",
        body,
    )
    .await
}

pub(crate) async fn read(server: &Server, path: &str) -> Answer {
    send(server, &format!("GET {path}"), "", "").await
}

//! One connection: HTTP by hyper, and resets by hand.

use std::error::Error as _;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::Fault;
use crate::body::AnswerBody;
use crate::gauge::Guard;
use crate::reply::{Reply, on_the_wire};
use crate::route::Call;
use crate::shared::{Decided, Shared};

/// Of a request's body: more than a prompt that any limit here admits.
const LONGEST_BODY: usize = 4 * 1_024 * 1_024;

/// Not an answer: these bytes, and then a reset of the connection.
///
/// It leaves hyper as the error of the service, before hyper has written anything, and is found again by the owner of
/// the socket.
#[derive(Debug)]
struct Reset(Bytes);

impl fmt::Display for Reset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "reset after {} bytes", self.0.len())
    }
}

impl std::error::Error for Reset {}

/// Serves `stream` until one of the two sides ends it.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let _connection = shared.connection();
    // Without it, the second half of a slow body waits for an acknowledgement of the first.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| Box::pin(exchange(Arc::clone(&shared), request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let stream = connection.into_parts().io.into_inner();
    let Err(error) = ended else { return };
    if let Some(Reset(bytes)) = error.source().and_then(|it| it.downcast_ref()) {
        reset(stream, bytes).await;
    }
}

// A failure to write means that the client has left, which is the end that was wanted.
async fn reset(mut stream: TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    // Closed with no time to linger, a socket sends RST where it would send FIN.
    let _ = stream.set_zero_linger();
}

async fn exchange(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Reset> {
    let (head, body) = request.into_parts();
    let call = Call::read(&head);
    let guard = shared.exchange(call.route.endpoint());
    let fault = shared.arrived(&call);
    let body = match Limited::new(body, LONGEST_BODY).collect().await {
        Ok(body) => Some(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => None,
        // The client left in the middle: there is nothing to do, and nobody to tell.
        Err(_) => return Err(Reset(Bytes::new())),
    };
    let decided = shared.decide(&call, body.as_deref(), fault);
    if !shared.config.latency.is_zero() {
        sleep(shared.config.latency).await;
    }
    deliver(decided, guard).await
}

async fn deliver(decided: Decided, guard: Guard) -> Result<Response<AnswerBody>, Reset> {
    let Decided { reply, fault } = decided;
    let pause = match fault {
        Some(Fault::ResetBeforeHead) => return Err(Reset(Bytes::new())),
        Some(Fault::ResetInHead) => return Err(cut(&reply, |head, _| head / 2)),
        Some(Fault::ResetInBody) => return Err(cut(&reply, |head, all| head + (all - head) / 2)),
        Some(Fault::EndlessBody) => return Ok(reply.map(|_| AnswerBody::endless(guard))),
        Some(Fault::SlowBody(pause)) => {
            return Ok(reply.map(|it| AnswerBody::slow(it, pause, guard)));
        }
        Some(Fault::SlowHead(pause)) => Some(pause),
        _ => None,
    };
    if let Some(pause) = pause {
        sleep(pause).await;
    }
    Ok(reply.map(|it| AnswerBody::whole(it, guard)))
}

/// As much of `reply` as `at` says, given the length of its head and of all of it.
fn cut(reply: &Reply, at: impl FnOnce(usize, usize) -> usize) -> Reset {
    let (mut bytes, head) = on_the_wire(reply);
    bytes.truncate(at(head, bytes.len()));
    Reset(bytes.into())
}

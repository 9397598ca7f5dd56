//! The service at the bottom: it does as it is told, and notices what it is not to be done to.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use buttress::Classified;
use buttress::core::BoxError;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body::{Body, Frame};
use tower_layer::Layer;
use tower_service::Service;

/// A layer that can be put to the tests around `S`.
pub(crate) trait Under<S, R>:
    Layer<
        S,
        Service: Service<R, Error = BoxError, Response: IntoHttp, Future: Send>
                     + Clone
                     + Send
                     + 'static,
    >
{
}

impl<S, R, L> Under<S, R> for L where
    L: Layer<
            S,
            Service: Service<R, Error = BoxError, Response: IntoHttp, Future: Send>
                         + Clone
                         + Send
                         + 'static,
        >
{
}

/// A request as the layer takes it.
pub(crate) trait Ask: Send + 'static {
    fn ask(method: Method) -> Self;
}

impl Ask for Request<reqwest::Body> {
    fn ask(method: Method) -> Self {
        let request = Request::builder().method(method).uri("http://a/b");
        request.body("body".into()).unwrap()
    }
}

impl Ask for reqwest::Request {
    fn ask(method: Method) -> Self {
        Request::ask(method).try_into().unwrap()
    }
}

/// A response as the layer gives it.
pub(crate) trait IntoHttp {
    type Body: Body<Data = Bytes, Error: fmt::Debug>;

    fn into_http(self) -> Response<Self::Body>;
}

impl<B: Body<Data = Bytes, Error: fmt::Debug>> IntoHttp for Response<B> {
    type Body = B;

    fn into_http(self) -> Response<B> {
        self
    }
}

impl<B: Body<Data = Bytes, Error: fmt::Debug>> IntoHttp for Classified<Response<B>> {
    type Body = B;

    fn into_http(self) -> Response<B> {
        self.into_response()
    }
}

impl IntoHttp for reqwest::Response {
    type Body = reqwest::Body;

    fn into_http(self) -> Response<reqwest::Body> {
        self.into()
    }
}

/// What the probe does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Answers, after as many polls that find nothing.
    Answer(u16, u32),
    /// The same, and asks to stay away for a minute; the body never ends.
    NotNow,
    Fail,
    PanicInCall,
    PanicInFuture,
    PanicInBody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    Pending,
    Broken,
}

/// An error that can be told from all others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProbeError(pub(crate) &'static str);

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ProbeError {}

struct State {
    readiness: Readiness,
    wakers: Vec<Waker>,
    acts: VecDeque<Act>,
    /// Who was called; the service that was handed to the layer is 0.
    callers: Vec<usize>,
    clones: usize,
    readied: usize,
    /// Who was ready last.
    ready: Option<usize>,
    held: usize,
}

/// What a test knows of its probe.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Mutex<State>>);

impl Watch {
    pub(crate) fn acts(&self, acts: impl IntoIterator<Item = Act>) {
        self.state().acts.extend(acts);
    }

    /// What was to be done and has not been is not done.
    pub(crate) fn forget_acts(&self) {
        self.state().acts.clear();
    }

    pub(crate) fn make(&self, readiness: Readiness) {
        let wakers = {
            let mut state = self.state();
            state.readiness = readiness;
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn callers(&self) -> Vec<usize> {
        self.state().callers.clone()
    }

    /// How often anybody asked whether it is ready.
    pub(crate) fn readied(&self) -> usize {
        self.state().readied
    }

    /// Who was ready last.
    pub(crate) fn ready(&self) -> Option<usize> {
        self.state().ready
    }

    /// Services, futures and bodies that somebody still holds.
    pub(crate) fn held(&self) -> usize {
        self.state().held
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn guard(&self) -> Guard {
        self.state().held += 1;
        Guard(self.clone())
    }
}

/// Held by what is to be let go.
struct Guard(Watch);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.state().held -= 1;
    }
}

pub(crate) struct Probe {
    watch: Watch,
    id: usize,
    is_ready: bool,
    _guard: Guard,
}

pub(crate) fn probe() -> (Probe, Watch) {
    let state = State {
        readiness: Readiness::Ready,
        wakers: Vec::new(),
        acts: VecDeque::new(),
        callers: Vec::new(),
        clones: 0,
        readied: 0,
        ready: None,
        held: 0,
    };
    let watch = Watch(Arc::new(Mutex::new(state)));
    (Probe::new(watch.clone(), 0), watch)
}

impl Probe {
    fn new(watch: Watch, id: usize) -> Self {
        Self {
            id,
            is_ready: false,
            _guard: watch.guard(),
            watch,
        }
    }
}

impl Service<Request<reqwest::Body>> for Probe {
    type Response = Response<ProbeBody>;
    type Error = BoxError;
    type Future = Acting;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let mut state = self.watch.state();
        state.readied += 1;
        match state.readiness {
            Readiness::Ready => {
                self.is_ready = true;
                state.ready = Some(self.id);
                Poll::Ready(Ok(()))
            }
            Readiness::Pending => {
                state.wakers.push(cx.waker().clone());
                Poll::Pending
            }
            Readiness::Broken => Poll::Ready(Err(ProbeError("not ready").into())),
        }
    }

    fn call(&mut self, request: Request<reqwest::Body>) -> Acting {
        assert!(self.is_ready, "called without having been made ready");
        self.is_ready = false;
        assert_eq!(request.body().as_bytes(), Some(&b"body"[..]));
        let act = {
            let mut state = self.watch.state();
            state.callers.push(self.id);
            state.acts.pop_front().unwrap_or(Act::Answer(200, 0))
        };
        assert!(!matches!(act, Act::PanicInCall), "on purpose, in call");
        Acting {
            act,
            guard: self.watch.guard(),
        }
    }
}

/// A clone is another service, which nobody has made ready.
impl Clone for Probe {
    fn clone(&self) -> Self {
        let id = {
            let mut state = self.watch.state();
            state.clones += 1;
            state.clones
        };
        Self::new(self.watch.clone(), id)
    }
}

pub(crate) struct Acting {
    act: Act,
    guard: Guard,
}

impl Future for Acting {
    type Output = Result<Response<ProbeBody>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match &mut self.act {
            Act::Answer(_, pending @ 1..) => {
                *pending -= 1;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Act::Answer(status, 0) => {
                let status = *status;
                self.respond(status, Last::End)
            }
            Act::NotNow => {
                let mut response = self.respond(429, Last::Stall);
                let minute = HeaderValue::from_static("60");
                response.headers_mut().insert("retry-after", minute);
                response
            }
            Act::PanicInBody => self.respond(500, Last::Panic),
            Act::Fail => return Poll::Ready(Err(ProbeError("failed").into())),
            Act::PanicInCall | Act::PanicInFuture => panic!("on purpose, in the future"),
        }))
    }
}

impl Acting {
    fn respond(&self, status: u16, last: Last) -> Response<ProbeBody> {
        let frames = frames().into_iter().map(Some);
        let body = ProbeBody {
            // A pause after each frame.
            frames: frames.flat_map(|frame| [frame, None]).collect(),
            last,
            _guard: self.guard.0.guard(),
        };
        let response = Response::builder()
            .status(status)
            .version(http::Version::HTTP_10)
            .header("x", "1")
            .header("x", "2")
            .extension(7_u8);
        response.body(body).unwrap()
    }
}

/// What is in every body.
pub(crate) fn frames() -> Vec<Frame<Bytes>> {
    let mut trailers = HeaderMap::new();
    trailers.insert("y", HeaderValue::from_static("3"));
    let data = |bytes| Frame::data(Bytes::from_static(bytes));
    vec![
        data(b"one"),
        data(b""),
        data(b"two"),
        Frame::trailers(trailers),
    ]
}

enum Last {
    End,
    Stall,
    Panic,
}

pub(crate) struct ProbeBody {
    frames: VecDeque<Option<Frame<Bytes>>>,
    last: Last,
    _guard: Guard,
}

impl Body for ProbeBody {
    type Data = Bytes;
    type Error = ProbeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ProbeError>>> {
        match (self.frames.pop_front(), &self.last) {
            (Some(Some(frame)), _) => Poll::Ready(Some(Ok(frame))),
            (Some(None), _) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            (None, Last::End) => Poll::Ready(None),
            (None, Last::Stall) => Poll::Pending,
            (None, Last::Panic) => panic!("on purpose, in the body"),
        }
    }
}

use std::sync::{Mutex, PoisonError};

use buttress_core::classify::Answer;
use buttress_core::{Class, Event, Observer, Outcome, UnixTime};
use buttress_providers::{anthropic, bedrock, gitlab, openai};

use super::*;
use crate::classify::{Reply, Rule};
use crate::stream::Stream;

/// What was told of streams: who heard it, and the class.
#[derive(Default)]
pub(super) struct Told(Mutex<Vec<(&'static str, Class)>>);

impl Told {
    pub(super) fn put(&self, who: &'static str, class: Class) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.push((who, class));
    }

    pub(super) fn take(&self) -> Vec<(&'static str, Class)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Told {
    fn observe(&self, event: &Event<'_>) {
        if let Event::StreamFailed { outcome } = event {
            self.put("observer", outcome.class());
        }
    }
}

pub(super) fn watching(rule: impl Rule + 'static) -> (ClassifyLayer, Arc<Told>) {
    let told = Arc::new(Told::default());
    let observer: Arc<dyn Observer> = told.clone();
    let layer = ClassifyLayer::new(Rules::new().then(rule)).with_observer(observer);
    (layer, told)
}

pub(super) fn streaming(kind: &'static str, script: Script) -> Response<Script> {
    let mut response = answer(200, script);
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert("content-type", kind);
    response
}

pub(super) const SSE: &str = "text/event-stream; charset=utf-8";

/// A byte order mark, a comment, data over two lines, three kinds of line ends, and an error.
const FAILING: &[u8] = b"\xef\xbb\xbf: hello\r\ndata: {\"type\":\r\ndata: \"ping\"}\r\n\r\nevent: error\rdata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\r\rdata: {\"type\":\"ping\"}\n\n";

const OVERLOADED: [(&str, Class); 2] = [
    ("observer", Class::Overloaded),
    ("follower", Class::Overloaded),
];

/// What comes out of a stream, and what was told of it.
pub(super) fn pass(
    rule: impl Rule + 'static,
    kind: &'static str,
    script: Script,
) -> (Vec<Seen>, Vec<(&'static str, Class)>) {
    let (layer, told) = watching(rule);
    let response = judge(&layer, streaming(kind, script));
    assert_eq!(outcome(&response), None, "the head is good");
    let stream: &Stream = response.extensions().get().unwrap();
    let follower = Arc::clone(&told);
    stream.follow(move |outcome| follower.put("follower", outcome.class()));
    let frames = frames(response.into_body());
    (frames, told.take())
}

#[tokio::test(start_paused = true)]
async fn wherever_a_stream_is_cut_its_bytes_pass_and_its_failure_is_told_once() {
    for cut in 0..=FAILING.len() {
        let (one, two) = FAILING.split_at(cut);
        let script = Script::of(&[one, two]);
        let (frames, told) = pass(anthropic::PROFILE, SSE, script);
        assert_eq!(frames, [Seen::data(one), Seen::data(two)], "{cut}");
        assert_eq!(told, OVERLOADED, "{cut}");
    }
    let (frames, told) = pass(
        anthropic::PROFILE,
        SSE,
        Script::new(FAILING.chunks(1).map(data)),
    );
    assert_eq!(
        frames,
        FAILING.chunks(1).map(Seen::data).collect::<Vec<_>>()
    );
    assert_eq!(told, OVERLOADED);
}

#[tokio::test(start_paused = true)]
async fn each_frame_is_handed_on_when_it_comes() {
    let (layer, told) = watching(anthropic::PROFILE);
    let (begun, rest) = FAILING.split_at(FAILING.len() - 23);
    let script = Script::new([data(begun), Step::Pause, data(rest), Step::Stall]);
    let polls = Arc::clone(&script.polls);
    let response = judge(&layer, streaming(SSE, script));
    assert_eq!(polls.load(Ordering::Relaxed), 0, "nothing is read ahead");
    let mut body = task::spawn(response.into_body());
    let mut next = || body.enter(|cx, body| body.poll_frame(cx));
    let first = assert_ready!(next()).unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), begun);
    assert_pending!(next());
    assert_eq!(told.take(), [("observer", Class::Overloaded)]);
    let second = assert_ready!(next()).unwrap().unwrap();
    assert_eq!(second.into_data().unwrap(), rest);
    assert_pending!(next());
    assert_eq!(polls.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_goes_well_tells_nothing_and_keeps_its_trailers() {
    let script = Script::new([
        data(b"data: {\"choices\":[]}\n\ndata: [DONE]\n\n"),
        trailers("a", "b"),
    ]);
    let (frames, told) = pass(openai::PROFILE, SSE, script);
    assert!(matches!(frames[..], [Seen::Data(_), Seen::Trailers(_)]));
    assert_eq!(told, []);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_was_interrupted() {
    let script = Script::new([data(b"data: {}\n\n"), Step::Error("reset")]);
    let (frames, told) = pass(openai::PROFILE, SSE, script);
    assert_eq!(frames[1], Seen::Error("reset".to_owned()));
    let interrupted = Class::Interrupted;
    assert_eq!(told, [("observer", interrupted), ("follower", interrupted)]);
    let script = Script::new([data(FAILING), Step::Error("reset")]);
    assert_eq!(pass(anthropic::PROFILE, SSE, script).1, OVERLOADED);
}

#[tokio::test(start_paused = true)]
async fn an_error_without_its_end_is_found_at_the_end_of_the_stream() {
    let cut: &[u8] = b"data: {\"error\":{\"type\":\"overloaded_error\"}}";
    let (_, told) = pass(anthropic::PROFILE, SSE, Script::of(&[cut]));
    assert_eq!(told, OVERLOADED);
    // A reader that knows the length does not ask for the end.
    let (layer, told) = watching(anthropic::PROFILE);
    let script = Script {
        is_sized: true,
        ..Script::of(&[cut])
    };
    let mut body = task::spawn(judge(&layer, streaming(SSE, script)).into_body());
    let _ = assert_ready!(body.enter(|cx, body| body.poll_frame(cx)));
    assert_eq!(told.take(), [("observer", Class::Overloaded)]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_reader_had_enough_has_not_failed_and_is_forgotten() {
    let (layer, told) = watching(anthropic::PROFILE);
    let script = Script::new([data(b"data: {}\n\n"), Step::Stall]);
    let response = judge(&layer, streaming(SSE, script));
    let stream: Stream = response.extensions().get().cloned().unwrap();
    let follower = Arc::clone(&told);
    stream.follow(move |outcome| follower.put("follower", outcome.class()));
    assert_eq!(Arc::strong_count(&told), 3);
    drop(response);
    assert_eq!((told.take(), Arc::strong_count(&told)), (Vec::new(), 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_stream_of_a_model_is_not_looked_at() {
    let is_watched = |layer: &ClassifyLayer, response: Response<Script>| {
        let judged = judge(layer, response);
        judged.extensions().get::<Stream>().is_some()
    };
    let stream = || streaming(SSE, Script::of(&[FAILING]));
    let (openai, _) = watching(openai::PROFILE);
    assert!(is_watched(&openai, stream()));
    let json = streaming("application/json", Script::of(&[b"{}"]));
    assert!(!is_watched(&openai, json));
    let mut compressed = stream();
    let gzip = HeaderValue::from_static("gzip");
    compressed.headers_mut().insert("content-encoding", gzip);
    assert!(!is_watched(&openai, compressed));
    let mut refused = stream();
    *refused.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    assert!(!is_watched(&openai, refused));
    assert!(!is_watched(&openai, streaming(SSE, Script::of(&[]))));
    let (gitlab, _) = watching(gitlab::PROFILE);
    assert!(!is_watched(&gitlab, stream()));
    assert!(!is_watched(&generic(), stream()));
}

/// A user's own rule for the events of a user's own server.
struct Own;

impl Rule for Own {
    fn judge(&self, _reply: &Reply<'_>) -> Answer {
        Answer::NoOpinion
    }

    fn reads_events(&self) -> bool {
        true
    }

    fn judge_event(&self, data: &[u8], _now: UnixTime) -> Option<Outcome> {
        (data == b"oops").then(|| Outcome::new(Class::ServerError))
    }
}

#[tokio::test(start_paused = true)]
async fn a_users_rule_may_look_at_events() {
    let script = || Script::of(&[b"data: fine\n\ndata: oops\n\n"]);
    let (_, told) = pass(Own, SSE, script());
    assert_eq!(told.first(), Some(&("observer", Class::ServerError)));
    assert_eq!(pass(openai::PROFILE, SSE, script()).1, []);
}

#[tokio::test(start_paused = true)]
async fn an_exception_in_a_stream_of_awss_is_found() {
    let header = |name: &str, value: &str| {
        let mut header = vec![u8::try_from(name.len()).unwrap()];
        header.extend_from_slice(name.as_bytes());
        header.push(7);
        header.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        header.extend_from_slice(value.as_bytes());
        header
    };
    let headers = [
        header(":message-type", "exception"),
        header(":exception-type", "throttlingException"),
    ]
    .concat();
    let payload = br#"{"message":"Too many tokens"}"#;
    let lengths = [16 + headers.len() + payload.len(), headers.len(), 0];
    let prelude = lengths
        .map(|length| u32::try_from(length).unwrap().to_be_bytes())
        .concat();
    let message: &'static [u8] = [prelude, headers, payload.to_vec(), vec![0; 4]]
        .concat()
        .leak();
    for cut in 0..message.len() {
        let (one, two) = message.split_at(cut);
        let script = Script::of(&[one, two]);
        let (frames, told) = pass(
            bedrock::PROFILE,
            "application/vnd.amazon.eventstream",
            script,
        );
        assert_eq!(frames, [Seen::data(one), Seen::data(two)]);
        assert_eq!(told.first(), Some(&("observer", Class::RateLimited)));
    }
}

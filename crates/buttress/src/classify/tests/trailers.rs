//! Answers of gRPC that say in their trailers how they ended.

use std::sync::{Mutex, PoisonError};

use buttress_core::classify::Answer;
use buttress_core::hint::HintSource;
use buttress_core::{Class, Outcome, Repeat, Scope};
use buttress_providers::{anthropic, grpc};

use super::streams::{SSE, Told, pass, streaming, watching};
use super::*;
use crate::classify::{Reply, Rule};
use crate::stream::Stream;

const GRPC: &str = "application/grpc+proto";

/// An empty message.
const MESSAGE: &[u8] = b"\0\0\0\0\0";

fn fields(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(*name, HeaderValue::from_static(value));
    }
    map
}

/// A message, and then these trailers.
fn ending(trailers: &[(&'static str, &'static str)]) -> Script {
    let trailers = Step::Frame(Frame::trailers(fields(trailers)));
    Script::new([data(MESSAGE), Step::Pause, trailers])
}

fn to_both(class: Class) -> [(&'static str, Class); 2] {
    [("observer", class), ("follower", class)]
}

#[tokio::test(start_paused = true)]
async fn a_status_in_the_trailers_is_told_once_and_handed_on() {
    for (status, class) in [
        ("14", Class::Unavailable),
        ("8", Class::RateLimited),
        ("4", Class::Timeout),
        ("5", Class::ClientError),
        ("13", Class::ServerError),
        ("", Class::ServerError),
    ] {
        let trailers = [("grpc-status", status), ("grpc-message", "no"), ("x", "y")];
        let (frames, told) = pass(grpc::PROFILE, GRPC, ending(&trailers));
        let expected = [Seen::data(MESSAGE), Seen::Trailers(fields(&trailers))];
        assert_eq!(frames, expected, "{status}");
        assert_eq!(told, to_both(class), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn trailers_of_a_call_that_went_well_tell_nothing() {
    for trailers in [&[("grpc-status", "0"), ("x", "y")][..], &[("x", "y")], &[]] {
        let (frames, told) = pass(grpc::PROFILE, GRPC, ending(trailers));
        assert_eq!(frames[1], Seen::Trailers(fields(trailers)));
        assert_eq!(told, []);
    }
}

/// What the layers above are told of the trailers.
fn heard(rule: impl Rule + 'static, trailers: &[(&'static str, &'static str)]) -> Outcome {
    let heard = Arc::new(Mutex::new(None));
    let hears = Arc::clone(&heard);
    let response = judge(&watching(rule).0, streaming(GRPC, ending(trailers)));
    let stream: &Stream = response.extensions().get().unwrap();
    stream.follow(move |outcome| {
        *hears.lock().unwrap_or_else(PoisonError::into_inner) = Some(*outcome);
    });
    frames(response.into_body());
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).take();
    heard.unwrap()
}

#[tokio::test(start_paused = true)]
async fn they_mean_what_a_head_with_them_would_mean() {
    let limit = ("grpc-status", "8");
    // `google.rpc.Status` with a `RetryInfo` of 5 s.
    let details = "EigKJnR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8";
    for trailers in [
        &[limit][..],
        &[limit, ("grpc-retry-pushback-ms", "250")],
        &[limit, ("grpc-retry-pushback-ms", "-1")],
        &[limit, ("grpc-message", "message%20larger%20than%20max")],
        &[limit, ("grpc-status-details-bin", details)],
        &[("grpc-status", "14"), ("retry-after", "3")],
    ] {
        let mut head = answer(200, Empty::<Bytes>::new());
        *head.headers_mut() = fields(trailers);
        let layer = ClassifyLayer::new(Rules::new().then(grpc::PROFILE));
        let head = outcome(&judge(&layer, head)).unwrap();
        let told = heard(grpc::PROFILE, trailers);
        let timed = |outcome: Outcome| outcome.with_timing(Duration::ZERO, told.received());
        assert_eq!(timed(told), timed(head), "{trailers:?}");
    }
    let pushed = heard(grpc::PROFILE, &[limit, ("grpc-retry-pushback-ms", "250")]);
    let hint = pushed.hint().map(|hint| (hint.wait, hint.source));
    let quarter = Duration::from_millis(250);
    assert_eq!(hint, Some((quarter, HintSource::GrpcPushback)));
    assert_eq!(pushed.scope(), Scope::Account);
    let forbidden = heard(grpc::PROFILE, &[limit, ("grpc-retry-pushback-ms", "-1")]);
    assert_eq!(forbidden.repeat(), Repeat::Never);
}

#[tokio::test(start_paused = true)]
async fn a_users_rule_before_the_profile_decides_on_trailers_too() {
    let own = |reply: &Reply<'_>| match reply.headers.get("x-busy") {
        Some(_) => Answer::This(Outcome::new(Class::Overloaded)),
        None => Answer::NoOpinion,
    };
    let layer = ClassifyLayer::new(Rules::new().then(own).then(grpc::PROFILE));
    let told = Arc::new(Told::default());
    let layer = layer.with_observer(told.clone());
    let script = ending(&[("grpc-status", "13"), ("x-busy", "1")]);
    frames(judge(&layer, streaming(GRPC, script)).into_body());
    assert_eq!(told.take(), [("observer", Class::Overloaded)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_breaks_off_before_its_status_was_interrupted_and_after_it_not() {
    let script = Script::new([data(MESSAGE), Step::Error("reset")]);
    let (_, told) = pass(grpc::PROFILE, GRPC, script);
    assert_eq!(told, to_both(Class::Interrupted));
    for (status, expected) in [("0", &[][..]), ("14", &to_both(Class::Unavailable))] {
        let script = Script::new([trailers("grpc-status", status), Step::Error("reset")]);
        let (frames, told) = pass(grpc::PROFILE, GRPC, script);
        assert_eq!(frames[1], Seen::Error("reset".to_owned()));
        assert_eq!(told, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn trailers_that_nobody_reads_change_nothing() {
    let (layer, told) = watching(grpc::PROFILE);
    let response = judge(&layer, streaming(GRPC, ending(&[("grpc-status", "14")])));
    let stream: Stream = response.extensions().get().cloned().unwrap();
    let follower = Arc::clone(&told);
    stream.follow(move |outcome| follower.put("follower", outcome.class()));
    let mut body = task::spawn(response.into_body());
    let _ = assert_ready!(body.enter(|cx, body| body.poll_frame(cx)));
    assert_pending!(body.enter(|cx, body| body.poll_frame(cx)));
    drop(body);
    assert_eq!((told.take(), Arc::strong_count(&told)), (Vec::new(), 2));
}

/// A user's own rule for everything that may be looked at.
struct Own;

impl Rule for Own {
    fn judge(&self, reply: &Reply<'_>) -> Answer {
        let status = reply.headers.get("grpc-status");
        status.map_or(Answer::NoOpinion, |_| {
            Answer::This(Outcome::new(Class::Overloaded))
        })
    }

    fn reads_events(&self) -> bool {
        true
    }

    fn reads_trailers(&self) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn only_grpcs_trailers_are_looked_at_and_only_where_a_rule_judges_them() {
    let told_of = |layer: (ClassifyLayer, Arc<Told>), kind| {
        let script = ending(&[("grpc-status", "14")]);
        frames(judge(&layer.0, streaming(kind, script)).into_body());
        layer.1.take()
    };
    for kind in [
        "application/grpc",
        GRPC,
        "application/grpc;x=y",
        "Application/gRPC",
    ] {
        let overloaded = [("observer", Class::Overloaded)];
        assert_eq!(told_of(watching(Own), kind), overloaded, "{kind}");
        assert_eq!(told_of(watching(anthropic::PROFILE), kind), [], "{kind}");
        let layer = watching(anthropic::PROFILE).0;
        let judged = judge(&layer, streaming(kind, ending(&[])));
        assert!(judged.extensions().get::<Stream>().is_none(), "{kind}");
    }
    for kind in ["application/grpc-web+proto", "application/grp", SSE, ""] {
        assert_eq!(told_of(watching(Own), kind), [], "{kind}");
    }
}

use buttress_core::{Class, Repeat, Scope};
use buttress_providers::{github, openai};
use http::StatusCode;

use super::*;
use crate::classify::{Answer, Reply};

const QUOTA: &[u8] = br#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#;

fn openai() -> ClassifyLayer {
    ClassifyLayer::new(Rules::new().then(openai::PROFILE))
}

#[tokio::test(start_paused = true)]
async fn a_profile_reads_what_the_status_does_not_say() {
    let exhausted = outcome(&judge(&openai(), answer(429, Script::of(&[QUOTA])))).unwrap();
    assert_eq!(exhausted.class(), Class::QuotaExhausted);
    assert_eq!(
        (exhausted.repeat(), exhausted.hint()),
        (Repeat::Never, None)
    );
    let slow = Script::of(&[br#"{"error":{"code":"server_is_overloaded"}}"#]);
    let overloaded = outcome(&judge(&openai(), answer(503, slow))).unwrap();
    assert_eq!(overloaded.class(), Class::Overloaded);
    assert_eq!(overloaded.scope(), Scope::Model);
    let limit = br#"{"message":"You have exceeded a secondary rate limit."}"#;
    let github = ClassifyLayer::new(Rules::new().then(github::PROFILE));
    let limited = outcome(&judge(&github, answer(403, Script::of(&[limit])))).unwrap();
    assert_eq!(limited.class(), Class::RateLimited);
    assert_eq!(limited.hint().unwrap().wait, 60 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_is_cut_into_frames_is_read_whole() {
    let bytes = QUOTA.chunks(1).map(data);
    let exhausted = outcome(&judge(&openai(), answer(429, Script::new(bytes)))).unwrap();
    assert_eq!(exhausted.class(), Class::QuotaExhausted);
}

#[tokio::test(start_paused = true)]
async fn odd_bodies_are_judged_by_what_can_be_read() {
    let truncated = &QUOTA[..QUOTA.len() - 1];
    let invalid: &[u8] = b"{\"error\":{\"message\":\"\xff\xfe\",\"code\":\"insufficient_quota\"}}";
    let gzip: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a\x2d\x2a\xca\x2f\x52";
    for (body, class) in [
        (truncated, Class::QuotaExhausted),
        (invalid, Class::QuotaExhausted),
        (gzip, Class::RateLimited),
        (b"<html>429</html>", Class::RateLimited),
        (b"null", Class::RateLimited),
        (b"{\"error\":", Class::RateLimited),
    ] {
        let judged = judge(&openai(), answer(429, Script::of(&[body])));
        assert_eq!(outcome(&judged).unwrap().class(), class);
        assert_eq!(frames(judged.into_body()), [Seen::data(body)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_is_judged_by_what_came_before() {
    let (one, two) = QUOTA.split_at(100);
    let script = Script::new([data(one), data(two), Step::Error("reset")]);
    let judged = judge(&openai(), answer(429, script));
    assert_eq!(outcome(&judged).unwrap().class(), Class::QuotaExhausted);
    let broken = Script::new([Step::Error("reset")]);
    let judged = judge(&openai(), answer(429, broken));
    assert_eq!(outcome(&judged).unwrap().class(), Class::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn a_signal_behind_sixty_four_kibibytes_is_not_read() {
    static PADDING: [u8; 64 * 1024] = [b' '; 64 * 1024];
    let late = Script::of(&[&PADDING, QUOTA]);
    let judged = judge(&openai(), answer(429, late));
    assert_eq!(outcome(&judged).unwrap().class(), Class::RateLimited);
    let early = Script::of(&[&PADDING[..64 * 1024 - QUOTA.len()], QUOTA, &PADDING]);
    let judged = judge(&openai(), answer(429, early));
    assert_eq!(outcome(&judged).unwrap().class(), Class::QuotaExhausted);
}

fn teapot(class: Class) -> impl Fn(&Reply<'_>) -> Answer + Send + Sync {
    move |reply| match reply.status {
        StatusCode::TOO_MANY_REQUESTS => Answer::This(Outcome::new(class).with_rule("mine")),
        _ => Answer::NoOpinion,
    }
}

#[tokio::test(start_paused = true)]
async fn the_users_rule_stands_over_the_profile_and_the_profile_over_generic_http() {
    let mine = Rules::new()
        .then(teapot(Class::Overloaded))
        .then(openai::PROFILE);
    let (mine, openai, generic) = (ClassifyLayer::new(mine), openai(), generic());
    let judged =
        |layer, status| outcome(&judge(layer, answer(status, Script::of(&[QUOTA])))).unwrap();
    assert_eq!(judged(&mine, 429).rule(), "mine");
    assert_eq!(judged(&mine, 400).rule(), "openai quota");
    assert_eq!(judged(&openai, 429).rule(), "openai quota");
    assert_eq!(judged(&generic, 429).rule(), "rate_limited");
}

#[tokio::test(start_paused = true)]
async fn a_rule_behind_a_profile_is_never_asked_of_a_failure() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let behind = move |reply: &Reply<'_>| {
        count.fetch_add(usize::from(reply.status.as_u16() >= 400), Ordering::Relaxed);
        Answer::This(Outcome::new(Class::Overloaded).with_rule("behind"))
    };
    let rules = Rules::new().then(openai::PROFILE).then(behind);
    let layer = ClassifyLayer::new(rules);
    for status in [400, 404, 418, 429, 500, 503, 599] {
        let judged = judge(&layer, answer(status, Script::of(&[b"{}"])));
        assert_ne!(outcome(&judged).unwrap().rule(), "behind", "{status}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    // Of a success a profile has no opinion.
    let judged = judge(&layer, answer(200, Script::of(&[])));
    assert_eq!(outcome(&judged).unwrap().rule(), "behind");
}

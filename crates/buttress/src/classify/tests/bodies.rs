use tokio::time::advance;

use super::*;

/// What comes out of a body of a failure that was looked at.
fn passed(script: Script) -> Vec<Seen> {
    frames(judge(&peeking(), answer(500, script)).into_body())
}

#[tokio::test(start_paused = true)]
async fn chunks_stay_the_chunks_they_were_and_trailers_follow() {
    let script = Script::new([data(b"a"), data(b""), data(b"bc"), trailers("x", "1")]);
    let mut fields = HeaderMap::new();
    fields.insert("x", HeaderValue::from_static("1"));
    let expected = [
        Seen::data(b"a"),
        Seen::data(b""),
        Seen::data(b"bc"),
        Seen::Trailers(fields),
    ];
    assert_eq!(passed(script), expected);
}

#[tokio::test(start_paused = true)]
async fn a_body_without_frames_is_empty() {
    assert_eq!(passed(Script::of(&[])), []);
    let judged = judge(&peeking(), answer(500, Script::of(&[])));
    assert!(judged.body().is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn the_bytes_are_handed_on_and_not_copied() {
    let bytes = Bytes::from(vec![b'x'; 1_000]);
    let script = Script::new([Step::Frame(Frame::data(bytes.clone()))]);
    let Seen::Data(passed) = passed(script).remove(0) else {
        panic!("data in, data out");
    };
    assert_eq!(passed.as_ptr(), bytes.as_ptr());
}

/// No two places of it look alike for long.
static HUGE: [u8; 200_000] = {
    let mut bytes = [0; 200_000];
    let mut at = 1;
    while at < bytes.len() {
        bytes[at] = (bytes[at - 1] + 1) % 251;
        at += 1;
    }
    bytes
};

#[tokio::test(start_paused = true)]
async fn a_huge_body_is_whole_and_most_of_it_not_looked_at() {
    let chunks: Vec<_> = HUGE.chunks(10_000).collect();
    let script = Script::of(&chunks);
    let polls = Arc::clone(&script.polls);
    let judged = judge(&peeking(), answer(500, script));
    assert_eq!(polls.load(Ordering::Relaxed), 7);
    let passed = frames(judged.into_body());
    assert!(passed.into_iter().eq(chunks.into_iter().map(Seen::data)));
}

#[tokio::test(start_paused = true)]
async fn one_huge_frame_is_one_frame() {
    let passed = passed(Script::of(&[&HUGE, b"end"]));
    assert!(
        passed
            .into_iter()
            .eq([Seen::data(&HUGE), Seen::data(b"end")])
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_breaks_at_the_same_place_with_the_same_error() {
    let script = Script::new([data(b"a"), data(b"b"), Step::Error("reset by peer")]);
    let error = Seen::Error("reset by peer".to_owned());
    assert_eq!(passed(script), [Seen::data(b"a"), Seen::data(b"b"), error]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_is_answered_when_its_time_is_over_and_then_streams() {
    let script = [
        data(b"a"),
        Step::Pause,
        data(b"b"),
        Step::Pause,
        Step::Stall,
    ];
    let layer = peeking().with_body_timeout(3 * SECOND);
    let client = once(answer(500, Script::new(script)));
    let mut call = task::spawn(layer.layer(client).oneshot(()));
    assert_pending!(call.poll());
    assert!(call.is_woken());
    assert_pending!(call.poll());
    advance(3 * SECOND - NANO).await;
    assert_pending!(call.poll());
    advance(NANO).await;
    assert!(call.is_woken());
    let judged = assert_ready_ok!(call.poll());
    assert!(outcome(&judged).is_some());
    let mut body = task::spawn(judged.into_body());
    let mut poll = || body.enter(|cx, body| body.poll_frame(cx));
    for expected in [b"a", b"b"] {
        let frame = assert_ready!(poll()).unwrap();
        assert_eq!(Seen::new(frame), Seen::data(expected));
    }
    assert!(poll().is_pending());
}

#[tokio::test(start_paused = true)]
async fn the_default_time_for_a_body_is_a_second() {
    let client = once(answer(500, Script::new([Step::Stall])));
    let mut call = task::spawn(peeking().layer(client).oneshot(()));
    assert_pending!(call.poll());
    advance(SECOND - NANO).await;
    assert_pending!(call.poll());
    advance(NANO).await;
    assert_ready_ok!(call.poll());
}

/// A byte at each poll, and each time a while until the next.
struct Drip(tokio::time::Interval);

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let tick = self.0.poll_tick(cx);
        tick.map(|_| Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_for_ever_does_not_win_time_by_dripping() {
    let drip = Drip(tokio::time::interval(SECOND / 10));
    let began = crate::Clock::default().now();
    let judged = peeking().layer(once(answer(500, drip))).oneshot(()).await;
    let took = crate::Clock::default().now().since(began);
    assert_eq!(took, SECOND);
    let mut body = task::spawn(judged.unwrap().into_body());
    let mut ready = 0;
    while body.enter(|cx, body| body.poll_frame(cx)).is_ready() {
        ready += 1;
    }
    assert!((10..=11).contains(&ready), "{ready}");
    advance(SECOND / 10).await;
    assert!(body.enter(|cx, body| body.poll_frame(cx)).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_empty_frames_ends_the_looking_and_goes_on_after_it() {
    let script = Script::new([data(b"a"), Step::Flood(Bytes::new())]);
    let polls = Arc::clone(&script.polls);
    let judged = judge(&peeking(), answer(500, script));
    assert!(outcome(&judged).is_some());
    let looked = polls.load(Ordering::Relaxed);
    assert!(looked < 10_000, "{looked}");
    let mut body = task::spawn(judged.into_body());
    for at in 0..looked + 10 {
        let frame = assert_ready!(body.enter(|cx, body| body.poll_frame(cx))).unwrap();
        let expected: &[u8] = if at == 0 { b"a" } else { b"" };
        assert_eq!(Seen::new(frame), Seen::data(expected));
    }
    assert_eq!(polls.load(Ordering::Relaxed), looked + 10);
}

#[tokio::test(start_paused = true)]
async fn a_success_is_not_even_polled() {
    for status in [200, 206, 304] {
        let script = Script::new([data(b"a"), trailers("x", "1")]);
        let polls = Arc::clone(&script.polls);
        let judged = judge(&peeking(), answer(status, script));
        assert_eq!(polls.load(Ordering::Relaxed), 0);
        assert_eq!(frames(judged.into_body()).len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_rule_that_reads_bodies_only_what_may_be_repeated_is_read() {
    for (status, is_read) in [
        (404, false),
        (401, false),
        (429, true),
        (500, true),
        (503, true),
    ] {
        let script = Script::of(&[b"a"]);
        let polls = Arc::clone(&script.polls);
        let judged = judge(&generic(), answer(status, script));
        assert_eq!(polls.load(Ordering::Relaxed) > 0, is_read, "{status}");
        assert_eq!(frames(judged.into_body()).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_length_that_was_known_is_still_known_and_counts_down() {
    for chunks in [&[&b"abc"[..], b"de"][..], &[&HUGE, b"rest", b"end"]] {
        let mut left = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let mut script = Script::of(chunks);
        script.is_sized = true;
        let judged = judge(&peeking(), answer(500, script));
        let mut body = task::spawn(judged.into_body());
        for chunk in chunks {
            assert_eq!(body.size_hint().exact(), Some(left));
            assert!(!body.is_end_stream());
            let frame = assert_ready!(body.enter(|cx, body| body.poll_frame(cx)));
            assert_eq!(Seen::new(frame.unwrap()), Seen::data(chunk));
            left -= chunk.len() as u64;
        }
        assert_eq!(body.size_hint().exact(), Some(0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_length_that_is_not_known_is_at_least_what_was_seen() {
    let judged = judge(&peeking(), answer(500, Script::of(&[&HUGE, b"rest"])));
    let hint = judged.body().size_hint();
    assert_eq!((hint.lower(), hint.upper()), (HUGE.len() as u64, None));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_drops_the_body_that_is_being_read() {
    let script = Script::new([data(b"a"), Step::Stall]);
    let held = Arc::clone(&script.polls);
    let client = once(answer(500, script));
    let mut call = task::spawn(peeking().layer(client).oneshot(()));
    assert_pending!(call.poll());
    drop(call);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_response_drops_a_body_that_was_read_in_part() {
    let script = Script::of(&[&HUGE, b"rest"]);
    let held = Arc::clone(&script.polls);
    let judged = judge(&peeking(), answer(500, script));
    assert_eq!(Arc::strong_count(&held), 2);
    drop(judged);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_was_read_to_its_end_is_let_go() {
    let script = Script::of(&[b"all"]);
    let held = Arc::clone(&script.polls);
    let judged = judge(&peeking(), answer(500, script));
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(frames(judged.into_body()), [Seen::data(b"all")]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_broke_is_not_asked_again() {
    let script = Script::new([data(b"a"), Step::Error("reset"), Step::Stall]);
    let polls = Arc::clone(&script.polls);
    let judged = judge(&peeking(), answer(500, script));
    assert_eq!(polls.load(Ordering::Relaxed), 2);
    let error = Seen::Error("reset".to_owned());
    assert_eq!(frames(judged.into_body()), [Seen::data(b"a"), error]);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_broke_is_not_said_to_be_whole() {
    let script = Script::new([data(b"half"), Step::Error("reset")]);
    assert_eq!(script.size_hint().exact(), None);
    let judged = judge(&peeking(), answer(500, script));
    // Whoever sends it on by its length would send a whole body of four bytes, and never meet the error.
    assert_eq!(judged.body().size_hint().exact(), None);
}

//! What the circuit does.

use std::num::NonZeroU32;
use std::time::Duration;

use super::*;
use crate::breaker::{Cause, Exceeded, Rate, Stalled, Window};

/// Opens at half of four calls, for five seconds; two probes, for ten seconds.
fn small() -> Circuit {
    Circuit::default()
        .with_window(Window::calls(4).unwrap())
        .with_minimum_calls(4)
        .and_then(|circuit| circuit.with_probes(2))
        .and_then(|circuit| circuit.with_open_for(secs(5)))
        .and_then(|circuit| circuit.with_half_open_for(secs(10), Stalled::Open))
        .unwrap()
}

fn opened(circuit: Circuit) -> Scene {
    let scene = Scene::new(circuit);
    scene.calls(4, bad());
    assert_eq!(scene.state(), State::Open);
    scene
}

fn half_open(circuit: Circuit) -> Scene {
    let scene = opened(circuit);
    scene.wait(secs(5) + Duration::from_nanos(1));
    scene.told();
    scene
}

#[test]
fn an_open_circuit_says_when_calls_pass_and_lets_them_pass_then() {
    let scene = opened(small());
    let refused = scene.acquire().unwrap_err();
    let not_before = refused.not_before.unwrap();
    assert_eq!(
        not_before.since(scene.now()),
        secs(5) + Duration::from_nanos(1)
    );
    assert_eq!(scene.breaker.look(scene.now()), Some(refused));
    scene.wait(secs(5));
    assert!(scene.acquire().is_err(), "the whole of five seconds");
    scene.wait(not_before.since(scene.now()));
    assert_eq!(scene.breaker.look(scene.now()), None);
    assert_eq!(
        scene.state(),
        State::HalfOpen,
        "seen before any call made the change"
    );
    assert!(scene.acquire().is_ok());
}

#[test]
fn probes_that_do_well_close_it_and_its_window_is_empty() {
    let scene = half_open(small());
    scene.calls(2, good());
    assert_eq!(scene.state(), State::Closed);
    assert_eq!(scene.snapshot().counts, Default::default());
    use State::{Closed, HalfOpen, Open};
    assert_eq!(scene.changes(), [(Open, HalfOpen), (HalfOpen, Closed)]);
}

#[test]
fn a_late_result_changes_nothing_whatever_state_it_finds() {
    for late in [good(), bad()] {
        let scene = Scene::new(small());
        let mut early: Vec<_> = (0..3).map(|_| scene.acquire().unwrap()).collect();
        scene.calls(4, bad());
        let before = scene.snapshot();
        scene.record(early.pop().unwrap(), late);
        assert_eq!(scene.snapshot(), before, "while it is open");

        scene.wait(secs(6));
        let probes = [scene.acquire().unwrap(), scene.acquire().unwrap()];
        scene.record(early.pop().unwrap(), late);
        assert_eq!(scene.snapshot().counts.calls, 0, "it is no probe");
        assert!(scene.acquire().is_err(), "and gives no probe back");

        probes
            .into_iter()
            .for_each(|probe| scene.record(probe, good()));
        scene.record(early.pop().unwrap(), late);
        assert_eq!(scene.snapshot().counts.calls, 0, "after it has closed");
    }
}

#[test]
fn a_late_release_gives_no_probe_back() {
    let scene = Scene::new(small());
    let early = scene.acquire().unwrap();
    scene.calls(4, bad());
    scene.wait(secs(6));
    let _probes = [scene.acquire().unwrap(), scene.acquire().unwrap()];
    scene.breaker.release(early);
    assert!(scene.acquire().is_err());
}

#[test]
fn a_probe_that_says_nothing_makes_room_for_another() {
    let scene = half_open(small());
    let nothing = Answer {
        verdict: Verdict::Nothing,
        ..good()
    };
    for _ in 0..100 {
        let (one, other) = (scene.acquire().unwrap(), scene.acquire().unwrap());
        assert!(scene.acquire().is_err());
        scene.record(one, nothing);
        scene.breaker.release(other);
    }
    assert_eq!(scene.state(), State::HalfOpen);
    scene.calls(2, good());
    assert_eq!(scene.state(), State::Closed);
}

#[test]
fn half_open_ends_though_its_probes_never_do() {
    let scene = half_open(small());
    let _hanging = [scene.acquire().unwrap(), scene.acquire().unwrap()];
    scene.wait(secs(10));
    let seen = scene.snapshot();
    assert_eq!((seen.state, seen.times_open), (State::Open, 2));
    let refused = scene.acquire().unwrap_err();
    assert_eq!(refused.not_before, seen.not_before);
    scene.wait(secs(6));
    assert!(scene.acquire().is_ok());
    use State::{HalfOpen, Open};
    let expected = [(Open, HalfOpen), (HalfOpen, Open), (Open, HalfOpen)];
    assert_eq!(scene.changes(), expected);
}

#[test]
fn half_open_that_ends_unseen_is_open_from_when_it_ended() {
    let scene = half_open(small());
    let _hanging = scene.acquire().unwrap();
    scene.wait(secs(3_600));
    let seen = scene.snapshot();
    assert_eq!((seen.state, seen.counts.calls), (State::HalfOpen, 0));
    assert!(
        scene.acquire().is_ok(),
        "ten seconds half-open, five open, and over"
    );
}

#[test]
fn half_open_closes_when_it_ends_if_that_is_wished() {
    let circuit = small().with_half_open_for(secs(10), Stalled::Close);
    let scene = half_open(circuit.unwrap());
    let hanging = scene.acquire().unwrap();
    scene.wait(secs(10));
    assert_eq!(scene.state(), State::Closed);
    scene.record(hanging, bad());
    assert_eq!(scene.snapshot().counts.calls, 0);
}

#[test]
fn a_slow_probe_opens_a_circuit_that_slowness_opened() {
    let scene = half_open(small().with_slow_call_rate(Rate::ALL, secs(1)));
    scene.calls(2, slow(secs(2)));
    assert_eq!(scene.state(), State::Open);
}

#[test]
fn slow_is_longer_than_the_bound_and_not_as_long() {
    let circuit = small().with_slow_call_rate(Rate::from_percent(50).unwrap(), secs(1));
    let scene = Scene::new(circuit);
    scene.calls(8, slow(secs(1)));
    assert_eq!(scene.state(), State::Closed);
    scene.calls(1, slow(secs(1) + Duration::from_nanos(1)));
    assert_eq!(scene.snapshot().counts.slow, 1);
    scene.call(slow(secs(2)));
    let exceeded = Exceeded {
        slow: true,
        ..Exceeded::default()
    };
    let Some(Notice::Changed(change)) = scene.told().pop() else {
        panic!("it opened");
    };
    assert_eq!(change.cause, Cause::Exceeded(exceeded));
}

#[test]
fn failures_in_a_row_open_it_and_an_answer_between_them_begins_anew() {
    let scene = Scene::new(Circuit::only_consecutive(NonZeroU32::new(3).unwrap()));
    let limited = Answer {
        verdict: Verdict::Limited,
        ..good()
    };
    for between in [good(), limited] {
        scene.calls(2, bad());
        scene.call(between);
    }
    scene.calls(2, bad());
    assert_eq!(scene.state(), State::Closed);
    scene.call(bad());
    assert_eq!(scene.state(), State::Open);
    scene.wait(secs(31));
    scene.call(good());
    assert_eq!(scene.state(), State::Closed);
    scene.calls(2, bad());
    assert_eq!(scene.state(), State::Closed, "the row of before is over");
}

#[test]
fn open_grows_while_probes_fail_and_begins_anew_when_they_do_well() {
    let circuit = small().with_open_growth(secs(5), 200, secs(12)).unwrap();
    let scene = opened(circuit);
    let left = || {
        scene
            .snapshot()
            .not_before
            .unwrap()
            .since(scene.now())
            .as_secs()
    };
    for expected in [5, 10, 12, 12] {
        assert_eq!(left(), expected);
        scene.wait(secs(expected + 1));
        scene.calls(2, bad());
    }
    scene.wait(secs(13));
    scene.calls(2, good());
    scene.calls(4, bad());
    assert_eq!(left(), 5);
}

#[test]
fn a_hint_lengthens_the_time_it_is_open_for() {
    let hinted = |wait| Answer {
        hint: Some(wait),
        ..bad()
    };
    let scene = Scene::new(small());
    scene.calls(3, bad());
    scene.call(hinted(secs(20)));
    let left = |scene: &Scene| {
        scene
            .snapshot()
            .not_before
            .unwrap()
            .since(scene.now())
            .as_secs()
    };
    assert_eq!(left(&scene), 20);
    let scene = Scene::new(small().with_opens_on_hint(true));
    scene.call(hinted(secs(1)));
    assert_eq!(left(&scene), 5, "at once, and no shorter than usual");
}

#[test]
fn who_only_counts_tells_once_and_never_opens() {
    let scene = Scene::new(
        small()
            .with_metrics_only()
            .with_slow_call_rate(Rate::ALL, secs(1)),
    );
    scene.calls(8, bad());
    let told = scene.told();
    let exceeded = Exceeded {
        failures: true,
        ..Exceeded::default()
    };
    assert_eq!(told, [Notice::WouldOpen(exceeded)]);
    scene.calls(8, slow(secs(2)));
    assert_eq!(scene.told().len(), 1, "another bound is told too");
    assert!(!scene.command(Command::Open), "and nobody can make it");
    assert_eq!(
        (scene.state(), scene.snapshot().counts.calls),
        (State::MetricsOnly, 4)
    );
}

#[test]
fn commands_are_obeyed_where_they_apply() {
    let scene = Scene::new(small());
    assert!(
        !scene.command(Command::Probe),
        "closed is better than half-open"
    );
    for (command, state) in [
        (Command::ForceOpen, State::ForcedOpen),
        (Command::Probe, State::HalfOpen),
        (Command::Disable, State::Disabled),
        (Command::OpenFor(secs(100)), State::Open),
        (Command::CountOnly, State::MetricsOnly),
        (Command::Reset, State::Closed),
    ] {
        assert!(scene.command(command), "{command:?}");
        assert_eq!(scene.state(), state);
    }
    scene.command(Command::ForceOpen);
    scene.wait(secs(1_000_000));
    assert_eq!(scene.acquire().unwrap_err(), Refused { not_before: None });
    scene.command(Command::Disable);
    scene.calls(100, bad());
    assert_eq!(
        (scene.state(), scene.snapshot().counts.calls),
        (State::Disabled, 0)
    );
}

#[test]
fn refusals_are_counted_and_forgotten_with_the_period() {
    let scene = opened(small());
    (0..3).for_each(|_| drop(scene.acquire()));
    assert_eq!(scene.snapshot().refused, 3);
    scene.wait(secs(6));
    assert_eq!(scene.snapshot().refused, 0, "seen as half-open");
    let _probe = scene.acquire();
    assert_eq!(scene.snapshot().refused, 0);
}

#[test]
fn only_what_has_no_memory_worth_keeping_is_idle() {
    let scene = Scene::new(small());
    let is_idle = || scene.breaker.is_idle(scene.now());
    assert!(is_idle());
    scene.call(good());
    assert!(is_idle());
    scene.call(bad());
    assert!(!is_idle());
    scene.calls(2, bad());
    scene.wait(secs(6));
    assert!(!is_idle(), "nobody has probed it yet");
    scene.wait(secs(3_600));
    assert!(is_idle(), "nobody wants to know");
    scene.command(Command::Disable);
    assert!(!is_idle(), "what somebody said is kept");
}

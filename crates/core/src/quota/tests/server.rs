//! A strict token bucket at the other end, which counts what calls really cost.

use proptest::prelude::*;

use super::super::published::{Published, Returns, Unit};
use super::super::{Lesson, Reading};
use super::*;

const INTERVAL: u64 = SECOND / 10;

/// What overflows is refused, and takes nothing.
struct Server {
    burst: u64,
    full_at: u64,
    refused: usize,
}

impl Server {
    fn level(&self, now: Timestamp) -> u64 {
        self.full_at.saturating_sub(now.as_nanos())
    }

    fn takes(&mut self, cost: u64, now: Timestamp) -> bool {
        let level = self.level(now) + cost * INTERVAL;
        let is_served = level <= self.burst * INTERVAL;
        if is_served {
            self.full_at = now.as_nanos() + level;
        } else {
            self.refused += 1;
        }
        is_served
    }

    fn answer(&self, now: Timestamp) -> Option<Reading> {
        let level = self.level(now);
        let published = Published {
            name: "".into(),
            unit: Unit::Requests,
            limit: Some(self.burst),
            remaining: Some(self.burst - level.div_ceil(INTERVAL)),
            rounding: 0,
            reset: (level > 0).then(|| Duration::from_nanos(level)),
            window: None,
            returns: Returns::Gradually,
        };
        Some(Reading::from(&published))
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send { estimate: u64, cost: u64 },
    Answer(usize),
    OthersSpend(u64),
    Pass(u64),
}

struct World {
    schedule: Schedule,
    server: Server,
    in_flight: Vec<(Slot, [Option<Reading>; 1])>,
    truth: Vec<(Timestamp, u64)>,
    now: Timestamp,
}

impl World {
    fn step(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Send { estimate, cost } => {
                if let Ok(slot) = self.schedule.reserve(estimate, now, now) {
                    // What is refused, because of what others spent, has cost nothing.
                    if self.server.takes(cost, now) {
                        self.truth.push((now, cost));
                    }
                    self.in_flight.push((slot, [self.server.answer(now)]));
                }
            }
            Step::Answer(index) if index < self.in_flight.len() => {
                let (slot, readings) = self.in_flight.remove(index);
                let lesson = Lesson {
                    readings: &readings,
                    costs: None,
                    adopts: false,
                    settles: true,
                };
                drop(self.schedule.answered(slot, &lesson, now));
            }
            Step::OthersSpend(cost) => {
                self.server.takes(cost, now);
            }
            Step::Pass(nanos) => self.now = now + Duration::from_nanos(nanos),
            Step::Answer(_) => {}
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (1_u64..12).prop_flat_map(|estimate| (Just(estimate), 1..=estimate))
            .prop_map(|(estimate, cost)| Step::Send { estimate, cost }),
        6 => (0_usize..4).prop_map(Step::Answer),
        1 => (1_u64..6).prop_map(Step::OthersSpend),
        6 => prop_oneof![Just(1), Just(INTERVAL), 0..4 * INTERVAL].prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..200)
}

fn run(steps: Vec<Step>, burst: u64) -> World {
    let mut world = World {
        schedule: learner(&[per_second(10, burst)]),
        server: Server {
            burst,
            full_at: 0,
            refused: 0,
        },
        in_flight: Vec::new(),
        truth: Vec::new(),
        now: seconds(1_000),
    };
    steps.into_iter().for_each(|step| world.step(step));
    world
}

fn learner(quotas: &[Quota]) -> Schedule {
    schedule(quotas).with_learning()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_an_estimate_gives_back_is_never_more_than_was_not_used(steps in steps(), burst in 1_u64..20) {
        // Nobody else spends: then whatever we let go is served.
        let alone = steps.iter().copied().filter(|step| !matches!(step, Step::OthersSpend(_)));
        prop_assert_eq!(run(alone.collect(), burst).server.refused, 0);
        let world = run(steps, burst);
        let mut ours = Server { burst, full_at: 0, refused: 0 };
        world.truth.iter().for_each(|(at, cost)| {
            ours.takes(*cost, *at);
        });
        prop_assert_eq!(ours.refused, 0);
    }

    #[test]
    fn nothing_is_refused_once_an_answer_has_told_what_others_spent(
        calls in prop::collection::vec((0..3_u64, prop_oneof![Just(0), 0..10 * INTERVAL]), 1..100), burst in 1_u64..20,
    ) {
        // One call at a time, and others spend before its answer is made.
        let mut world = run(Vec::new(), burst);
        for (others, pause) in calls {
            let at = world.schedule.next(1, world.now + Duration::from_nanos(pause));
            world.now = at;
            world.step(Step::Send { estimate: 1, cost: 1 });
            prop_assert_eq!(world.server.refused, 0);
            world.step(Step::OthersSpend(others));
            world.server.refused = 0;
            let told = world.server.answer(at);
            world.in_flight.iter_mut().for_each(|(_, reading)| *reading = [told]);
            world.step(Step::Answer(0));
        }
    }
}

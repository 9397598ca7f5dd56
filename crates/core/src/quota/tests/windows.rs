//! In every window no more than the quota: against a list of all that was really sent.

use proptest::prelude::*;

use super::super::Reading;
use super::super::adaptive::Increase;
use super::learned::{hear, reading};
use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Arrive { cost: u64, patience: u64 },
    Cancel(usize),
    NotSent(usize),
    Settle(usize, u64),
    Lower(u64),
    Answer(usize, Reading),
    Pass(u64),
}

/// One who waits: what it was told, and when it wakes.
struct Waiter {
    slot: Slot,
    wakes: Timestamp,
}

struct Sent {
    slot: Slot,
    is_answered: bool,
    at: Timestamp,
    cost: u64,
}

struct World {
    schedule: Schedule,
    waiters: Vec<Waiter>,
    sent: Vec<Sent>,
    /// Spent beyond what was asked for, and so outside of any promise.
    late_by: u64,
    now: Timestamp,
}

impl World {
    fn step(&mut self, step: Step) {
        match step {
            Step::Arrive { cost, patience } => {
                let latest = self.now + Duration::from_nanos(patience);
                if let Ok(slot) = self.schedule.reserve(cost, self.now, latest) {
                    self.has_slot(slot);
                }
            }
            Step::Cancel(index) if index < self.waiters.len() => {
                let waiter = self.waiters.swap_remove(index);
                self.schedule.give_back(waiter.slot, self.now);
            }
            Step::NotSent(back) => {
                if let Some(index) = self.sent.len().checked_sub(back + 1)
                    && !self.sent[index].is_answered
                {
                    let sent = self.sent.remove(index);
                    self.schedule.give_back(sent.slot, self.now);
                }
            }
            Step::Settle(back, actual) => {
                let index = self.sent.len().checked_sub(back + 1);
                if let Some(sent) = index.map(|index| &mut self.sent[index])
                    && actual < sent.cost
                {
                    sent.cost = actual;
                    sent.slot = self.schedule.settle(sent.slot, actual, self.now);
                }
            }
            Step::Lower(remaining) => self.schedule.lower(0, remaining, self.now),
            Step::Answer(back, reading) => {
                let index = self.sent.len().checked_sub(back + 1);
                if let Some(sent) = index.map(|index| &mut self.sent[index])
                    && !sent.is_answered
                {
                    sent.is_answered = true;
                    hear(&mut self.schedule, sent.slot, reading, self.now);
                    drop(self.schedule.adapt(reading == none_left(), self.now));
                }
            }
            Step::Pass(nanos) => self.pass(nanos),
            Step::Cancel(_) => {}
        }
    }

    fn has_slot(&mut self, slot: Slot) {
        if slot.is_granted() {
            self.sent.push(Sent {
                slot,
                is_answered: false,
                at: self.now,
                cost: slot.cost(),
            });
        } else {
            let wakes = slot.at() + Duration::from_nanos(self.late_by);
            self.waiters.push(Waiter { slot, wakes });
        }
    }

    /// Everybody who is due wakes at its time, in order.
    fn pass(&mut self, nanos: u64) {
        let until = self.now + Duration::from_nanos(nanos);
        loop {
            let next = self
                .waiters
                .iter()
                .enumerate()
                .min_by_key(|(_, waiter)| waiter.wakes);
            let Some((index, wakes)) = next.map(|(index, waiter)| (index, waiter.wakes)) else {
                break;
            };
            if wakes > until {
                break;
            }
            self.now = self.now.max(wakes);
            let waiter = self.waiters.remove(index);
            let slot = confirm(&mut self.schedule, waiter.slot, self.now);
            self.has_slot(slot);
        }
        self.now = until;
    }
}

/// What a server says that then says "too fast".
fn none_left() -> Reading {
    reading(0, 1)
}

/// The most that was sent in any window of `period`, both ends included but the last nanosecond.
fn busiest_window(sent: &[Sent], period: u64) -> u64 {
    let within = |start: u64| {
        sent.iter()
            .filter(move |sent| (start..start + period).contains(&sent.at.as_nanos()))
    };
    sent.iter()
        .map(|first| within(first.at.as_nanos()).map(|sent| sent.cost).sum())
        .max()
        .unwrap_or(0)
}

/// A bucket with no cleverness, filled with all that was really sent.
fn overflows(sent: &[Sent], interval: u64, burst: u64) -> bool {
    let (mut level, mut last) = (0_u64, 0_u64);
    sent.iter().any(|sent| {
        level = level.saturating_sub(sent.at.as_nanos() - last) + sent.cost * interval;
        last = sent.at.as_nanos();
        level > burst * interval
    })
}

fn steps(unit: u64) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0_u64..12, prop_oneof![Just(0), Just(u64::MAX / 2), 0..20 * unit])
            .prop_map(|(cost, patience)| Step::Arrive { cost, patience }),
        3 => (0_usize..20).prop_map(Step::Cancel),
        2 => (0_usize..6).prop_map(Step::NotSent),
        2 => (0_usize..6, 0_u64..10).prop_map(|(back, actual)| Step::Settle(back, actual)),
        1 => (0_u64..12).prop_map(Step::Lower),
        3 => (0_usize..6, 0_u64..40, 1_u64..100)
            .prop_map(|(back, remaining, reset)| Step::Answer(back, reading(remaining, reset))),
        1 => (0_usize..6).prop_map(|back| Step::Answer(back, none_left())),
        6 => prop_oneof![Just(0), Just(1), Just(unit - 1), Just(unit), 0..3 * unit, 0..40 * unit].prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..250)
}

fn run(quotas: &[Quota], steps: Vec<Step>, late_by: u64) -> World {
    run_schedule(schedule(quotas).with_learning(), steps, late_by)
}

fn run_schedule(schedule: Schedule, steps: Vec<Step>, late_by: u64) -> World {
    let mut world = World {
        schedule,
        waiters: Vec::new(),
        sent: Vec::new(),
        late_by,
        now: seconds(1_000),
    };
    steps.into_iter().for_each(|step| world.step(step));
    // Whoever is left gets its turn.
    world.pass(1_000_000 * SECOND);
    assert!(world.waiters.is_empty());
    for sent in world.sent.iter().filter(|sent| !sent.is_answered) {
        world.schedule.lost(sent.slot);
    }
    assert!(
        world
            .schedule
            .is_idle(world.now + Duration::from_secs(100_000))
    );
    world
}

const UNIT: u64 = 100_000_000;

fn lateness() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0), 1 => 0..5 * UNIT]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_bucket_never_overflows(steps in steps(UNIT), burst in 1_u64..12, late_by in lateness()) {
        let world = run(&[per_second(10, burst)], steps, late_by);
        prop_assert!(!overflows(&world.sent, UNIT, burst));
        prop_assert!(busiest_window(&world.sent, SECOND) <= 10 + burst);
    }

    #[test]
    fn a_log_holds_in_every_window(steps in steps(UNIT), units in 1_u64..12, late_by in lateness()) {
        let quota = Quota::per_second(units).unwrap().with_shape(Shape::Log);
        let world = run(&[quota], steps, late_by);
        prop_assert!(busiest_window(&world.sent, SECOND) <= units);
    }

    #[test]
    fn windows_that_do_not_slide_hold_twice_the_quota_at_their_edge(
        steps in steps(UNIT), units in 1_u64..12, late_by in lateness(),
        shape in prop_oneof![Just(Shape::Counter), Just(Shape::Fixed)],
    ) {
        let quota = Quota::per_second(units).unwrap().with_shape(shape);
        let world = run(&[quota], steps, late_by);
        prop_assert!(busiest_window(&world.sent, SECOND) <= 2 * units);
    }

    #[test]
    fn what_is_spread_or_found_by_trying_holds_too(
        steps in steps(UNIT), burst in 1_u64..12, late_by in lateness(), is_paced: bool,
    ) {
        let schedule = schedule(&[per_second(10, burst)]).with_learning();
        let schedule = schedule.with_pacing(is_paced).with_adaptive(Increase::Additive(4.0));
        let world = run_schedule(schedule, steps, late_by);
        prop_assert!(!overflows(&world.sent, UNIT, burst));
    }

    #[test]
    fn several_quotas_hold_together(steps in steps(UNIT), burst in 1_u64..12, late_by in lateness()) {
        let log = Quota::new(30, Duration::from_secs(5)).unwrap().with_shape(Shape::Log);
        let calls = Quota::per_minute(40).unwrap().counting_requests();
        let world = run(&[per_second(10, burst), log, calls], steps, late_by);
        prop_assert!(!overflows(&world.sent, UNIT, burst));
        prop_assert!(busiest_window(&world.sent, 5 * SECOND) <= 30);
        let calls: Vec<_> = world.sent.iter().map(|sent| Sent { cost: 1, ..*sent }).collect();
        prop_assert!(busiest_window(&calls, 60 * SECOND) <= 80);
    }
}

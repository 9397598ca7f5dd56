//! What those who wait hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use super::*;

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn those_who_sleep_take_later_slots_in_their_order_and_are_woken_for_earlier_ones() {
    let mut schedule = learner(&[per_second(1, 1)]);
    let first = goes(&mut schedule, seconds(0));
    let slots: Vec<_> = (0..3)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    let woken = Arc::new(Woken::default());
    for slot in &slots {
        schedule.watch(*slot, &mut Some(Waker::from(Arc::clone(&woken))));
    }
    hear(&mut schedule, first, reading(1, 100), seconds(0));
    let at = |schedule: &mut Schedule| {
        let at = |slot: &Slot| schedule.watch(*slot, &mut None).as_nanos() / SECOND;
        slots.iter().map(at).collect::<Vec<_>>()
    };
    assert_eq!(at(&mut schedule), [1, 100, 101]);
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    // The first goes, and its answer says that the window is over sooner than it was said to be.
    let went = confirm(&mut schedule, slots[0], seconds(1));
    for slot in &slots[1..] {
        schedule.watch(*slot, &mut Some(Waker::from(Arc::clone(&woken))));
    }
    hear(&mut schedule, went, reading(1, 98), seconds(1));
    assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    assert_eq!(at(&mut schedule)[1..], [2, 99]);
}

#[test]
fn news_that_leaves_room_for_all_who_wait_moves_nobody_and_is_not_forgotten() {
    let mut schedule = learner(&[per_second(1, 1)]);
    let first = goes(&mut schedule, seconds(0));
    let slots: Vec<_> = (0..3)
        .map(|_| schedule.reserve(1, seconds(0), FOREVER).unwrap())
        .collect();
    hear(&mut schedule, first, reading(4, 100), seconds(0));
    assert_eq!(schedule.watch(slots[2], &mut None), seconds(3));
    assert_eq!(
        schedule.reserve(1, seconds(0), FOREVER).unwrap().at(),
        seconds(4)
    );
    assert_eq!(
        schedule.reserve(1, seconds(0), FOREVER).unwrap().at(),
        seconds(100)
    );
}

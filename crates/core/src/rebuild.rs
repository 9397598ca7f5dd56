//! Whether a service is broken for good and is to be replaced, and when.
//!
//! Some faults of a client do not pass: a worker task that has ended, a pool that panics at every turn, a connector that
//! holds on to an address that nobody has any more. No attempt on such a client succeeds, and no waiting helps. A fresh
//! one does.
//!
//! What is broken for good cannot be told from a server that is down, unless the client says so itself. So a run of
//! failures leads to a rebuild, and rebuilds are spaced by a backoff, as a fresh client for a server that is down helps
//! nobody.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::backoff::Backoff;
use crate::outcome::Class;
use crate::random::Random;
use crate::time::Timestamp;

/// When to rebuild: the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilds {
    consecutive: NonZeroU32,
    backoff: Backoff,
}

const FIVE: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

impl Default for Rebuilds {
    /// After five in a row, and the [default backoff](Backoff::default) between two rebuilds.
    ///
    /// One or two are chance. Envoy takes a host out after five failures in a row, linkerd after seven.
    fn default() -> Self {
        Self {
            consecutive: FIVE,
            backoff: Backoff::default(),
        }
    }
}

impl Rebuilds {
    /// With another number of panics and refused connections in a row, after which the service counts as broken.
    #[must_use]
    pub const fn with_consecutive(self, consecutive: NonZeroU32) -> Self {
        Self {
            consecutive,
            ..self
        }
    }

    /// With another wait between two rebuilds.
    #[must_use]
    pub const fn with_backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }
}

/// What to do with the service that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Use it.
    Use,
    /// Replace it.
    Rebuild,
    /// It cannot be used, and must not be replaced yet.
    NotBefore(Timestamp),
}

/// How one service and those that replace it have done. Each has a number, its generation; what is heard of an earlier
/// one changes nothing.
#[derive(Clone, Debug)]
pub struct Repair {
    policy: Rebuilds,
    generation: u64,
    /// It said that it will never be ready again.
    is_broken: bool,
    consecutive: u32,
    /// Rebuilds, and tries to, since something went well.
    rebuilds: u32,
    previous: Duration,
    not_before: Timestamp,
}

impl Repair {
    /// Of a service that nothing is known of: generation 0.
    pub fn new(policy: Rebuilds) -> Self {
        Self {
            policy,
            generation: 0,
            is_broken: false,
            consecutive: 0,
            rebuilds: 0,
            previous: Duration::ZERO,
            not_before: Timestamp::default(),
        }
    }

    /// The service that is to be used now.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether nothing has gone wrong lately, so that a good answer would change nothing.
    pub const fn is_sound(&self) -> bool {
        !self.is_broken && self.consecutive == 0 && self.rebuilds == 0
    }

    /// What to do at `now`.
    pub fn advice(&self, now: Timestamp) -> Advice {
        let is_suspect = self.consecutive >= self.policy.consecutive.get();
        if !self.is_broken && !is_suspect {
            Advice::Use
        } else if now >= self.not_before {
            Advice::Rebuild
        } else if self.is_broken {
            Advice::NotBefore(self.not_before)
        } else {
            Advice::Use
        }
    }

    /// An attempt on `generation` ended. Whether the service is suspect from now on, and was not before.
    pub fn ended(&mut self, generation: u64, class: Class) -> bool {
        if generation != self.generation {
            return false;
        }
        match class {
            Class::Panicked | Class::Connect => {
                self.consecutive = self.consecutive.saturating_add(1);
                self.consecutive == self.policy.consecutive.get()
            }
            // We refused it: the service has not been asked.
            Class::Rejected => false,
            _ => {
                self.consecutive = 0;
                self.rebuilds = 0;
                false
            }
        }
    }

    /// The service of `generation` says that it will never be ready again. Whether that is news.
    pub fn broke(&mut self, generation: u64) -> bool {
        let is_news = generation == self.generation && !self.is_broken;
        self.is_broken |= is_news;
        is_news
    }

    /// Another service stands in its place.
    pub fn rebuilt(&mut self, now: Timestamp, random: &mut impl Random) {
        self.generation += 1;
        self.is_broken = false;
        self.consecutive = 0;
        self.put_off(now, random);
    }

    /// There is no other service to put in its place. When to try again.
    pub fn failed(&mut self, now: Timestamp, random: &mut impl Random) -> Timestamp {
        self.put_off(now, random);
        self.not_before
    }

    fn put_off(&mut self, now: Timestamp, random: &mut impl Random) {
        self.rebuilds = self.rebuilds.saturating_add(1);
        let backoff = &self.policy.backoff;
        self.previous = backoff.wait(self.rebuilds, self.previous, random);
        self.not_before = now + self.previous;
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::backoff::Jitter;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    /// Two in a row; 1 s, 2 s, 4 s, 8 s.
    fn repair() -> Repair {
        let backoff = Backoff::new(SECOND, 8 * SECOND).expect("a backoff");
        let policy = Rebuilds::default().with_consecutive(NonZeroU32::MIN.saturating_add(1));
        Repair::new(policy.with_backoff(backoff.with_jitter(Jitter::None)))
    }

    fn random() -> fastrand::Rng {
        fastrand::Rng::with_seed(1)
    }

    #[test]
    fn panics_and_refused_connections_in_a_row_count_together() {
        let mut repair = repair();
        assert!(!repair.ended(0, Class::Panicked));
        assert_eq!(repair.advice(at(0)), Advice::Use);
        assert!(repair.ended(0, Class::Connect));
        assert_eq!(repair.advice(at(0)), Advice::Rebuild);
        assert!(!repair.ended(0, Class::Connect), "no longer news");
    }

    #[test]
    fn any_answer_ends_the_row_and_a_refusal_of_ours_is_no_answer() {
        for (class, advice) in [
            (Class::Ok, Advice::Use),
            (Class::ServerError, Advice::Use),
            (Class::Timeout, Advice::Use),
            (Class::Rejected, Advice::Rebuild),
        ] {
            let mut repair = repair();
            repair.ended(0, Class::Connect);
            repair.ended(0, class);
            repair.ended(0, Class::Connect);
            assert_eq!(repair.advice(at(0)), advice, "{class}");
        }
    }

    #[test]
    fn one_that_will_never_be_ready_is_replaced_at_once_and_told_once() {
        let mut repair = repair();
        assert!(repair.broke(0));
        assert!(!repair.broke(0));
        assert_eq!(repair.advice(at(0)), Advice::Rebuild);
        repair.rebuilt(at(0), &mut random());
        assert_eq!(
            (repair.generation(), repair.advice(at(0))),
            (1, Advice::Use)
        );
    }

    #[test]
    fn what_is_heard_of_an_earlier_generation_changes_nothing() {
        let mut repair = repair();
        repair.rebuilt(at(0), &mut random());
        assert!(!repair.broke(0));
        assert!((0..9).all(|_| !repair.ended(0, Class::Panicked)));
        assert_eq!(repair.advice(at(9)), Advice::Use);
        repair.ended(0, Class::Ok);
        assert!(
            !repair.is_sound(),
            "an old answer says nothing of the new one"
        );
    }

    #[test]
    fn a_broken_one_waits_out_the_backoff_and_a_suspect_one_is_used_meanwhile() {
        let mut broken = repair();
        broken.broke(0);
        assert_eq!(broken.failed(at(10), &mut random()), at(11));
        assert_eq!(broken.advice(at(10)), Advice::NotBefore(at(11)));
        assert_eq!(broken.advice(at(11)), Advice::Rebuild);
        let mut suspect = repair();
        suspect.rebuilt(at(10), &mut random());
        suspect.ended(1, Class::Connect);
        suspect.ended(1, Class::Connect);
        assert_eq!(suspect.advice(at(10)), Advice::Use);
        assert_eq!(suspect.advice(at(11)), Advice::Rebuild);
    }

    #[test]
    fn the_backoff_grows_until_something_goes_well() {
        let mut repair = repair();
        let waits: Vec<_> = (0..5)
            .map(|_| repair.failed(at(0), &mut random()))
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 8].map(at));
        repair.ended(0, Class::Ok);
        assert!(repair.is_sound());
        assert_eq!(repair.failed(at(0), &mut random()), at(1));
    }

    proptest! {
        /// Whatever happens: two rebuilds are at least the base of the backoff apart, and advice to use is never given
        /// for one that is broken.
        #[test]
        fn rebuilds_are_spaced_and_the_broken_are_not_used(steps in prop::collection::vec(0_u8..6, 0..200)) {
            let mut repair = repair();
            let (mut now, mut last, mut is_broken) = (0, None, false);
            for step in steps {
                let generation = repair.generation();
                match step {
                    0 => now += 1,
                    1 => { repair.ended(generation, Class::Panicked); }
                    2 => { repair.ended(generation, Class::Ok); }
                    3 => is_broken = repair.broke(generation) || is_broken,
                    _ if repair.advice(at(now)) == Advice::Rebuild => {
                        prop_assert!(last.is_none_or(|last| now > last));
                        last = Some(now);
                        match step {
                            4 => { repair.failed(at(now), &mut random()); }
                            _ => {
                                repair.rebuilt(at(now), &mut random());
                                is_broken = false;
                            }
                        }
                    }
                    _ => {}
                }
                prop_assert!(!(is_broken && repair.advice(at(now)) == Advice::Use));
            }
        }
    }
}

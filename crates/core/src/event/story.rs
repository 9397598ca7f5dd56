use std::time::Duration;

use super::Event;
use crate::history::{Cause, End};
use crate::outcome::Class;
use crate::rejected::Why;
use crate::time::saturating_nanos;

/// What a call went through: how many attempts, what they meant, how long it waited for what.
///
/// A small `Copy` value, so that keeping one for each call costs no allocation: of attempts beyond the twelfth only the
/// number is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Story {
    waited: [u64; Cause::ALL.len()],
    attempts: u32,
    ended: u8,
    classes: [Option<Class>; KEPT],
    end: Option<End>,
    rejected: Option<Why>,
    has_slot: bool,
}

/// More attempts than any preset makes; a story is then still as small as two cache lines.
const KEPT: usize = 12;

impl Story {
    /// How many attempts were begun.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the attempts meant that have ended, in that order, at most the first twelve. `None` was dropped.
    pub fn classes(&self) -> &[Option<Class>] {
        &self.classes[..usize::from(self.ended)]
    }

    /// How long the call waited for one thing.
    pub fn waited_for(&self, cause: Cause) -> Duration {
        Duration::from_nanos(self.waited[cause.index()])
    }

    /// How long the call waited in all.
    pub fn waited(&self) -> Duration {
        let all = self.waited.iter();
        Duration::from_nanos(all.fold(0, |sum, wait| sum.saturating_add(*wait)))
    }

    /// Why there was no further attempt; `None` if the first did what was asked, or nobody repeats.
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    /// Why we refused it, if we did at last.
    pub const fn rejected(&self) -> Option<Why> {
        self.rejected
    }

    /// Whether the call met no trouble: one attempt at most, no refusal, and no pause. To wait for a slot or a place is
    /// no trouble: that is how trouble is kept away.
    pub fn is_plain(&self) -> bool {
        self.attempts <= 1 && self.rejected.is_none() && self.waited_for(Cause::Cooldown).is_zero()
    }

    /// A rate limit has given the next attempt a slot.
    pub fn slot_given(&mut self) {
        self.has_slot = true;
    }

    /// An attempt begins: its number, and whether it has a slot.
    pub fn attempt_began(&mut self) -> (u32, bool) {
        self.attempts = self.attempts.saturating_add(1);
        (self.attempts, std::mem::take(&mut self.has_slot))
    }

    /// Writes down what happened to this call.
    pub fn note(&mut self, event: &Event<'_>) {
        match *event {
            Event::AttemptEnded { outcome, .. } => {
                if let Some(next) = self.classes.get_mut(usize::from(self.ended)) {
                    *next = outcome.map(|outcome| outcome.class());
                    self.ended += 1;
                }
            }
            Event::Waited { cause, wait, .. } => {
                let waited = &mut self.waited[cause.index()];
                *waited = waited.saturating_add(saturating_nanos(wait));
            }
            Event::RetryEnded { end, .. } => self.end = Some(end),
            Event::Rejected { rejected } => self.rejected = Some(rejected.why),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;
    use crate::outcome::Outcome;
    use crate::rejected::Rejected;

    fn ended(outcome: Option<&Outcome>) -> Event<'_> {
        Event::AttemptEnded {
            attempt: 1,
            method: "GET",
            outcome,
            status: None,
            elapsed: Duration::ZERO,
            had_slot: false,
        }
    }

    fn waited(cause: Cause, wait: Duration) -> Event<'static> {
        Event::Waited {
            cause,
            key: Key::ALL,
            wait,
            given_up: false,
        }
    }

    #[test]
    fn attempts_count_from_one_and_a_slot_is_for_one_of_them() {
        let mut story = Story::default();
        story.slot_given();
        assert_eq!(story.attempt_began(), (1, true));
        assert_eq!(story.attempt_began(), (2, false));
        assert_eq!(story.attempts(), 2);
    }

    #[test]
    fn waits_add_up_by_cause_and_saturate() {
        let mut story = Story::default();
        let second = Duration::from_secs(1);
        for cause in [Cause::Hint, Cause::Cooldown, Cause::Hint] {
            story.note(&waited(cause, second));
        }
        assert_eq!(story.waited_for(Cause::Hint), 2 * second);
        assert_eq!(story.waited_for(Cause::Backoff), Duration::ZERO);
        assert_eq!(story.waited(), 3 * second);
        story.note(&waited(Cause::Hint, Duration::MAX));
        assert_eq!(story.waited(), Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn of_a_long_call_the_first_classes_are_kept() {
        let mut story = Story::default();
        story.note(&ended(None));
        for _ in 0..100 {
            story.attempt_began();
            story.note(&ended(Some(&Outcome::new(Class::Overloaded))));
        }
        assert_eq!(story.attempts(), 100);
        assert_eq!(story.classes().len(), KEPT);
        assert_eq!(story.classes()[..2], [None, Some(Class::Overloaded)]);
    }

    #[test]
    fn a_second_attempt_a_pause_and_a_refusal_are_trouble() {
        let mut story = Story::default();
        story.attempt_began();
        story.note(&ended(Some(&Outcome::new(Class::Ok))));
        story.note(&waited(Cause::RateLimit, Duration::from_secs(1)));
        assert!(story.is_plain());
        let rejected = Rejected::new(Why::Cooldown, Key::ALL);
        let rejected = Event::Rejected {
            rejected: &rejected,
        };
        for trouble in [rejected, waited(Cause::Cooldown, Duration::from_nanos(1))] {
            let mut story = story;
            story.note(&trouble);
            assert!(!story.is_plain(), "{trouble:?}");
        }
        story.attempt_began();
        assert!(!story.is_plain());
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<Story>() <= 64, "{}", size_of::<Story>());
    }
}

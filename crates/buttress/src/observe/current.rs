//! The story of the call that is being called or polled on this thread.
//!
//! Kept by the call layer, which puts it here around each poll, and written by whoever has something to tell: so what
//! happens in a layer further in is known to be of this call, for requests of any type, and nothing is allocated.

use std::cell::Cell;

use buttress_core::event::{Event, Story};

thread_local! {
    static CURRENT: Cell<Option<Story>> = const { Cell::new(None) };
}

/// Does `work` as a part of the call that `story` is of.
pub(super) fn enter<T>(story: &mut Story, work: impl FnOnce() -> T) -> T {
    let outer = CURRENT.replace(Some(*story));
    let _back = Back { story, outer };
    work()
}

/// Takes the story back, and gives the thread its former one, after a panic too.
struct Back<'a> {
    story: &'a mut Story,
    outer: Option<Story>,
}

impl Drop for Back<'_> {
    fn drop(&mut self) {
        if let Some(story) = CURRENT.replace(self.outer) {
            *self.story = story;
        }
    }
}

fn change<T>(change: impl FnOnce(&mut Story) -> T) -> Option<T> {
    let mut story = CURRENT.get()?;
    let changed = change(&mut story);
    CURRENT.set(Some(story));
    Some(changed)
}

/// Whether somebody keeps the story of this call, and will tell its end.
#[cfg(feature = "tracing")]
pub(super) fn is_kept() -> bool {
    CURRENT.get().is_some()
}

pub(super) fn note(event: &Event<'_>) {
    change(|story| story.note(event));
}

/// A rate limit lets an attempt go.
pub(crate) fn slot_given() {
    change(Story::slot_given);
}

/// The number of the attempt that begins, and whether a rate limit has given it a slot; `None` where nobody keeps the
/// call's story.
pub(super) fn attempt_began() -> Option<(u32, bool)> {
    change(Story::attempt_began)
}

#[cfg(test)]
mod tests {
    use std::panic;

    use super::*;

    #[test]
    fn what_is_told_inside_is_of_this_call_and_of_no_other() {
        let (mut outer, mut inner) = (Story::default(), Story::default());
        enter(&mut outer, || {
            slot_given();
            enter(&mut inner, || {
                assert_eq!(attempt_began(), Some((1, false)));
                assert_eq!(attempt_began(), Some((2, false)));
            });
            assert_eq!(attempt_began(), Some((1, true)));
        });
        assert_eq!((outer.attempts(), inner.attempts()), (1, 2));
        assert_eq!(attempt_began(), None);
    }

    #[test]
    fn a_panic_neither_loses_the_story_nor_leaves_it_behind() {
        let mut story = Story::default();
        let panicked = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            enter(&mut story, || {
                attempt_began();
                panic!("inside");
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(story.attempts(), 1);
        assert_eq!(CURRENT.get(), None);
    }
}

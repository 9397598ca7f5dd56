use std::time::Duration;

use buttress_core::history::Cause;
use buttress_core::{Event, Key, Timestamp};

use super::Watcher;
use crate::time::Clock;

/// A wait that is told of: that it begins, and however it ends, that it is over. Dropped, it was given up.
pub(crate) struct Wait {
    watcher: Watcher,
    clock: Clock,
    cause: Cause,
    key: Key,
    began: Timestamp,
    is_over: bool,
}

impl Wait {
    /// `wait` is how long it will be, as far as is known.
    pub(crate) fn begin(
        watcher: &Watcher,
        clock: Clock,
        cause: Cause,
        key: Key,
        wait: Option<Duration>,
    ) -> Self {
        watcher.observe(&Event::WaitBegan { cause, key, wait });
        Self {
            watcher: watcher.clone(),
            clock,
            cause,
            key,
            began: clock.now(),
            is_over: false,
        }
    }

    /// What was waited for has come.
    pub(crate) fn over(&mut self) {
        self.end(false);
    }

    /// It will not come.
    pub(crate) fn give_up(&mut self) {
        self.end(true);
    }

    fn end(&mut self, given_up: bool) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.watcher.observe(&Event::Waited {
                cause: self.cause,
                key: self.key,
                wait: self.clock.now().since(self.began),
                given_up,
            });
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.give_up();
    }
}

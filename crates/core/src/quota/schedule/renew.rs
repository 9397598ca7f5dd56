use std::task::Waker;

use super::{Lay, Schedule};
use crate::time::Timestamp;

impl Schedule {
    /// Goes on as `other` would, of which nothing has been used: with its quotas, in whatever order, and with what it learns.
    /// What is used stays used, of the quota with the same period that counts the same; one that is new begins unused. Gives
    /// the wakers of those whose slot moved forward.
    #[must_use = "those whose slot moved forward are asleep until they are woken"]
    pub fn renew(&mut self, other: &Self, now: Timestamp) -> Vec<Waker> {
        self.learner = other.learner.map(|fresh| self.learner.unwrap_or(fresh));
        let goes_on = match (&self.finder, &other.finder) {
            (Some(finder), Some(fresh)) => fresh.is_like(finder),
            _ => false,
        };
        if !goes_on {
            self.finder.clone_from(&other.finder);
            self.sent.found = None;
        }
        self.sent.pace_as(&other.sent);
        if self.quotas() != other.quotas() {
            self.sent.line_up(other.quotas());
            self.sent.change(other.quotas(), now);
        }
        match self.promised {
            Some(_) => self.lay_again(now, Lay::Anew),
            None => Vec::new(),
        }
    }
}

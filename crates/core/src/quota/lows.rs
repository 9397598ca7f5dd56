//! How low a bucket's level has been since a given time.

/// As many lows as are kept. Each is lower than all later ones, so that a busy bucket has few: its level touches zero, or
/// it hovers near the top.
const KEPT: usize = 8;

/// The lowest levels since any time of the past, kept to eight steps.
///
/// A level is lowest the moment before something is taken. Of those moments only the ones count that are lower than all
/// later ones. When there are too many, the two oldest are made one that is as late as the one and as low as the other,
/// which can only make an answer lower.
#[derive(Clone, Debug, Default)]
pub(super) struct Lows {
    lows: [Low; KEPT],
    len: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Low {
    at: u64,
    level: u64,
}

impl Lows {
    pub(super) fn push(&mut self, at: u64, level: u64) {
        while self.len > 0 && self.lows[self.len - 1].level >= level {
            self.len -= 1;
        }
        if self.len == KEPT {
            self.merge_oldest();
        }
        self.lows[self.len] = Low { at, level };
        self.len += 1;
    }

    fn merge_oldest(&mut self) {
        let level = self.lows[0].level.min(self.lows[1].level);
        self.lows[1].level = level;
        self.lows.copy_within(1.., 0);
        self.len -= 1;
    }

    /// The lowest level after `at`; `u64::MAX` if nothing was taken since.
    pub(super) fn since(&self, at: u64) -> u64 {
        let later = self.lows[..self.len].iter().filter(|low| low.at > at);
        later.map(|low| low.level).min().unwrap_or(u64::MAX)
    }

    /// All levels after `at` were lower by `amount`: something that was taken then turned out not to be.
    pub(super) fn lower_since(&mut self, at: u64, amount: u64) {
        let later = self.lows[..self.len].iter_mut().filter(|low| low.at > at);
        later.for_each(|low| low.level = low.level.saturating_sub(amount));
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }
}

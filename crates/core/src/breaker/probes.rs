//! The calls of a half-open circuit: how many were let through, and what became of them, in one word.
//!
//! One word, so that the bound is exact and so that exactly one result decides: once a decision is reached nothing more
//! is counted, and no more probes are let through.

use super::counts::{Counts, Kind};
use crate::sync::{AtomicU64, Ordering};

/// As many probes as the fields of the word can hold.
pub(super) const MOST_PROBES: u32 = 1_000;

#[derive(Debug)]
pub(super) struct Probes {
    word: AtomicU64,
    rules: ProbeRules,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProbeRules {
    /// How many are let through.
    pub(super) most: u64,
    /// How many results decide.
    pub(super) minimum: u64,
    /// Whether the first failure decides.
    pub(super) is_strict: bool,
}

impl Probes {
    pub(super) fn new(rules: ProbeRules) -> Self {
        Self {
            word: AtomicU64::new(0),
            rules,
        }
    }

    /// A half-open period begins: none let through so far.
    pub(super) fn begin(&self, generation: u64) {
        let empty = Progress::empty(generation).pack();
        self.word.swap(empty, Ordering::AcqRel);
    }

    /// Lets one through, if there is one left.
    pub(super) fn take(&self, generation: u64) -> bool {
        let next = |progress: Progress| {
            let is_free = progress.given < self.rules.most && !self.is_decided(progress);
            is_free.then_some(Progress {
                given: progress.given + 1,
                ..progress
            })
        };
        self.update(generation, next).is_some()
    }

    /// One that was let through is given back: it says nothing, so that another may be sent in its place.
    pub(super) fn give_back(&self, generation: u64) {
        self.update(generation, |progress| {
            Some(Progress {
                given: progress.given.saturating_sub(1),
                ..progress
            })
        });
    }

    /// One has ended. Says how things stand if that decides; it does for exactly one.
    pub(super) fn finish(&self, generation: u64, kind: Kind) -> Option<Counts> {
        let progress = self.update(generation, |mut progress| {
            if self.is_decided(progress) {
                return None;
            }
            progress.ended[kind.index()] += 1;
            Some(progress)
        })?;
        self.is_decided(progress).then(|| progress.counts())
    }

    pub(super) fn counts(&self, generation: u64) -> Counts {
        let progress = self.load();
        if progress.is_of(generation) {
            progress.counts()
        } else {
            Counts::default()
        }
    }

    /// Whether one would be let through.
    pub(super) fn is_free(&self, generation: u64) -> bool {
        let progress = self.load();
        progress.is_of(generation) && progress.given < self.rules.most && !self.is_decided(progress)
    }

    pub(super) const fn minimum(&self) -> u64 {
        self.rules.minimum
    }

    fn is_decided(&self, progress: Progress) -> bool {
        let counts = progress.counts();
        counts.calls >= self.rules.minimum || (self.rules.is_strict && counts.failed > 0)
    }

    fn load(&self) -> Progress {
        Progress::unpack(self.word.load(Ordering::Acquire))
    }

    /// Changes the word of `generation` to what `next` says, which is returned.
    fn update(
        &self,
        generation: u64,
        next: impl Fn(Progress) -> Option<Progress>,
    ) -> Option<Progress> {
        let mut seen = self.word.load(Ordering::Acquire);
        loop {
            let progress = Progress::unpack(seen);
            let changed = next(progress).filter(|_| progress.is_of(generation))?;
            match self.word.compare_exchange_weak(
                seen,
                changed.pack(),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some(changed),
                Err(newer) => seen = newer,
            }
        }
    }
}

/// The low 14 bits of a generation; how many were let through; and how many ended, by kind: 10 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Progress {
    tag: u64,
    given: u64,
    ended: [u64; Kind::COUNT],
}

const FIELD_BITS: u32 = 10;
const FIELD_MASK: u64 = (1 << FIELD_BITS) - 1;
const TAG_BITS: u32 = u64::BITS - 5 * FIELD_BITS;

impl Progress {
    const fn empty(generation: u64) -> Self {
        Self {
            tag: generation & ((1 << TAG_BITS) - 1),
            given: 0,
            ended: [0; Kind::COUNT],
        }
    }

    const fn is_of(self, generation: u64) -> bool {
        self.tag == Self::empty(generation).tag
    }

    fn counts(self) -> Counts {
        let mut counts = Counts::default();
        for (index, ended) in self.ended.into_iter().enumerate() {
            counts.add(Kind::from_index(index), ended);
        }
        counts
    }

    fn pack(self) -> u64 {
        let fields = self.ended.into_iter();
        fields.fold(self.tag << FIELD_BITS | self.given, |word, field| {
            word << FIELD_BITS | field
        })
    }

    fn unpack(word: u64) -> Self {
        let field = |at: u32| word >> (FIELD_BITS * at) & FIELD_MASK;
        Self {
            tag: word >> (5 * FIELD_BITS),
            given: field(4),
            ended: [field(3), field(2), field(1), field(0)],
        }
    }
}

//! The last so many calls: a ring of their results, with totals kept beside it.
//!
//! A result enters in three steps, each of one word: it is added to the totals, takes the place of the oldest in the
//! ring, and what stood there is taken off the totals. In this order nothing is taken off that has not been added, so
//! that the totals, at any moment and for any number of threads, are those of the ring and of the results that are just
//! entering. Where the new result is of the kind of the oldest, the totals do not change, and one exchange is all: a
//! circuit whose calls succeed pays for that one alone.

use std::time::Duration;

use super::counts::{Counts, Kind};
use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(super) struct Calls {
    ring: Box<[AtomicU64]>,
    /// The low half of the generation, and the place of the oldest result.
    hand: AtomicU64,
    totals: AtomicU64,
}

impl Calls {
    pub(super) fn new(size: u32, generation: u64) -> Self {
        let ring = (0..size.max(1)).map(|_| AtomicU64::new(0)).collect();
        Self {
            ring,
            hand: AtomicU64::new(generation << HAND_BITS),
            totals: AtomicU64::new(Totals::empty(generation).pack()),
        }
    }

    /// Forgets everything: from here on the results of `generation` count, and no others.
    pub(super) fn begin(&self, generation: u64) {
        self.hand.swap(generation << HAND_BITS, Ordering::AcqRel);
        let empty = Totals::empty(generation).pack();
        self.totals.swap(empty, Ordering::AcqRel);
    }

    /// Enters a result. Says how things stand then, unless the result is late, or all calls are good.
    pub(super) fn record(&self, generation: u64, kind: Kind, time: Duration) -> Option<Counts> {
        let mine = Entry::new(generation, kind, time);
        let place = &self.ring[self.advance(generation)?];
        if !self.replace_alike(place, mine) {
            self.replace(place, mine, generation)?;
        }
        let totals = Totals::unpack(self.totals.load(Ordering::Acquire));
        (totals.is_of(generation) && !totals.is_good()).then(|| totals.counts())
    }

    /// What the ring holds, for `generation`.
    pub(super) fn counts(&self, generation: u64) -> Counts {
        let mut counts = Counts::default();
        let entries = self
            .ring
            .iter()
            .map(|place| Entry(place.load(Ordering::Acquire)));
        for entry in entries.filter(|entry| entry.is_of(generation)) {
            counts.add(entry.kind(), 1);
            counts.time += entry.time();
        }
        counts
    }

    pub(super) fn is_good(&self, generation: u64) -> bool {
        let totals = Totals::unpack(self.totals.load(Ordering::Acquire));
        !totals.is_of(generation) || totals.is_good()
    }

    fn is_counting(&self, generation: u64) -> bool {
        Totals::unpack(self.totals.load(Ordering::Acquire)).is_of(generation)
    }

    /// The place of the oldest result, which is this caller's now; `None` if the caller is late.
    fn advance(&self, generation: u64) -> Option<usize> {
        let begun = generation << HAND_BITS;
        let mut seen = self.hand.load(Ordering::Acquire);
        loop {
            let at = seen & HAND_MASK;
            if seen - at != begun {
                return None;
            }
            let after = at + 1;
            let next = if after < self.ring.len() as u64 {
                after
            } else {
                0
            };
            match self.hand.compare_exchange_weak(
                seen,
                begun | next,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return usize::try_from(at).ok(),
                Err(newer) => seen = newer,
            }
        }
    }

    /// Takes the place of a result of the same kind, if one stands there.
    fn replace_alike(&self, place: &AtomicU64, mine: Entry) -> bool {
        let mut seen = place.load(Ordering::Acquire);
        while Entry(seen).is_like(mine) {
            match place.compare_exchange_weak(seen, mine.0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(newer) => seen = newer,
            }
        }
        false
    }

    /// Takes any place. `None` if the result is late.
    fn replace(&self, place: &AtomicU64, mine: Entry, generation: u64) -> Option<()> {
        self.update(generation, |totals| totals.plus(mine.kind()))?;
        let mut seen = place.load(Ordering::Acquire);
        loop {
            if Entry(seen).is_after(mine) && !self.is_counting(generation) {
                return None;
            }
            match place.compare_exchange_weak(seen, mine.0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break,
                Err(newer) => seen = newer,
            }
        }
        let oldest = Entry(seen);
        if oldest.is_of(generation) {
            self.update(generation, |totals| totals.minus(oldest.kind()))?;
        }
        Some(())
    }

    /// Changes the totals, if they are still those of `generation`.
    fn update(&self, generation: u64, change: impl Fn(Totals) -> Totals) -> Option<()> {
        let mut seen = self.totals.load(Ordering::Acquire);
        loop {
            let totals = Totals::unpack(seen);
            if !totals.is_of(generation) {
                return None;
            }
            let next = change(totals).pack();
            match self
                .totals
                .compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Some(()),
                Err(newer) => seen = newer,
            }
        }
    }
}

const HAND_BITS: u32 = 32;
const HAND_MASK: u64 = (1 << HAND_BITS) - 1;

/// One result: the low 24 bits of its generation, a mark that it is one, its kind, and how long it took in microseconds,
/// a day and a half at most.
#[derive(Clone, Copy)]
struct Entry(u64);

const TAG_BITS: u32 = 24;
const TAG_MASK: u64 = (1 << TAG_BITS) - 1;
/// Two for the kind, below the mark.
const KIND_BITS: u32 = 3;
const MARK: u64 = 0b100;
const TIME_BITS: u32 = u64::BITS - TAG_BITS - KIND_BITS;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

impl Entry {
    fn new(generation: u64, kind: Kind, time: Duration) -> Self {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let kind = (MARK | kind.index() as u64) << TIME_BITS;
        let tag = (generation & TAG_MASK) << (TIME_BITS + KIND_BITS);
        Self(tag | kind | micros.min(TIME_MASK))
    }

    const fn tag(self) -> u64 {
        self.0 >> (TIME_BITS + KIND_BITS)
    }

    fn kind(self) -> Kind {
        let index = self.0 >> TIME_BITS & 0b11;
        Kind::from_index(usize::try_from(index).unwrap_or(0))
    }

    const fn time(self) -> Duration {
        Duration::from_micros(self.0 & TIME_MASK)
    }

    const fn is_of(self, generation: u64) -> bool {
        self.tag() == generation & TAG_MASK && self.0 >> TIME_BITS & MARK != 0
    }

    const fn is_like(self, other: Self) -> bool {
        self.0 >> TIME_BITS == other.0 >> TIME_BITS
    }

    /// Whether this belongs to a later generation than `other`, as far as 24 bits can tell.
    const fn is_after(self, other: Self) -> bool {
        let ahead = self.tag().wrapping_sub(other.tag()) & TAG_MASK;
        ahead != 0 && ahead < TAG_MASK / 2
    }
}

/// The low 16 bits of a generation, and three counts of 16 bits: a ring of 10 000, and 50 000 threads at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Totals {
    tag: u16,
    calls: u16,
    failed: u16,
    slow: u16,
}

impl Totals {
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are meant")]
    const fn empty(generation: u64) -> Self {
        Self {
            tag: generation as u16,
            calls: 0,
            failed: 0,
            slow: 0,
        }
    }

    const fn is_of(self, generation: u64) -> bool {
        self.tag == Self::empty(generation).tag
    }

    const fn is_good(self) -> bool {
        self.failed == 0 && self.slow == 0
    }

    fn plus(self, kind: Kind) -> Self {
        Self {
            tag: self.tag,
            calls: self.calls.saturating_add(1),
            failed: self.failed.saturating_add(u16::from(kind.is_failed)),
            slow: self.slow.saturating_add(u16::from(kind.is_slow)),
        }
    }

    fn minus(self, kind: Kind) -> Self {
        Self {
            tag: self.tag,
            calls: self.calls.saturating_sub(1),
            failed: self.failed.saturating_sub(u16::from(kind.is_failed)),
            slow: self.slow.saturating_sub(u16::from(kind.is_slow)),
        }
    }

    fn counts(self) -> Counts {
        Counts {
            calls: self.calls.into(),
            failed: self.failed.into(),
            slow: self.slow.into(),
            ..Counts::default()
        }
    }

    fn pack(self) -> u64 {
        let fields = [self.tag, self.calls, self.failed, self.slow];
        fields
            .into_iter()
            .fold(0, |word, field| word << 16 | u64::from(field))
    }

    #[expect(clippy::cast_possible_truncation, reason = "16 bits each")]
    const fn unpack(word: u64) -> Self {
        Self {
            tag: (word >> 48) as u16,
            calls: (word >> 32) as u16,
            failed: (word >> 16) as u16,
            slow: word as u16,
        }
    }
}

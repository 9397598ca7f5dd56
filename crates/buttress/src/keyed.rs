//! State by key, bounded.
//!
//! A map from what a stranger may choose must not grow as the stranger likes. Up to a bound every key has a state of its
//! own. At the bound, a state that is idle, which is to say that it is like a new one, makes room. If none is found in a
//! few looks, the newcomer shares one state with all others that found no room: it is limited together with them, and
//! nobody who is busy, or in debt, is forgotten for it. Neither the looks nor the memory grow with the number of keys.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use buttress_core::{Key, Timestamp};

/// What is kept by key.
pub(crate) trait State {
    /// Whether forgetting this and beginning anew at `now` would change nothing.
    fn is_idle(&self, now: Timestamp) -> bool;
}

/// As many keys as have a state of their own, where the user says nothing: some megabytes of the largest states.
pub(crate) const DEFAULT_CAPACITY: usize = 10_000;

/// A power of two, and more than any machine's cores that call at once.
const SHARDS: usize = 64;

/// As many states as are looked at to find one that is idle.
const LOOKS: usize = 8;

type MakeState<T> = Box<dyn Fn() -> T + Send + Sync>;

pub(crate) struct Keyed<T> {
    /// The state of [`Key::ALL`], and of those that found no room.
    shared: Arc<T>,
    shards: Box<[RwLock<Shard<T>>]>,
    settings: RwLock<Settings<T>>,
}

/// Read where a state is made, and nowhere else.
struct Settings<T> {
    /// Of one shard.
    capacity: usize,
    make: MakeState<T>,
}

impl<T: State> Keyed<T> {
    /// At most about `capacity` states, rounded up to a whole number for each of 64 shards.
    pub(crate) fn new(capacity: usize, make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::new(Shard::default())).collect();
        Self {
            shared: Arc::new(make()),
            shards,
            settings: RwLock::new(Settings::new(capacity, make)),
        }
    }

    /// Goes on with another bound and another way to make states. Those that are there stay: none is forgotten for a bound
    /// that is lower.
    pub(crate) fn renew(&self, capacity: usize, make: impl Fn() -> T + Send + Sync + 'static) {
        let settings = Settings::new(capacity, make);
        *self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// The same keys, with other states in the place of these.
    pub(crate) fn mapped(
        &self,
        capacity: usize,
        make: impl Fn() -> T + Send + Sync + 'static,
        map: impl Fn(&T) -> T,
    ) -> Self {
        let mapped = |shard: &RwLock<Shard<T>>| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let entries = shard.entries.iter();
            RwLock::new(Shard {
                places: shard.places.clone(),
                entries: entries
                    .map(|(key, state)| (*key, Arc::new(map(state))))
                    .collect(),
                hand: shard.hand,
            })
        };
        Self {
            shared: Arc::new(map(&self.shared)),
            shards: self.shards.iter().map(mapped).collect(),
            settings: RwLock::new(Settings::new(capacity, make)),
        }
    }

    /// The state of `key`, made if there is none.
    pub(crate) fn get(&self, key: Key, now: Timestamp) -> Arc<T> {
        if key == Key::ALL {
            return Arc::clone(&self.shared);
        }
        let shard = self.shard(key);
        if let Some(state) = shard
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
        {
            return Arc::clone(state);
        }
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        let settings = self.settings.read().unwrap_or_else(PoisonError::into_inner);
        let made = shard.get_or_make(key, &settings, now);
        Arc::clone(made.unwrap_or(&self.shared))
    }

    /// The state of `key`, if it has one.
    pub(crate) fn peek(&self, key: Key) -> Option<Arc<T>> {
        if key == Key::ALL {
            return Some(Arc::clone(&self.shared));
        }
        let shard = self.shard(key);
        shard
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    /// What the state of `key` says, if it has one. That of [`Key::ALL`] is not held for it: its count is everybody's.
    #[inline]
    pub(crate) fn ask<R>(&self, key: Key, ask: impl FnOnce(&T) -> R) -> Option<R> {
        if key == Key::ALL {
            return Some(ask(&self.shared));
        }
        self.peek(key).map(|state| ask(&state))
    }

    /// By the upper half of the digest: the lower half chooses the place in the shard's own map.
    fn shard(&self, key: Key) -> &RwLock<Shard<T>> {
        let upper = key.digest() >> 32;
        &self.shards[usize::try_from(upper % SHARDS as u64).unwrap_or(0)]
    }

    /// The state of everything that has no key of its own.
    pub(crate) fn shared(&self) -> &Arc<T> {
        &self.shared
    }

    /// All keys that have a state of their own, in no order. For pages and tests, not for calls.
    pub(crate) fn all(&self) -> Vec<(Key, Arc<T>)> {
        let entries = |shard: &RwLock<Shard<T>>| {
            shard
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .entries
                .clone()
        };
        self.shards.iter().flat_map(entries).collect()
    }
}

impl<T> Settings<T> {
    fn new(capacity: usize, make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            capacity: capacity.div_ceil(SHARDS),
            make: Box::new(make),
        }
    }
}

struct Shard<T> {
    places: HashMap<Key, usize, BuildHasherDefault<Digest>>,
    entries: Vec<(Key, Arc<T>)>,
    /// Where the search for an idle state goes on, so that all are looked at in turn.
    hand: usize,
}

impl<T> Default for Shard<T> {
    fn default() -> Self {
        Self {
            places: HashMap::default(),
            entries: Vec::new(),
            hand: 0,
        }
    }
}

impl<T: State> Shard<T> {
    fn get(&self, key: Key) -> Option<&Arc<T>> {
        self.places.get(&key).map(|place| &self.entries[*place].1)
    }

    fn get_or_make(&mut self, key: Key, settings: &Settings<T>, now: Timestamp) -> Option<&Arc<T>> {
        let Settings { capacity, make } = settings;
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None if self.entries.len() < *capacity => {
                self.entries.push((key, Arc::new(make())));
                self.entries.len() - 1
            }
            None => {
                let place = self.idle(now)?;
                let (gone, _) =
                    std::mem::replace(&mut self.entries[place], (key, Arc::new(make())));
                self.places.remove(&gone);
                place
            }
        };
        self.places.insert(key, place);
        Some(&self.entries[place].1)
    }

    /// A place whose state is idle and in nobody's hands, among the next few.
    fn idle(&mut self, now: Timestamp) -> Option<usize> {
        let count = self.entries.len();
        let looks = LOOKS.min(count);
        let found = (0..looks)
            .map(|look| (self.hand + look) % count)
            .find(|place| {
                let state = &self.entries[*place].1;
                // Held elsewhere, it may change as soon as we have looked.
                Arc::strong_count(state) == 1 && state.is_idle(now)
            });
        self.hand = (self.hand + looks) % count.max(1);
        found
    }
}

/// A key is a digest already: hashing it again would add nothing.
#[derive(Default)]
struct Digest(u64);

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }

    fn write_isize(&mut self, number: isize) {
        self.0 ^= number.cast_unsigned() as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::hash::RandomState;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use buttress_core::key::KeyKind;

    use super::*;

    #[derive(Default)]
    struct Busy(AtomicBool);

    impl State for Busy {
        fn is_idle(&self, _now: Timestamp) -> bool {
            !self.0.load(Ordering::Relaxed)
        }
    }

    const NOW: Timestamp = Timestamp::from_nanos(1);

    fn keyed(capacity: usize) -> (Keyed<Busy>, impl Fn(usize) -> Key) {
        let secret = RandomState::new();
        (Keyed::new(capacity, Busy::default), move |n| {
            Key::new(KeyKind::Custom, n, &secret)
        })
    }

    #[test]
    fn a_key_finds_its_own_state_again() {
        let (keyed, key) = keyed(100);
        let state = keyed.get(key(1), NOW);
        assert!(Arc::ptr_eq(&state, &keyed.get(key(1), NOW)));
        assert!(!Arc::ptr_eq(&state, &keyed.get(key(2), NOW)));
        assert!(keyed.peek(key(3)).is_none());
    }

    #[test]
    fn a_flood_of_keys_is_bounded_and_does_not_push_out_the_busy() {
        let (keyed, key) = keyed(640);
        let busy: Vec<_> = (0..100).map(|n| keyed.get(key(n), NOW)).collect();
        busy.iter()
            .for_each(|state| state.0.store(true, Ordering::Relaxed));
        let busy: Vec<_> = busy.iter().map(Arc::downgrade).collect();
        for n in 1_000..100_000 {
            keyed.get(key(n), NOW);
        }
        assert!(keyed.all().len() <= 640);
        for (n, state) in busy.iter().enumerate() {
            let found = keyed.peek(key(n)).map(|found| Arc::downgrade(&found));
            assert!(found.is_some_and(|found| found.ptr_eq(state)), "{n}");
        }
    }

    /// Counts the looks at all states of one map.
    struct Watched {
        looks: Arc<AtomicUsize>,
        is_busy: AtomicBool,
    }

    impl State for Watched {
        fn is_idle(&self, _now: Timestamp) -> bool {
            self.looks.fetch_add(1, Ordering::Relaxed);
            !self.is_busy.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn however_many_keys_come_each_costs_some_looks_and_no_more() {
        let (secret, looks) = (RandomState::new(), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&looks);
        let keyed = Keyed::new(640, move || Watched {
            looks: Arc::clone(&seen),
            is_busy: AtomicBool::new(true),
        });
        let look_up = |n: usize| keyed.get(Key::new(KeyKind::Custom, n, &secret), NOW);
        for n in 0..100_000 {
            let before = looks.load(Ordering::Relaxed);
            look_up(n);
            let made = looks.load(Ordering::Relaxed) - before;
            assert!(made <= LOOKS, "{made} looks for the {n}th key");
        }
        // Whoever is idle again is found, as the hand comes by all in turn.
        let all = keyed.all();
        all.iter()
            .for_each(|(_, state)| state.is_busy.store(false, Ordering::Relaxed));
        drop(all);
        assert!(!Arc::ptr_eq(&look_up(200_000), keyed.shared()));
    }

    #[test]
    fn one_idle_state_among_busy_ones_is_found_by_a_few_newcomers() {
        let (keyed, key) = keyed(SHARDS * 100);
        for n in 0..100_000 {
            keyed.get(key(n), NOW).0.store(true, Ordering::Relaxed);
        }
        let all = keyed.all();
        let (gone, idle) = all.last().unwrap();
        idle.0.store(false, Ordering::Relaxed);
        let gone = *gone;
        drop(all);
        // A shard is come by in as many newcomers of its own as it has eights of states.
        let newcomers = SHARDS * 100usize.div_ceil(LOOKS) * 4;
        (200_000..200_000 + newcomers).for_each(|n| drop(keyed.get(key(n), NOW)));
        assert!(keyed.peek(gone).is_none());
    }

    #[test]
    fn where_all_are_busy_newcomers_share_one_state() {
        let (keyed, key) = keyed(64);
        for n in 0..1_000 {
            keyed.get(key(n), NOW).0.store(true, Ordering::Relaxed);
        }
        let (one, other) = (keyed.get(key(5_000), NOW), keyed.get(key(6_000), NOW));
        assert!(Arc::ptr_eq(&one, keyed.shared()) && Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn a_state_that_somebody_holds_is_not_forgotten() {
        let (keyed, key) = keyed(64);
        let held: Vec<_> = (0..2_000).map(|n| (n, keyed.get(key(n), NOW))).collect();
        for (n, state) in held
            .iter()
            .filter(|(_, state)| !Arc::ptr_eq(state, keyed.shared()))
        {
            assert!(Arc::ptr_eq(state, &keyed.get(key(*n), NOW)));
        }
    }
}

//! Where broken services are replaced: what all clones share.

use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use buttress_core::failure;
use buttress_core::rebuild::{Advice, Rebuilds, Repair};
use buttress_core::{BoxError, Class, Event, Timestamp};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

use crate::observe::Watcher;
use crate::time::Clock;

pub(super) type Factory<S> = Arc<dyn Fn() -> BoxFuture<'static, Result<S, BoxError>> + Send + Sync>;

/// The fresh service, or when to try again. Polled by all that wait for it.
pub(super) type Build<S> = Shared<BoxFuture<'static, Result<Fresh<S>, Timestamp>>>;

/// A service for all clones to copy. Behind an `Arc`, so that the user's `clone` is not called under the lock.
pub(super) struct Fresh<S> {
    pub(super) service: Arc<S>,
    pub(super) generation: u64,
}

/// What a caller is told that cannot use the service it has.
pub(super) enum Offer<S> {
    /// A fresh one, or after all its own.
    Use(Option<Fresh<S>>),
    Build(Build<S>),
    NotBefore(Timestamp),
}

pub(super) struct Shop<S> {
    pub(super) factory: Factory<S>,
    pub(super) policy: Rebuilds,
    pub(super) clock: Clock,
    pub(super) watcher: Watcher,
    /// Copies of what stands in the state, for calls that find everything well. A call that reads an old value does
    /// what it would have done a moment earlier.
    generation: AtomicU64,
    is_sound: AtomicBool,
    state: Mutex<State<S>>,
}

struct State<S> {
    repair: Repair,
    random: fastrand::Rng,
    fresh: Option<Fresh<S>>,
    build: Option<Build<S>>,
}

impl<S> Shop<S> {
    pub(super) fn new(
        factory: Factory<S>,
        policy: Rebuilds,
        clock: Clock,
        watcher: Watcher,
    ) -> Self {
        let state = State {
            repair: Repair::new(policy),
            random: fastrand::Rng::new(),
            fresh: None,
            build: None,
        };
        Self {
            factory,
            policy,
            clock,
            watcher,
            generation: AtomicU64::new(0),
            is_sound: AtomicBool::new(true),
            state: Mutex::new(state),
        }
    }

    /// What is to be used instead of `generation`, if anything is.
    pub(super) fn instead_of(&self, generation: u64) -> Option<Fresh<S>> {
        if self.generation.load(Ordering::Relaxed) == generation {
            return None;
        }
        self.lock().fresh.clone()
    }

    /// Whether a service that is ready may be used.
    pub(super) fn is_usable(&self) -> bool {
        self.is_sound.load(Ordering::Relaxed)
            || self.lock().repair.advice(self.clock.now()) == Advice::Use
    }

    /// An attempt on `generation` ended well, or with `error`.
    pub(super) fn ended(&self, generation: u64, error: Option<&BoxError>) {
        let class = error.map_or(Class::Ok, |error| failure::outcome(&**error).class());
        if class == Class::Ok && self.is_sound.load(Ordering::Relaxed) {
            return;
        }
        let is_news = self.change(|state| state.repair.ended(generation, class));
        if is_news {
            self.watcher.observe(&Event::ServiceBroken { error: None });
        }
    }

    /// The service of `generation` will never be ready again.
    pub(super) fn broke(&self, generation: u64, error: &(dyn Error + 'static)) {
        if self.change(|state| state.repair.broke(generation)) {
            let error = Some(error);
            self.watcher.observe(&Event::ServiceBroken { error });
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State<S>) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state);
        self.generation
            .store(state.repair.generation(), Ordering::Relaxed);
        self.is_sound
            .store(state.repair.is_sound(), Ordering::Relaxed);
        changed
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Send + Sync + 'static> Shop<S> {
    /// What there is for a call that has no service that may be used.
    pub(super) fn offer(self: &Arc<Self>) -> Offer<S> {
        let now = self.clock.now();
        let mut state = self.lock();
        if let Some(build) = &state.build {
            return Offer::Build(build.clone());
        }
        match state.repair.advice(now) {
            Advice::Use => Offer::Use(state.fresh.clone()),
            Advice::NotBefore(time) => Offer::NotBefore(time),
            Advice::Rebuild => {
                let build = self.build();
                state.build = Some(build.clone());
                Offer::Build(build)
            }
        }
    }

    /// The work. It is kept in the state, and so must not keep the state.
    fn build(self: &Arc<Self>) -> Build<S> {
        let shop = Arc::downgrade(self);
        let factory = Arc::clone(&self.factory);
        let build = async move {
            let made = AssertUnwindSafe(async { factory().await }).catch_unwind();
            let made = made.await.unwrap_or_else(|payload| Err(panicked(payload)));
            let shop = shop.upgrade().ok_or(Timestamp::MAX)?;
            shop.built(made)
        };
        build.boxed().shared()
    }

    fn built(&self, made: Result<S, BoxError>) -> Result<Fresh<S>, Timestamp> {
        let now = self.clock.now();
        let (made, error) = match made {
            Ok(service) => (Some(Arc::new(service)), None),
            Err(error) => (None, Some(error)),
        };
        let mut replaced = None;
        let result = self.change(|state| {
            state.build = None;
            let State { repair, random, .. } = state;
            let Some(service) = made else {
                return Err(repair.failed(now, random));
            };
            repair.rebuilt(now, random);
            let generation = repair.generation();
            let fresh = Fresh {
                service,
                generation,
            };
            replaced = state.fresh.replace(fresh.clone());
            Ok(fresh)
        });
        // The user's code, and so not under the lock.
        drop(replaced);
        let error = error
            .as_deref()
            .map(|error| error as &(dyn Error + 'static));
        self.watcher.observe(&Event::ServiceRebuilt { error });
        result
    }
}

fn panicked(payload: Box<dyn Any + Send>) -> BoxError {
    // Its destructor may panic too, which would be the waiting callers' panic.
    std::mem::forget(payload);
    "the factory panicked".into()
}

impl<S> Clone for Fresh<S> {
    fn clone(&self) -> Self {
        Self {
            service: Arc::clone(&self.service),
            generation: self.generation,
        }
    }
}

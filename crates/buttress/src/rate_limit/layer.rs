use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::Observer;
use buttress_core::quota::adaptive::Increase;
use buttress_core::quota::{Learning, Quota};
use tower_layer::Layer;

use super::answers::Answers;
use super::handle::Handle;
use super::service::RateLimit;
use super::shared::{Common, Parts, Shared};
use super::terms::OnePerRequest;
use crate::key::Everything;
use crate::observe::Watcher;
use crate::time::Clock;

/// Sends no faster than a quota allows. See the [module](crate::rate_limit).
///
/// The quotas are shared by all services that one layer value makes, and by their clones. Of its type parameters, the first
/// three say what is asked of a request: its key, its terms, and who would refuse it further in. The last is
/// [`Answers`] where something is learned from responses, which then have to be a [`Carrier`](crate::Carrier), and `()`
/// where they may be anything.
pub struct RateLimitLayer<K = Everything, T = OnePerRequest, L = (), A = ()> {
    shared: Arc<Shared<K, T, L>>,
    answers: A,
}

impl RateLimitLayer {
    /// All of `quotas` at once, shared by everything that passes.
    pub fn new(quotas: impl IntoIterator<Item = Quota>) -> Self {
        let parts = Parts {
            keyer: Everything,
            terms: OnePerRequest,
            look: (),
        };
        Self {
            shared: Arc::new(Shared::new(parts, quotas.into_iter().collect())),
            answers: (),
        }
    }
}

impl<K: Clone, T: Clone, L: Clone, A> RateLimitLayer<K, T, L, A> {
    /// With quotas of its own for each key.
    #[must_use]
    pub fn with_keyer<K2>(self, keyer: K2) -> RateLimitLayer<K2, T, L, A> {
        self.with_parts(|Parts { terms, look, .. }| Parts { keyer, terms, look })
    }

    /// With other terms: what a call costs, and how long it may wait.
    #[must_use]
    pub fn with_terms<T2>(self, terms: T2) -> RateLimitLayer<K, T2, L, A> {
        self.with_parts(|Parts { keyer, look, .. }| Parts { keyer, terms, look })
    }

    /// With somebody to ask, after a wait, whether the call would be refused further in.
    #[must_use]
    pub fn with_look<L2>(self, look: L2) -> RateLimitLayer<K, T, L2, A> {
        self.with_parts(|Parts { keyer, terms, .. }| Parts { keyer, terms, look })
    }

    fn with_parts<K2, T2, L2>(
        self,
        change: impl FnOnce(Parts<K, T, L>) -> Parts<K2, T2, L2>,
    ) -> RateLimitLayer<K2, T2, L2, A> {
        let shared = Arc::unwrap_or_clone(self.shared).with_parts(change);
        RateLimitLayer {
            shared: Arc::new(shared),
            answers: self.answers,
        }
    }

    /// Learns from responses how much remains at the server: from the fields of a
    /// [`Grammar`](buttress_core::quota::Grammar), as they are sent by the servers of one provider.
    #[must_use]
    pub fn with_learning(self, learning: impl Into<Learning>) -> RateLimitLayer<K, T, L, Answers>
    where
        A: Into<Answers>,
    {
        self.with_answers(|answers| answers.with_learning(Some(learning.into())))
    }

    /// Finds a limit that nobody publishes by trying: with each answer that says "too fast" the rate falls, and it rises while
    /// none does. What `quotas` there are hold beside it.
    #[must_use]
    pub fn with_adaptive(self, rise: Increase) -> RateLimitLayer<K, T, L, Answers>
    where
        A: Into<Answers>,
    {
        self.with_answers(|answers| answers.with_adaptive(Some(rise)))
    }

    /// With what is learned from responses.
    #[must_use]
    pub fn with_answers(
        self,
        change: impl FnOnce(Answers) -> Answers,
    ) -> RateLimitLayer<K, T, L, Answers>
    where
        A: Into<Answers>,
    {
        let answers = change(self.answers.into());
        let mut shared = self.shared;
        let change = |settings: &mut super::shared::Settings| settings.answers = answers.clone();
        Arc::make_mut(&mut shared).with_settings(change);
        RateLimitLayer { shared, answers }
    }

    /// With pacing, or without: what is left of a quota is spread over the time until it is there again, instead of a burst
    /// and a stall.
    #[must_use]
    pub fn with_pacing(mut self, is_paced: bool) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        shared.with_settings(|settings| settings.is_paced = is_paced);
        self
    }

    /// With another bound on the wait for a slot. With zero, a call that cannot go at once is refused.
    #[must_use]
    pub fn with_max_wait(mut self, max_wait: Duration) -> Self {
        Arc::make_mut(&mut self.shared).max_wait = max_wait;
        self
    }

    /// With another bound on the number of keys that have quotas of their own.
    #[must_use]
    pub fn with_capacity(mut self, keys: usize) -> Self {
        let shared = Arc::make_mut(&mut self.shared);
        shared.with_settings(|settings| settings.capacity = keys);
        self
    }

    /// With the keyer of `old` and with what it knows of each key: what is used stays used, of the quota with the same
    /// period that counts the same. The quotas of `old` become these, for whoever goes on using it, too.
    #[must_use]
    pub fn with_state_of<A2>(mut self, old: &RateLimitLayer<K, T, L, A2>) -> Self {
        Arc::make_mut(&mut self.shared).take_over(&old.shared);
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.common_mut().clock = clock;
        self
    }

    /// With an observer, which is told what this layer does.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.common_mut().watcher = Watcher::new(observer);
        self
    }

    fn common_mut(&mut self) -> &mut Common<L> {
        Arc::make_mut(&mut Arc::make_mut(&mut self.shared).common)
    }
}

impl<K, T, L, A> RateLimitLayer<K, T, L, A> {
    /// To look at the quotas, and to change them. To be taken last: what changes how they are kept (capacity, pacing, what
    /// is learned) begins with new ones, of which an earlier handle does not know.
    pub fn handle(&self) -> Handle<K, T, L> {
        Handle::new(Arc::clone(&self.shared))
    }
}

impl<S, K, T, L, A: Clone> Layer<S> for RateLimitLayer<K, T, L, A> {
    type Service = RateLimit<S, K, T, L, A>;

    fn layer(&self, inner: S) -> RateLimit<S, K, T, L, A> {
        RateLimit::new(inner, Arc::clone(&self.shared), self.answers.clone())
    }
}

impl<K, T, L, A: Clone> Clone for RateLimitLayer<K, T, L, A> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            answers: self.answers.clone(),
        }
    }
}

impl<K, T, L, A> fmt::Debug for RateLimitLayer<K, T, L, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitLayer")
            .field("quotas", &self.shared.quotas())
            .field("max_wait", &self.shared.max_wait)
            .finish_non_exhaustive()
    }
}

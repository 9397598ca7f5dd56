use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use buttress_core::classify::Rule;
use buttress_core::policy::{
    Breaker, Concurrency, Cooldown, Policy, ProfileName, RateLimit, Retry, Upstream, UpstreamName,
};
use buttress_core::{Invalid, Observer};

use super::built::Common;
use super::layer::Stack;
use crate::time::Clock;
use crate::upstreams::{Making, Observers, Upstreams};

/// Says part by part what a [`Policy`] says. The names are those of a configuration.
///
/// What cannot be is told by [`build`](Self::build).
#[derive(Clone)]
#[must_use = "nothing is built yet"]
pub struct Builder {
    policy: Result<Policy, Invalid>,
    common: Common,
    observers: Option<Observers>,
}

impl Common {
    /// The same, with another observer.
    pub(crate) fn told_to(self, observer: Arc<dyn Observer>) -> Self {
        let observer = Some(observer);
        Self { observer, ..self }
    }
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            policy: Ok(Policy::default()),
            common: Common::default(),
            observers: None,
        }
    }

    /// The provider whose answers are to be understood. `generic` by default.
    pub fn profile(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.then(|policy| Ok(policy.with_profile(ProfileName::new(name)?)))
    }

    /// How long a call may take in all.
    pub fn deadline(self, deadline: impl Into<Option<Duration>>) -> Self {
        self.then(|policy| policy.with_deadline(deadline))
    }

    /// How long one attempt may take.
    pub fn attempt_timeout(self, limit: impl Into<Option<Duration>>) -> Self {
        self.then(|policy| policy.with_attempt_timeout(limit))
    }

    /// Whether a panic of what is inside becomes an outcome.
    pub fn isolation(self, isolation: bool) -> Self {
        self.then(|policy| Ok(policy.with_isolation(isolation)))
    }

    /// Whether what would be refused further in is refused before it queues.
    pub fn fail_fast(self, fail_fast: bool) -> Self {
        self.then(|policy| Ok(policy.with_fail_fast(fail_fast)))
    }

    /// Whether and when a call is tried again.
    pub fn retry(self, retry: impl Into<Option<Retry>>) -> Self {
        self.then(|policy| Ok(policy.with_retry(retry)))
    }

    /// How all who share a limit wait when one of them is told to.
    pub fn cooldown(self, cooldown: impl Into<Option<Cooldown>>) -> Self {
        self.then(|policy| Ok(policy.with_cooldown(cooldown)))
    }

    /// How many attempts may be in flight.
    pub fn concurrency(self, concurrency: impl Into<Option<Concurrency>>) -> Self {
        self.then(|policy| Ok(policy.with_concurrency(concurrency)))
    }

    /// How fast to send.
    pub fn rate_limit(self, rate_limit: impl Into<Option<RateLimit>>) -> Self {
        self.then(|policy| Ok(policy.with_rate_limit(rate_limit)))
    }

    /// When a server is left alone.
    pub fn breaker(self, breaker: impl Into<Option<Breaker>>) -> Self {
        self.then(|policy| Ok(policy.with_breaker(breaker)))
    }

    /// All of a policy at once. What was said before is forgotten.
    pub fn policy(self, policy: Policy) -> Self {
        Self {
            policy: Ok(policy),
            ..self
        }
    }

    /// With a rule that is asked before the profile's, and after those that were given before.
    pub fn with_rule(mut self, rule: impl Rule + 'static) -> Self {
        self.common.rules = self.common.rules.then(rule);
        self
    }

    /// With an observer, which every layer tells what it does.
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.common.observer = Some(observer);
        self
    }

    /// With an observer for each upstream, which is asked for when its stack is made: an event does not say which upstream
    /// it is of. It takes the place of [`with_observer`](Self::with_observer), and counts for
    /// [`upstreams`](Self::upstreams) alone.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use buttress::observe::Observer;
    /// use buttress::stack::Stack;
    ///
    /// struct Log(String);
    ///
    /// impl Observer for Log {}
    ///
    /// let builder = Stack::builder().with_observers(|name, _policy| Arc::new(Log(name.to_string())));
    /// # let _ = builder;
    /// ```
    pub fn with_observers<F>(mut self, observers: F) -> Self
    where
        F: Fn(&UpstreamName, &Policy) -> Arc<dyn Observer> + Send + Sync + 'static,
    {
        self.observers = Some(Arc::new(observers));
        self
    }

    /// With a `tracing` span for each call, and one for each of its attempts.
    #[cfg(feature = "tracing")]
    pub fn with_spans(mut self) -> Self {
        self.common.has_spans = true;
        self
    }

    /// With another clock, in every layer.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.common.clock = clock;
        self
    }

    /// With random numbers that can be repeated, for tests.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.common.seed = Some(seed);
        self
    }

    /// The stack.
    ///
    /// # Errors
    ///
    /// If something was said that cannot be, the first of it; or if there is no such profile.
    pub fn build(self) -> Result<Stack, Invalid> {
        Stack::with(self.policy?, self.common)
    }

    /// A stack for each of `upstreams`, by its own policy, with the rules, the observers and the clock that were said here.
    ///
    /// # Errors
    ///
    /// As [`Upstreams::new`].
    pub fn upstreams(
        self,
        upstreams: impl IntoIterator<Item = (UpstreamName, Upstream)>,
    ) -> Result<Upstreams, Invalid> {
        Upstreams::with(upstreams, Making::new(self.common, self.observers))
    }

    fn then(self, change: impl FnOnce(Policy) -> Result<Policy, Invalid>) -> Self {
        Self {
            policy: self.policy.and_then(change),
            ..self
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

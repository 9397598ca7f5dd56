use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use buttress_core::Invalid;
use buttress_core::budget::Budget;
use buttress_core::policy::Policy;
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::builder::Builder;
use super::built::{Built, Common};
use super::client::HttpClient;
use super::future::ResponseFuture;
use super::price::Price;
use super::service::Stacked;
use super::tower::Looks;
use crate::key::By;
use crate::{breaker, concurrency, cooldown, rate_limit};

/// All layers that a policy asks for, in the one order. See the [module](crate::stack).
///
/// Clones, and the services that they make, are one stack: they share its state, and a [reload](Self::reload) of one is
/// one of all.
#[derive(Clone)]
pub struct Stack {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    common: Common,
    /// How often the policy has been changed. Read by each service when it is asked to be ready, and written under the lock.
    generation: AtomicU64,
    built: RwLock<Arc<Built>>,
}

impl Stack {
    /// The layers of `policy`.
    ///
    /// # Errors
    ///
    /// If there is no profile of its name.
    pub fn new(policy: Policy) -> Result<Self, Invalid> {
        Self::with(policy, Common::default())
    }

    /// To say part by part what a policy says, and who is to be told.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn with(policy: Policy, common: Common) -> Result<Self, Invalid> {
        let built = Arc::new(Built::new(policy, &common, None)?);
        let shared = Shared {
            common,
            generation: AtomicU64::new(0),
            built: RwLock::new(built),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Goes on by another policy. See the [module](crate::stack#reload).
    ///
    /// # Errors
    ///
    /// As [`Stack::new`]. The former policy then stays.
    pub fn reload(&self, mut policy: Policy) -> Result<(), Invalid> {
        loop {
            let (generation, old) = self.shared.current();
            // Not under the lock: whoever may go sooner by the new policy is woken.
            let built = Arc::new(Built::new(policy, &self.shared.common, Some(&old))?);
            if self.shared.turn(generation, &built) {
                return Ok(());
            }
            policy = built.policy.clone();
        }
    }

    /// The policy that holds now.
    pub fn policy(&self) -> Policy {
        self.shared.current().1.policy.clone()
    }

    /// The layers that there are, by their names, from the outermost to the innermost.
    pub fn layers(&self) -> Vec<&'static str> {
        self.shared.current().1.layers.names()
    }

    /// The pauses, if there is a cooldown. As all handles of a stack: of the policy that holds now.
    pub fn cooldown(&self) -> Option<cooldown::Handle<By>> {
        let (_, built) = self.shared.current();
        Some(built.layers.cooldown.as_ref()?.handle())
    }

    /// The places, if attempts in flight are bounded.
    pub fn concurrency(&self) -> Option<concurrency::Handle> {
        let (_, built) = self.shared.current();
        Some(built.layers.concurrency.as_ref()?.handle())
    }

    /// The quotas, if there is a rate limit.
    pub fn rate_limit(&self) -> Option<rate_limit::Handle<By, Price, Looks>> {
        let (_, built) = self.shared.current();
        Some(built.layers.rate_limit.as_ref()?.handle())
    }

    /// The circuits, if there is a breaker.
    pub fn breaker(&self) -> Option<breaker::Handle<By>> {
        let (_, built) = self.shared.current();
        Some(built.layers.breaker.as_ref()?.handle())
    }

    /// The retry budget, if there are retries.
    pub fn budget(&self) -> Option<Arc<Budget>> {
        self.shared.current().1.budget.clone()
    }
}

impl Stack {
    /// Calls `ready`, which was made ready, through the layers that hold now.
    pub(crate) fn call_once<S: HttpClient<B>, B>(
        &self,
        ready: S,
        mut request: Request<B>,
    ) -> ResponseFuture<S, B> {
        let (_, built) = self.shared.current();
        if let Some(naming) = built.naming {
            naming.write(&mut request);
        }
        // No layer adds anything to readiness, so that none has to be asked for it.
        let mut tower = built.layers.around(ready);
        ResponseFuture::new(tower.call(request))
    }
}

impl Shared {
    /// How often the policy has been changed.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// What holds now, and its number.
    pub(super) fn current(&self) -> (u64, Arc<Built>) {
        let built = self.built.read().unwrap_or_else(PoisonError::into_inner);
        (self.generation(), Arc::clone(&built))
    }

    /// `built` holds from now on, unless something else does by now than at `generation`.
    fn turn(&self, generation: u64, built: &Arc<Built>) -> bool {
        let mut current = self.built.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation() != generation {
            return false;
        }
        let old = std::mem::replace(&mut *current, Arc::clone(built));
        self.generation.store(generation + 1, Ordering::Release);
        drop(current);
        drop(old);
        true
    }
}

impl<S: Clone> Layer<S> for Stack {
    type Service = Stacked<S>;

    fn layer(&self, client: S) -> Stacked<S> {
        Stacked::new(client, self.clone())
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("policy", &self.shared.current().1.policy)
            .finish_non_exhaustive()
    }
}

//! How the stacks of upstreams are made.

use std::sync::Arc;

use buttress_core::policy::{Policy, UpstreamName};
use buttress_core::{Invalid, Observer};

use crate::stack::{Common, Stack};

/// Who is told of an upstream.
pub(crate) type Observers = Arc<dyn Fn(&UpstreamName, &Policy) -> Arc<dyn Observer> + Send + Sync>;

/// What all stacks have in common, and who is told of each.
#[derive(Clone, Default)]
pub(crate) struct Making {
    common: Common,
    observers: Option<Observers>,
}

impl Making {
    pub(crate) const fn new(common: Common, observers: Option<Observers>) -> Self {
        Self { common, observers }
    }

    pub(super) fn stack(&self, name: &UpstreamName, policy: &Policy) -> Result<Stack, Invalid> {
        let common = self.common.clone();
        let common = match &self.observers {
            Some(observers) => common.told_to(observers(name, policy)),
            None => common,
        };
        Stack::with(policy.clone(), common)
    }

    /// A stack of which nobody in particular is told.
    pub(super) fn nameless(&self, policy: Policy) -> Result<Stack, Invalid> {
        Stack::with(policy, self.common.clone())
    }
}

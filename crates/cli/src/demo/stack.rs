//! The clients: one without Buttress, and the stack.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use buttress::breaker::State;
use buttress::core::{BoxError, Event, Invalid, Observer};
use buttress::reqwest::Transport;
use buttress::stack::policy::Policy;
use buttress::stack::{Stack, StackBody};
use http::{Request, Response};
use reqwest::Body;
use tower::Layer;
use tower::util::BoxCloneSyncService;

use super::jobs::Clients;
use super::policies::{COMMENTS, COMPLETIONS, Policies};
use super::watch::Watch;

/// A client in a stack.
pub(crate) type Client = BoxCloneSyncService<Request<Body>, Response<StackBody<Body>>, BoxError>;

/// Each call is sent once. The classifier is there for the report alone: it names the failures, and changes nothing.
pub(crate) fn bare(policies: &Policies) -> Result<Clients, BoxError> {
    let transport = Transport::new(http_client().build()?);
    let client = |policy: &Policy| {
        let client = judged(policy)?.layer(transport.clone());
        Ok::<_, Invalid>(BoxCloneSyncService::new(client))
    };
    Ok(Clients {
        completions: client(&policies.completions)?,
        comments: client(&policies.comments)?,
        circuits: Arc::default(),
    })
}

/// The profile of `policy`, and nothing else of it.
pub(crate) fn judged(policy: &Policy) -> Result<Stack, Invalid> {
    Stack::new(Policy::bare(policy.profile().clone()))
}

/// For each of the two upstreams the stack of its policy, around one client. Whatever is not a policy's is said here.
pub(crate) fn buttress(
    policies: &Policies,
    seed: u64,
    watch: &mut Watch,
) -> Result<Clients, BoxError> {
    let transport = Transport::build(http_client())?;
    let circuits = Arc::new(Circuits::default());
    let mut client = |name, policy: &Policy| {
        let watched = watch.upstream(name, policy);
        let stack = Stack::builder()
            .policy(policy.clone())
            .with_seed(seed)
            .with_observer(watched.observer(Arc::clone(&circuits) as Arc<dyn Observer>))
            .build()?;
        watch.add(watched, stack.clone());
        Ok::<_, Invalid>(BoxCloneSyncService::new(stack.layer(transport.clone())))
    };
    Ok(Clients {
        completions: client(COMPLETIONS, &policies.completions)?,
        comments: client(COMMENTS, &policies.comments)?,
        circuits,
    })
}

/// What the circuits of a run did.
#[derive(Debug, Default)]
pub(crate) struct Circuits {
    opened: AtomicU64,
}

impl Circuits {
    /// How often one of them opened.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}

impl Observer for Circuits {
    fn observe(&self, event: &Event<'_>) {
        if let Event::BreakerChanged { change, .. } = event {
            let opened = u64::from(change.to == State::Open);
            self.opened.fetch_add(opened, Ordering::Relaxed);
        }
    }
}

/// The server is on this machine, whatever proxy the environment names.
fn http_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

//! The server and its handle.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};

use crate::shared::Shared;
use crate::{Config, Fault, Snapshot, connection};

/// How many clients may knock at once: one that is not let in queue tries again a whole second later.
const BACKLOG: u32 = 1_024;

/// After a failure to accept: long enough not to spin, too short to be noticed.
const PAUSE: Duration = Duration::from_millis(10);

/// A server on a free port of the loopback interface, that lives as long as this value.
///
/// Dropping it ends its tasks, open connections and all. They end where they are: a client in the middle of an answer
/// sees the connection close.
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Server {
    /// Binds a port and serves it on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If there is no current runtime, or no port to bind.
    ///
    /// # Panics
    ///
    /// If the runtime has no IO driver. Without a time driver, the first pause panics.
    pub fn start(config: Config) -> io::Result<Self> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(config));
        let accepting = runtime.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            addr,
            shared,
            accepting: accepting.abort_handle(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What it has seen up to now.
    #[must_use]
    pub fn seen(&self) -> Snapshot {
        self.shared.seen()
    }

    /// Has `fault` happen to the next request that has none yet; each is taken once, in order of the pushes and of the
    /// heads of requests as they arrive. A script goes before an outage, an outage before a storm, and a storm before
    /// the shares of the configuration.
    pub fn push_fault(&self, fault: Fault) {
        self.shared.plan(|plan| plan.push(fault));
    }

    /// Has `fault` happen to all requests until [`calm`](Self::calm). A new storm replaces the one before.
    pub fn storm(&self, fault: Fault) {
        self.shared.plan(|plan| plan.storm(fault, None));
    }

    /// Has `fault` happen to the next `requests`.
    pub fn storm_for(&self, fault: Fault, requests: u64) {
        self.shared.plan(|plan| plan.storm(fault, Some(requests)));
    }

    /// Goes down: has `fault` happen to all requests for `length`, which is not scaled. A new outage replaces the one
    /// before.
    pub fn go_down(&self, fault: Fault, length: Duration) {
        self.shared.go_down(fault, length);
    }

    /// Ends the outage and the storm, and forgets the pushed faults. The shares of the configuration stay.
    pub fn calm(&self) {
        self.shared.plan(crate::fault::Plan::calm);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Server")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

// Owns all the tasks: aborted, it takes them with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let most = shared.config.max_connections;
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < most => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream, Arc::clone(&shared)));
                }
                // The client left before it was accepted, or files ran out and others have to close theirs.
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
        }
    }
}

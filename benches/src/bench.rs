//! The rows: what can be run, each under its name.

use std::hint::black_box;
use std::thread;

use tokio::runtime::Runtime;
use tower::{BoxError, Service, ServiceExt};

use crate::load::{Http, Load, Unit};

/// Runs one batch of that many calls.
type Batch = Box<dyn FnMut(&Runtime, u64) -> Result<(), BoxError>>;

/// Something that is run and measured.
pub(crate) struct Row {
    /// Its name, of which there is one.
    pub(crate) name: &'static str,
    /// The row that its net is less; none for a function, which has nothing beneath it.
    pub(crate) floor: Option<&'static str>,
    /// The row that it is compared with.
    pub(crate) peer: Option<&'static str>,
    /// Runs it. Dynamic once per batch; the loop inside is compiled for its own types.
    pub(crate) batch: Batch,
}

/// All rows, in the order in which they are shown.
pub(crate) struct Bench {
    rows: Vec<Row>,
}

impl Bench {
    /// The floors, and nothing else yet.
    pub(crate) fn new() -> Self {
        let mut bench = Self { rows: Vec::new() };
        bench.floor::<Unit>();
        bench.floor::<Http>();
        bench
    }

    /// Adds the row that the rows of this load are less.
    fn floor<L: Load>(&mut self) {
        self.rows.push(Row {
            name: L::FLOOR,
            floor: Some(L::FLOOR),
            peer: None,
            batch: service_batch::<L, _>(L::inner()),
        });
    }

    /// Adds a service, called with the requests of `L`. `peer` names the row to compare it with: one on the same load,
    /// for the ratio to mean something.
    pub(crate) fn row<L, S>(&mut self, name: &'static str, peer: Option<&'static str>, service: S)
    where
        L: Load,
        S: Service<L::Request, Error: Into<BoxError>> + 'static,
    {
        self.rows.push(Row {
            name,
            floor: Some(L::FLOOR),
            peer,
            batch: service_batch::<L, _>(service),
        });
    }

    /// Adds a function, for what is not a service: a decision, a check. Its net is all of it.
    pub(crate) fn function<T, F>(
        &mut self,
        name: &'static str,
        peer: Option<&'static str>,
        mut function: F,
    ) where
        F: FnMut() -> T + 'static,
    {
        self.rows.push(Row {
            name,
            floor: None,
            peer,
            batch: Box::new(move |_, calls| {
                (0..calls).for_each(|_| drop(black_box(function())));
                Ok(())
            }),
        });
    }

    /// Adds a function that two threads call at once, each as often. Its net is what a call takes on either, with the
    /// threads' start, some nanoseconds, shared among a batch's calls.
    pub(crate) fn contended<F>(&mut self, name: &'static str, function: F)
    where
        F: Fn() + Sync + 'static,
    {
        self.rows.push(Row {
            name,
            floor: None,
            peer: None,
            batch: Box::new(move |_, calls| {
                let function = &function;
                let work = move || (0..calls).for_each(|_| function());
                thread::scope(|scope| {
                    scope.spawn(work);
                    work();
                });
                Ok(())
            }),
        });
    }

    /// Adds a service that two threads call at once, each through a clone of its own. Its net is what a call takes on
    /// either; allocations are those of one thread.
    pub(crate) fn contended_row<L, S>(
        &mut self,
        name: &'static str,
        peer: Option<&'static str>,
        service: S,
    ) where
        L: Load,
        S: Service<L::Request, Error: Into<BoxError>> + Clone + Send + 'static,
    {
        self.rows.push(Row {
            name,
            floor: Some(L::FLOOR),
            peer,
            batch: Box::new(move |runtime, calls| {
                let runtime = runtime.handle();
                let work = |mut service: S| runtime.block_on(send(&L::new(), &mut service, calls));
                let (here, elsewhere) = (service.clone(), service.clone());
                thread::scope(|scope| {
                    let elsewhere = scope.spawn(|| work(elsewhere));
                    work(here)?;
                    elsewhere.join().map_err(|_| "a thread panicked")?
                })
            }),
        });
    }

    /// The rows whose name contains `filter`, with the rows that those are measured against, in order.
    ///
    /// # Errors
    ///
    /// If two rows have one name, a row names another that is not there, or the filter leaves none.
    pub(crate) fn select(self, filter: Option<&str>) -> Result<Vec<Row>, BoxError> {
        self.check()?;
        let filter = filter.unwrap_or_default();
        let wanted = self.wanted(filter);
        if wanted.is_empty() {
            return Err(format!("no row's name contains `{filter}`").into());
        }
        let rows = self.rows.into_iter();
        Ok(rows.filter(|row| wanted.contains(&row.name)).collect())
    }

    /// Calls one row so often. Not inlined: a profiler is told to count what is inside it.
    ///
    /// # Errors
    ///
    /// If no row has this name, or a call fails.
    #[inline(never)]
    pub(crate) fn drive(
        &mut self,
        runtime: &Runtime,
        name: &str,
        calls: u64,
    ) -> Result<(), BoxError> {
        let mut rows = self.rows.iter_mut();
        let row = rows.find(|row| row.name == name);
        let row = row.ok_or_else(|| format!("no row is called `{name}`"))?;
        (row.batch)(runtime, calls)
    }

    /// The names to run.
    fn wanted(&self, filter: &str) -> Vec<&'static str> {
        let named = |row: &&Row| row.name.contains(filter);
        let matching: Vec<_> = self.rows.iter().filter(named).collect();
        let peers = matching.iter().filter_map(|row| row.peer);
        let peers = peers.filter_map(|peer| self.rows.iter().find(|row| row.name == peer));
        let with_peers = matching.iter().copied().chain(peers);
        with_peers
            .flat_map(|row| [Some(row.name), row.floor])
            .flatten()
            .collect()
    }

    fn check(&self) -> Result<(), BoxError> {
        for (at, row) in self.rows.iter().enumerate() {
            let name = row.name;
            if self.rows.iter().take(at).any(|other| other.name == name) {
                return Err(format!("two rows are called `{name}`").into());
            }
            if let Some(peer) = row.peer
                && !self.rows.iter().any(|other| other.name == peer)
            {
                return Err(format!("`{name}` is compared with `{peer}`, which is no row").into());
            }
        }
        Ok(())
    }
}

/// A batch that calls `service`.
fn service_batch<L, S>(mut service: S) -> Batch
where
    L: Load,
    S: Service<L::Request, Error: Into<BoxError>> + 'static,
{
    let load = L::new();
    Box::new(move |runtime, calls| runtime.block_on(send(&load, &mut service, calls)))
}

/// Sends requests one after another, each through readiness, as a caller does.
async fn send<L, S>(load: &L, service: &mut S, calls: u64) -> Result<(), BoxError>
where
    L: Load,
    S: Service<L::Request, Error: Into<BoxError>>,
{
    for _ in 0..calls {
        let request = black_box(load.request());
        let ready = service.ready().await.map_err(Into::into)?;
        let response = ready.call(request).await.map_err(Into::into)?;
        drop(black_box(response));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(filter: &str) -> Vec<&'static str> {
        let mut bench = Bench::new();
        bench.function("theirs", None, || ());
        bench.row::<Unit, _>("ours", Some("theirs"), Unit::inner());
        let rows = bench.select(Some(filter)).unwrap();
        rows.iter().map(|row| row.name).collect()
    }

    #[test]
    fn a_filter_keeps_what_a_row_is_measured_against() {
        assert_eq!(names("ours"), ["floor", "theirs", "ours"]);
        assert_eq!(names("theirs"), ["theirs"]);
        assert_eq!(names("").len(), 4);
    }

    #[test]
    fn a_name_twice_is_refused() {
        let mut bench = Bench::new();
        bench.function("floor", None, || ());
        assert!(bench.select(None).is_err());
    }

    #[test]
    fn a_peer_that_is_not_there_is_refused() {
        let mut bench = Bench::new();
        bench.function("ours", Some("theirs"), || ());
        assert!(bench.select(None).is_err());
    }

    #[test]
    fn a_filter_that_leaves_no_row_is_refused() {
        assert!(Bench::new().select(Some("nothing")).is_err());
    }

    #[test]
    fn a_batch_makes_that_many_calls() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let calls = std::rc::Rc::new(std::cell::Cell::new(0));
        let seen = std::rc::Rc::clone(&calls);
        let service = tower::service_fn(move |()| {
            seen.set(seen.get() + 1);
            std::future::ready(Ok::<_, BoxError>(()))
        });
        service_batch::<Unit, _>(service)(&runtime, 7).unwrap();
        assert_eq!(calls.get(), 7);
    }

    #[test]
    fn a_row_is_driven_as_often_as_is_said_and_no_other_is() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let calls = std::rc::Rc::new(std::cell::Cell::new(0));
        let mut bench = Bench::new();
        for (name, step) in [("one", 1), ("other", 100)] {
            let calls = std::rc::Rc::clone(&calls);
            bench.function(name, None, move || calls.set(calls.get() + step));
        }
        bench.drive(&runtime, "one", 7).unwrap();
        assert_eq!(calls.get(), 7);
        assert!(bench.drive(&runtime, "on", 7).is_err());
    }

    #[test]
    fn an_error_ends_the_batch() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let refuse = |()| std::future::ready(Err::<(), BoxError>("refused".into()));
        let mut batch = service_batch::<Unit, _>(tower::service_fn(refuse));
        assert!(batch(&runtime, 1).is_err());
    }
}

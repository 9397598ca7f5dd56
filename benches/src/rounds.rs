//! Running the rows: one pass that counts allocations, then the rounds that are timed.

use tokio::runtime::Runtime;
use tower::BoxError;

use crate::allocations::{self, Allocations};
use crate::bench::Row;
use crate::clock;
use crate::options::Plan;
use crate::progress::Progress;
use crate::statistics::median;

/// Before every timed batch, one in this many calls more: the row before has filled the caches with its own.
const WARM_SHARE: u64 = 10;

/// What one call of a row takes, its floor included.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// The row's name.
    pub(crate) name: &'static str,
    /// The row that is taken off.
    pub(crate) floor: Option<&'static str>,
    /// The row that it is compared with.
    pub(crate) peer: Option<&'static str>,
    /// The median of the rounds, in nanoseconds.
    pub(crate) nanoseconds: f64,
    /// Of the counting pass.
    pub(crate) allocated: Allocations,
}

/// Counts, then times, every row.
///
/// # Errors
///
/// The first error that a call returned: a row that is refused measures a refusal.
pub(crate) fn measure(
    rows: &mut [Row],
    runtime: &Runtime,
    plan: Plan,
) -> Result<Vec<Measured>, BoxError> {
    let allocated = count(rows, runtime, plan.calls)?;
    let mut samples = vec![Vec::new(); rows.len()];
    allocations::uncounted(|| time(rows, runtime, plan, &mut samples))?;

    let medians = samples.iter().map(|samples| median(samples));
    let figures = medians.zip(allocated);
    Ok(rows.iter().zip(figures).map(measured).collect())
}

fn measured((row, (nanoseconds, allocated)): (&Row, (f64, Allocations))) -> Measured {
    Measured {
        name: row.name,
        floor: row.floor,
        peer: row.peer,
        nanoseconds,
        allocated,
    }
}

/// What each row allocates per call, once it is warm.
fn count(rows: &mut [Row], runtime: &Runtime, calls: u64) -> Result<Vec<Allocations>, BoxError> {
    let counted = rows.iter_mut().map(|row| {
        (row.batch)(runtime, calls)?;
        allocations::count(calls, || (row.batch)(runtime, calls))
    });
    counted.collect()
}

/// Runs the rounds. Each begins one row later than the one before, so that no row always follows the same state.
fn time(
    rows: &mut [Row],
    runtime: &Runtime,
    plan: Plan,
    samples: &mut [Vec<f64>],
) -> Result<(), BoxError> {
    let progress = Progress::new(plan.rounds);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    for round in 0..plan.rounds {
        progress.show(round);
        for &at in &order {
            samples[at].push(sample(&mut rows[at], runtime, plan.calls)?);
        }
        if !order.is_empty() {
            order.rotate_left(1);
        }
    }
    Ok(())
}

/// Nanoseconds per call in one batch.
fn sample(row: &mut Row, runtime: &Runtime, calls: u64) -> Result<f64, BoxError> {
    (row.batch)(runtime, calls / WARM_SHARE)?;
    let (done, taken) = clock::time(|| (row.batch)(runtime, calls));
    done.map(|()| taken.as_secs_f64() * 1e9 / calls as f64)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::bench::Bench;

    #[test]
    fn every_round_runs_every_row_and_begins_one_row_later() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let ran = Rc::new(RefCell::new(String::new()));
        let mut bench = Bench::new();
        for name in ["a", "b", "c"] {
            let ran = Rc::clone(&ran);
            bench.function(name, None, move || ran.borrow_mut().push_str(name));
        }
        let mut rows = bench.select(None).unwrap().split_off(2);
        let mut samples = vec![Vec::new(); 3];
        let plan = Plan {
            rounds: 3,
            calls: 1,
        };
        time(&mut rows, &runtime, plan, &mut samples).unwrap();
        assert_eq!(*ran.borrow(), "abcbcacab");
        assert!(samples.iter().all(|samples| samples.len() == 3));
    }
}

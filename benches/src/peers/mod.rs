//! The peers' rows: what ours are compared with. One file per crate.
//!
//! Each is set up as its documentation shows, with limits so high that no call is refused or waits.

mod governor;
mod resilience;
mod tower;

use ::tower::BoxError;

use crate::bench::Bench;

/// Adds the peers' rows.
///
/// # Errors
///
/// Where a peer refuses its configuration.
pub(crate) fn rows(bench: &mut Bench) -> Result<(), BoxError> {
    tower::rows(bench);
    resilience::rows(bench)?;
    governor::rows(bench)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Plan;
    use crate::rounds;

    #[test]
    fn every_peer_answers_every_call() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let _context = runtime.enter();
        let mut bench = Bench::new();
        rows(&mut bench).unwrap();
        let mut rows = bench.select(None).unwrap();
        let plan = Plan {
            rounds: 1,
            calls: 200,
        };
        let measured = rounds::measure(&mut rows, &runtime, plan).unwrap();
        assert_eq!(measured.len(), rows.len());
    }
}

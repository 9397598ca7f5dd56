//! What is allocated on this thread.
//!
//! `allocation-counter` brings the global allocator: it counts on the thread that asks, then calls the system's. A
//! reallocation counts as an allocation of the new size.
//!
//! Counting takes time that would fall on the rows that allocate, so rounds that are timed opt out. What remains is a
//! look at a thread-local: about 5 ns for one allocation and its release. A row that allocates nine times in 1 100 ns
//! shows some 45 ns too much; weigh a ratio to such a row by that.

use tower::BoxError;

/// Allocations and their bytes, per call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Allocations {
    /// How many.
    pub(crate) count: f64,
    /// How many bytes were asked for, whether or not they were given back.
    pub(crate) bytes: f64,
}

/// What `work`, which is `calls` calls, allocates per call.
///
/// # Errors
///
/// Those of `work`.
pub(crate) fn count(
    calls: u64,
    work: impl FnOnce() -> Result<(), BoxError>,
) -> Result<Allocations, BoxError> {
    let mut done = Ok(());
    let info = allocation_counter::measure(|| done = work());
    done.map(|()| Allocations {
        count: info.count_total as f64 / calls as f64,
        bytes: info.bytes_total as f64 / calls as f64,
    })
}

/// Does `work` without counting what it allocates.
///
/// # Errors
///
/// Those of `work`.
pub(crate) fn uncounted(work: impl FnOnce() -> Result<(), BoxError>) -> Result<(), BoxError> {
    let mut done = Ok(());
    allocation_counter::opt_out(|| done = work());
    done
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    fn boxes() -> Result<(), BoxError> {
        for _ in 0..10 {
            drop(black_box(Box::new([0_u8; 64])));
        }
        Ok(())
    }

    #[test]
    fn each_call_is_charged_what_it_allocates() {
        let allocated = count(10, boxes).unwrap();
        assert_eq!(
            allocated,
            Allocations {
                count: 1.0,
                bytes: 64.0
            }
        );
    }

    #[test]
    fn what_opts_out_is_not_counted() {
        let allocated = count(10, || uncounted(boxes)).unwrap();
        assert_eq!(allocated, Allocations::default());
    }

    #[test]
    fn an_error_of_the_work_is_handed_on() {
        assert!(count(1, || Err("refused".into())).is_err());
        assert!(uncounted(|| Err("refused".into())).is_err());
    }
}

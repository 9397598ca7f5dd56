//! Buttress's own rows.
//!
//! A service is registered with the load that it is called with, and the name of the row that it is compared with:
//!
//! ```ignore
//! let service = RetryLayer::new(policy).layer(Http::inner());
//! bench.row::<Http, _>("buttress Retry, http", Some("tower Retry, http"), service);
//! ```
//!
//! * `Unit` sends `()`, `Http` a request with 8 headers (`load.rs`); `inner()` is the service that answers at once. A
//!   row and its peer are on the same load. An HTTP row is less a floor that copies one request and one response, so
//!   that its net holds only what the layers add.
//! * The peer is named as it stands in `peers/`; a name that is no row ends the program before anything is run.
//! * Any service whose error turns into a `BoxError` will do. A call that is refused or fails ends the program: limits
//!   are to be set so high that they never bite.
//! * What is no service, a decision of the core, is a closure: `bench.function("classify", None, move || ...)`. It has
//!   no floor; hand its input through `black_box`.
//! * Services are built inside a runtime's context and may make timers.

use tower::BoxError;

use crate::bench::Bench;

/// Adds our rows.
///
/// # Errors
///
/// Where a policy is refused.
pub(crate) fn rows(_bench: &mut Bench) -> Result<(), BoxError> {
    Ok(())
}

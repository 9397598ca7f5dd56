//! What being ready holds.

/// Lets go of a readied service that is not called now, and of whatever it holds: a place of an inner limit is for
/// somebody who is sent. What is left is not ready.
pub(crate) fn give_up<S: Clone>(service: &mut S) {
    let unready = service.clone();
    *service = unready;
}

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::permit::Permit;

/// What a call has paid, to be settled when it is known what it cost: a request extension, read by
/// [`ByExtension`](super::ByExtension).
///
/// ```
/// use buttress::rate_limit::{Cost, Ticket};
///
/// let ticket = Ticket::default();
/// let request = http::Request::post("/v1/messages").extension(Cost(2_000)).extension(ticket.clone());
/// // ... once the call has been sent and answered:
/// ticket.settle(312);
/// # let _ = request;
/// ```
#[derive(Clone, Default)]
pub struct Ticket {
    paid: Arc<Mutex<Option<Permit>>>,
}

impl Ticket {
    /// Says what the call really cost. What was not used goes back, and what was used on top is debt. Says nothing if the
    /// call was not sent, and the last word counts if it is said more than once.
    pub fn settle(&self, actual: u32) {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(permit) = &mut *paid {
            permit.settle(actual);
        }
    }

    pub(super) fn pay(&self, permit: Permit) {
        *self.paid.lock().unwrap_or_else(PoisonError::into_inner) = Some(permit);
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}

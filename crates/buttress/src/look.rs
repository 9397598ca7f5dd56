//! Asking a layer, through its handle, whether it would refuse a request now.

use buttress_core::{Rejected, Timestamp};

/// Looks, and takes nothing.
///
/// A handle of a layer that refuses calls is a `Look`. Fail-fast asks before a call queues for anything, and a layer in
/// which a call has waited asks again before it lets the call go on: nobody acts on old news. Several are asked in the
/// order of a tuple.
pub trait Look<Req> {
    /// Why `request` would be refused at `now`, and until when; `None` if it would pass, as far as can be seen without
    /// taking anything.
    fn look(&self, request: &Req, now: Timestamp) -> Option<Rejected>;
}

/// Says until when a layer would hold a request before it lets it go.
///
/// A retry that knows it does not sleep itself, but leaves the waiting to the layer that will hold the attempt anyway,
/// and that knows more: one sleeper per wait.
pub trait Holds<Req> {
    /// Until when `request` would be held at least, if it would be held and not refused.
    fn held_until(&self, request: &Req, now: Timestamp) -> Option<Timestamp>;
}

/// Nobody to ask.
impl<Req> Look<Req> for () {
    fn look(&self, _request: &Req, _now: Timestamp) -> Option<Rejected> {
        None
    }
}

impl<Req, A: Look<Req>, B: Look<Req>> Look<Req> for (A, B) {
    fn look(&self, request: &Req, now: Timestamp) -> Option<Rejected> {
        self.0
            .look(request, now)
            .or_else(|| self.1.look(request, now))
    }
}

impl<Req, L: Look<Req>> Look<Req> for Option<L> {
    fn look(&self, request: &Req, now: Timestamp) -> Option<Rejected> {
        self.as_ref()?.look(request, now)
    }
}

impl<Req, H: Holds<Req>> Holds<Req> for Option<H> {
    fn held_until(&self, request: &Req, now: Timestamp) -> Option<Timestamp> {
        self.as_ref()?.held_until(request, now)
    }
}

#[cfg(test)]
mod tests {
    use buttress_core::{Key, Why};

    use super::*;

    struct Refuses(Why);

    impl Look<()> for Refuses {
        fn look(&self, (): &(), _now: Timestamp) -> Option<Rejected> {
            Some(Rejected::new(self.0, Key::ALL))
        }
    }

    #[test]
    fn the_first_that_would_refuse_says_why() {
        let why = |look: &dyn Look<()>| {
            look.look(&(), Timestamp::default())
                .map(|rejected| rejected.why)
        };
        assert_eq!(why(&((), None::<Refuses>)), None);
        assert_eq!(
            why(&(Some(Refuses(Why::Cooldown)), Refuses(Why::CircuitOpen))),
            Some(Why::Cooldown)
        );
        assert_eq!(
            why(&((), Refuses(Why::CircuitOpen))),
            Some(Why::CircuitOpen)
        );
    }
}

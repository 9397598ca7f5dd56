//! How long a pause is where the server does not say.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::hint;
use crate::random::Random;
use crate::time::saturating_nanos;

/// How long to pause where the server does not say, and how patient a release is: the policy of a cooldown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    default_wait: Backoff,
    park: Duration,
    patience: Duration,
    margin: bool,
}

impl Default for Pauses {
    /// 1 s that doubles up to 60 s; parked for 5 minutes; a second's patience.
    ///
    /// * One second is the shortest period that limits have. A pause that is too short costs one request, the probe;
    ///   one that is too long costs everybody's time. 60 s is the usual period of a limit, so that a longer wait for a
    ///   server that said nothing gains nothing.
    /// * A used-up quota is lifted by a person or a new month. One request in 5 minutes finds that out soon enough.
    /// * A refusal is told at the door, within a round trip. A second is many round trips.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Pauses {
    pub(crate) const DEFAULT: Self = Self {
        default_wait: Backoff::doubling(1, 60),
        park: Duration::from_secs(300),
        patience: Duration::from_secs(1),
        margin: true,
    };

    /// With other waits after answers that name none. They grow with each limit in a row, and a good answer sets them
    /// back; that a pause has ended does not.
    #[must_use]
    pub const fn with_default_wait(self, default_wait: Backoff) -> Self {
        Self {
            default_wait,
            ..self
        }
    }

    /// With another time for which a used-up quota parks its key, where the server does not say.
    #[must_use]
    pub const fn with_park(self, park: Duration) -> Self {
        Self { park, ..self }
    }

    /// With another time after which, if nothing comes back, one more may go.
    #[must_use]
    pub const fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// With or without the random margin of up to a tenth that lengthens each pause.
    #[must_use]
    pub const fn with_margin(self, margin: bool) -> Self {
        Self { margin, ..self }
    }

    /// The waits after answers that name none.
    pub const fn default_wait(&self) -> Backoff {
        self.default_wait
    }

    /// For how long a used-up quota parks its key, where the server does not say.
    pub const fn park(&self) -> Duration {
        self.park
    }

    /// After how long, if nothing comes back, one more may go.
    pub const fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether a random margin lengthens each pause.
    pub const fn has_margin(&self) -> bool {
        self.margin
    }

    /// After `limits` limits in a row.
    pub(super) fn wait_after(&self, limits: u32, random: &mut impl Random) -> Duration {
        let wait = self.default_wait.wait(limits, Duration::ZERO, random);
        self.lengthened(wait, random)
    }

    pub(super) fn parked(&self, random: &mut impl Random) -> Duration {
        self.lengthened(self.park, random)
    }

    pub(super) fn lengthened(&self, wait: Duration, random: &mut impl Random) -> Duration {
        if self.margin {
            hint::lengthened(wait, Duration::MAX, random)
        } else {
            wait
        }
    }

    /// After this long without a call, what is known of a key says nothing any more.
    pub(super) fn memory(&self) -> Duration {
        let longest = saturating_nanos(self.default_wait.cap()).max(saturating_nanos(self.park));
        Duration::from_nanos(longest)
    }
}

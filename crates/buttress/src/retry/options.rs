use std::num::NonZeroU32;

use buttress_core::Timestamp;

/// What the caller says of one call: a request extension, for [`http::Request`].
///
/// ```
/// use buttress::retry::CallOptions;
///
/// let mut request = http::Request::post("/orders").body(String::new())?;
/// request.extensions_mut().insert(CallOptions::default().with_repeatable(true));
/// # Ok::<_, http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    repeatable: Option<bool>,
    max_attempts: Option<NonZeroU32>,
    deadline: Option<Timestamp>,
    omits_attempt_header: bool,
}

impl CallOptions {
    /// Says whether sending the request twice does no more than sending it once, whatever its method.
    #[must_use]
    pub const fn with_repeatable(self, repeatable: bool) -> Self {
        Self {
            repeatable: Some(repeatable),
            ..self
        }
    }

    /// With another number of attempts than the layer's, the first included.
    #[must_use]
    pub const fn with_max_attempts(self, max_attempts: NonZeroU32) -> Self {
        Self {
            max_attempts: Some(max_attempts),
            ..self
        }
    }

    /// With a time at which the caller stops to wait: no attempt is begun that could not begin before it.
    #[must_use]
    pub const fn with_deadline(self, deadline: Timestamp) -> Self {
        Self {
            deadline: Some(deadline),
            ..self
        }
    }

    /// Without the header that tells the number of the attempt.
    #[must_use]
    pub const fn without_attempt_header(self) -> Self {
        Self {
            omits_attempt_header: true,
            ..self
        }
    }

    pub(super) const fn repeatable(&self) -> Option<bool> {
        self.repeatable
    }

    pub(super) const fn max_attempts(&self) -> Option<NonZeroU32> {
        self.max_attempts
    }

    pub(super) const fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    pub(super) const fn omits_attempt_header(&self) -> bool {
        self.omits_attempt_header
    }
}

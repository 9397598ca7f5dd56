//! What the caller says of one call.

use std::num::NonZeroU32;

use buttress_core::Timestamp;
use http::Request;

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

    /// With a time at which the caller stops to wait, instead of the deadline layer's own: [`Clock::now`] plus a
    /// duration. Where there is no deadline layer nothing ends an attempt at that time, but the retry layer waits
    /// no longer than that, and begins no attempt after it.
    ///
    /// [`Clock::now`]: crate::Clock::now
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

    pub(crate) const fn repeatable(&self) -> Option<bool> {
        self.repeatable
    }

    pub(crate) const fn max_attempts(&self) -> Option<NonZeroU32> {
        self.max_attempts
    }

    pub(crate) const fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    pub(crate) const fn omits_attempt_header(&self) -> bool {
        self.omits_attempt_header
    }
}

/// Finds what the caller says in a request. Functions of the request do.
pub trait ReadOptions<Req> {
    /// What the caller says of this call.
    fn options(&self, request: &Req) -> CallOptions;
}

impl<Req, F: Fn(&Req) -> CallOptions> ReadOptions<Req> for F {
    fn options(&self, request: &Req) -> CallOptions {
        self(request)
    }
}

/// In the extensions of an [`http::Request`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Extension;

impl<B> ReadOptions<Request<B>> for Extension {
    fn options(&self, request: &Request<B>) -> CallOptions {
        request.extensions().get().copied().unwrap_or_default()
    }
}

/// Nowhere: for requests of any type.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOptions;

impl<Req> ReadOptions<Req> for NoOptions {
    fn options(&self, _request: &Req) -> CallOptions {
        CallOptions::default()
    }
}

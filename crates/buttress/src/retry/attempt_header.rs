use std::num::NonZeroU32;

use http::{HeaderMap, HeaderName, HeaderValue};

/// A header that tells the server which attempt this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptHeader {
    name: HeaderName,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Attempts,
    Retries,
    /// Of so many, as the AWS SDKs say it.
    Of(NonZeroU32),
}

impl AttemptHeader {
    /// Counts attempts: the first is 1.
    pub const fn attempts(name: HeaderName) -> Self {
        let form = Form::Attempts;
        Self { name, form }
    }

    /// Counts retries: the first attempt is 0, as in `x-stainless-retry-count` of the vendors' SDKs.
    pub const fn retries(name: HeaderName) -> Self {
        let form = Form::Retries;
        Self { name, form }
    }

    /// `amz-sdk-request: attempt=1; max=5`, as the AWS SDKs write it. What a call says of its attempts goes before
    /// `max_attempts`.
    pub const fn aws(max_attempts: NonZeroU32) -> Self {
        Self {
            name: HeaderName::from_static("amz-sdk-request"),
            form: Form::Of(max_attempts),
        }
    }

    /// In the form that the header of this name has where it comes from, or else counting attempts.
    #[cfg(feature = "stack")]
    pub(crate) fn named(name: HeaderName, max_attempts: NonZeroU32) -> Self {
        match name.as_str() {
            "amz-sdk-request" => Self::aws(max_attempts),
            "x-stainless-retry-count" => Self::retries(name),
            _ => Self::attempts(name),
        }
    }

    /// Unless there is one.
    pub(super) fn write(&self, headers: &mut HeaderMap, attempt: u32, own_max: Option<NonZeroU32>) {
        headers
            .entry(&self.name)
            .or_insert_with(|| self.value(attempt, own_max));
    }

    fn value(&self, attempt: u32, own_max: Option<NonZeroU32>) -> HeaderValue {
        match self.form {
            Form::Attempts => attempt.into(),
            Form::Retries => attempt.saturating_sub(1).into(),
            Form::Of(max) => {
                let text = format!("attempt={attempt}; max={}", own_max.unwrap_or(max));
                HeaderValue::try_from(text).unwrap_or_else(|_| attempt.into())
            }
        }
    }
}

//! Where there are no spans: what is done is done outside of any.

use buttress_core::Class;
use buttress_core::event::About;

/// The span of a call or an attempt, or none.
pub(super) struct Span;

impl Span {
    pub(super) const fn none() -> Self {
        Self
    }

    pub(super) const fn call(_about: &About<'_>) -> Self {
        Self
    }

    pub(super) const fn attempt(_about: &About<'_>, _attempt: u32) -> Self {
        Self
    }

    pub(super) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(super) const fn ended(&self, _status: Option<u16>, _class: Option<Class>) {}
}

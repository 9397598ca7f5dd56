//! Where there are no spans: what is done is done outside of any.

use buttress_core::Class;
use buttress_core::event::About;

/// The span of a call or an attempt, or none.
pub(super) struct Span;

impl Span {
    pub(super) const fn none() -> Self {
        Self
    }

    pub(super) fn call<'a>(_about: impl FnOnce() -> About<'a>) -> Self {
        Self
    }

    pub(super) fn attempt<'a>(_about: impl FnOnce() -> About<'a>, _attempt: u32) -> Self {
        Self
    }

    pub(super) const fn is_off(&self) -> bool {
        true
    }

    pub(super) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(super) const fn ended(&self, _status: Option<u16>, _class: Option<Class>) {}
}

//! Who is told what happened.

pub use buttress_core::event::{Event, Observer};

#[cfg(feature = "tracing")]
mod tracing;
#[cfg(feature = "tracing")]
pub use self::tracing::Tracing;

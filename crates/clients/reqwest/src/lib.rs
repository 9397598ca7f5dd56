//! [reqwest] as a tower service over [`http`] types.
//!
//! [`Transport`] is the innermost service of a stack: it sends an [`http::Request`] by a [`reqwest::Client`] and judges
//! the client's errors (connect, timeout, interrupted). [`SendWith`] sends a [`reqwest::RequestBuilder`] through a
//! stack and gives back a [`reqwest::Response`]. [`NativeLayer`] makes a stack a service of [`reqwest::Request`].

mod class;
mod native;
mod send_with;
mod transport;

pub use self::class::failure;
pub use self::native::{Native, NativeFuture, NativeLayer};
pub use self::send_with::{Extended, SendWith};
pub use self::transport::{ResponseFuture, Transport};

//! Events and spans of `tracing`. Nothing of a request reaches them but its method, its host and port, and what the user
//! knows it by: no path, no query, no header, no key, no client's words.

mod lines;
pub(super) mod span;
#[cfg(test)]
mod tests;

pub use self::lines::Tracing;

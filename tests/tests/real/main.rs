//! The stack over real sockets, against a server that fails on demand and counts.
//!
//! No test measures time. Timeouts of the client are short where nothing ever comes, so that the test ends; a test that
//! hangs is ended by a guard.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod hyper_client;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod models;
#[cfg(test)]
mod native;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod texts;
#[cfg(test)]
mod trailers;

//! What every layer keeps to, whatever it is for.
//!
//! Each layer is enrolled by one line; the tests are the same for all. A layer that is exported and not enrolled fails
//! a test too.

#[cfg(test)]
mod clauses;
#[cfg(test)]
mod drops;
#[cfg(test)]
mod enrolled;
#[cfg(test)]
mod permits;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod sharing;

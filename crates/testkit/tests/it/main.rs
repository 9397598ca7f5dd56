//! The server over real sockets.
//!
//! Time is paused where a test needs it to pass, and read from the server's own log: no test waits, and none asserts
//! how long anything took on the wall.

#[cfg(test)]
mod client;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod github;
#[cfg(test)]
mod openai;
#[cfg(test)]
mod server;

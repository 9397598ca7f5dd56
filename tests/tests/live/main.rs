//! The live page over real sockets, of a stack whose circuit is open and one that is told to wait. Tokio's time is paused:
//! a second is over when everybody waits for it.

#[cfg(test)]
mod page;
#[cfg(test)]
mod rig;

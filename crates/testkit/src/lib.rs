//! A loopback server that really limits.

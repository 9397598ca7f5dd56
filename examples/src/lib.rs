//! Small programs that show what Buttress does, each against a server on loopback.
//!
//! The programs are in `examples/`; each says at its top what you will see.

/// The README's program, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

//! Policies in TOML, JSON and the environment: read, checked, explained, printed.
//!
//! ```
//! use buttress_config::Document;
//!
//! let text = r#"
//!     [upstream.openai]
//!     profile = "openai"
//!     deadline = "120s"
//!     attempt_timeout = "30s"
//!     rate_limit = { requests_per_minute = 500, tokens_per_minute = 200_000 }
//!     retry = { max_attempts = 5, backoff = "full-jitter", base = "1s", cap = "60s" }
//!
//!     [upstream.github]
//!     profile = "github"
//! "#;
//! let config = Document::toml("buttress.toml", text).read()?;
//! let policy = config.upstream("openai").unwrap().policy();
//! assert_eq!(policy.figures().max_attempts().get(), 5);
//! # Ok::<_, buttress_config::Problems>(())
//! ```
//!
//! What a file says becomes a [`Policy`](buttress_core::Policy), the same value that Rust makes. What is not a policy is
//! refused, all of it at once, each with its line, a caret, what was expected, and what may have been meant:
//!
//! ```text
//! error: there is no setting of this name
//!  --> buttress.toml:6:13
//!   |
//! 6 |     retry = { max_retries = 5 }
//!   |               ^^^^^^^^^^^ expected a setting of `retry`
//!   |
//!   = help: did you mean `max_attempts`? How often a call is sent at most, the first time included.
//! ```
//!
//! # What counts
//!
//! The environment over the upstream, over `[defaults]`, over what a profile alone means. [`Declared::shown`] says of each
//! value where it came from. The environment is an argument, [`Document::with_environment`]: nothing here reads it.
//!
//! # Secrets
//!
//! have no place in a file: it names the variable that holds one. What looks like a secret is refused, and whatever is
//! quoted from a file is quoted with asterisks in place of what may be one.
//!
//! # Bounds
//!
//! A file has at most 256 KiB and declares at most a thousand upstreams; at most a hundred problems are told. What is nested
//! deeper than a setting can be is refused.
//!
//! # One table
//!
//! The reader, the [`schema`], the [file to begin with](init), the table of the guide and the printer are made
//! from one table of settings.

mod build;
mod config;
mod environment;
mod guide;
mod init;
mod literal;
mod nearest;
mod print;
#[doc(hidden)]
pub mod probe;
mod problem;
mod read;
mod schema;
mod secret;
mod settings;
mod source;
mod table;
mod tree;
mod unit;
mod value;

pub use self::config::{Config, Declared, Document, Origin, Shown};
pub use self::guide::settings_table;
pub use self::init::init;
pub use self::print::{Unprintable, to_json, to_toml};
pub use self::problem::{Problem, Problems, Severity};
pub use self::schema::schema;
pub use self::source::{Place, Source};
pub use self::tree::Format;

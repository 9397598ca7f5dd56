//! Upstreams from a file, and from the environment over it.
//!
//! ```no_run
//! use buttress::upstreams::Upstreams;
//! use tower::{ServiceBuilder, service_fn};
//!
//! # fn main() -> Result<(), buttress::config::Unusable> {
//! let upstreams = Upstreams::from_file("buttress.toml")?;
//! # let client = service_fn(async |_: http::Request<String>| Ok::<_, std::io::Error>(http::Response::new(String::new())));
//! let client = ServiceBuilder::new().layer(upstreams).service(client);
//! # let _ = client;
//! # Ok(())
//! # }
//! ```
//!
//! What may stand in a file is told by `buttress init`, and in `docs/CONFIGURATION.md`; every error says where in the file it
//! is. Variables such as `BUTTRESS_OPENAI__RETRY__MAX_ATTEMPTS=3` are laid over it, as they are when it is read
//! for the first time.
//!
//! # Reload
//!
//! A [`Watch`] reads the file again when it is asked to, or now and then while its future is polled, and
//! [reloads](Upstreams::reload) the upstreams if it has changed. What is known is kept, and calls that are under way end by
//! the policy that they began with. A file that cannot be used changes nothing, and is told of once.
//!
//! Nothing is spawned: where [`Watch::run`] runs is the program's to say.
//!
//! # Errors
//!
//! [`Unusable`]: the file cannot be read, or something in it keeps it from being used. Then all that is wrong with it.

mod environment;
#[cfg(test)]
mod tests;
mod unusable;
mod watch;

use std::path::{Path, PathBuf};

pub use buttress_config::{
    Config, Declared, Document, Format, Origin, Place, Problem, Problems, Severity, Shown, Source,
    Unprintable, init, schema, to_json, to_toml,
};

pub use self::environment::environment;
pub use self::unusable::Unusable;
pub use self::watch::{Seen, Watch};
use crate::stack::{Builder, Stack};
use crate::upstreams::{Upstream, UpstreamName, Upstreams};

impl Upstreams {
    /// The upstreams that a file declares, with the environment over it: JSON if its name ends with `.json`, TOML otherwise.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or used.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Unusable> {
        Stack::builder().upstreams_from_file(path)
    }

    /// The upstreams of a text in TOML. The environment has no say.
    ///
    /// # Errors
    ///
    /// If it cannot be used.
    pub fn from_toml(text: &str) -> Result<Self, Unusable> {
        Self::from_document(&Document::toml("the text", text))
    }

    /// The upstreams of a document.
    ///
    /// # Errors
    ///
    /// If it cannot be used.
    pub fn from_document(document: &Document) -> Result<Self, Unusable> {
        Stack::builder().upstreams_from_document(document)
    }
}

impl Builder {
    /// The [upstreams](Self::upstreams) that a file declares, with the environment over it: as [`Upstreams::from_file`], with
    /// the rules, the observers and the clock that were said here.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or used.
    pub fn upstreams_from_file(self, path: impl AsRef<Path>) -> Result<Upstreams, Unusable> {
        let path = path.as_ref();
        let document = Document::file(path).map_err(|error| Unusable::unread(path, error))?;
        self.upstreams_from_document(&document.with_environment(environment()))
    }

    /// The [upstreams](Self::upstreams) of a document.
    ///
    /// # Errors
    ///
    /// If it cannot be used.
    pub fn upstreams_from_document(self, document: &Document) -> Result<Upstreams, Unusable> {
        Ok(self.upstreams(upstreams(&document.read()?))?)
    }

    /// The upstreams that a file declares, and a [`Watch`] over it: as [`Watch::new`], with what was said here.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or used.
    pub fn watch(self, path: impl Into<PathBuf>) -> Result<(Upstreams, Watch), Unusable> {
        Watch::with(self, path.into())
    }
}

fn upstreams(config: &Config) -> Vec<(UpstreamName, Upstream)> {
    let upstreams = config.upstreams();
    upstreams
        .map(|(name, declared)| (name.clone(), declared.upstream().clone()))
        .collect()
}

//! What a file and the environment declare, checked.

mod declared;
mod document;
mod findings;

use std::collections::BTreeMap;

use buttress_core::policy::UpstreamName;

pub use self::declared::{Declared, Origin, Shown};
pub use self::document::Document;
use crate::problem::Problems;

/// Every upstream that a file declares.
#[derive(Clone, Debug)]
pub struct Config {
    upstreams: BTreeMap<UpstreamName, Declared>,
    warnings: Problems,
}

impl Config {
    /// The upstream of this name.
    pub fn upstream(&self, name: &str) -> Option<&Declared> {
        let mut upstreams = self.upstreams.iter();
        let (_, declared) = upstreams.find(|(own, _)| own.as_str() == name)?;
        Some(declared)
    }

    /// All of them, by name.
    pub fn upstreams(&self) -> impl ExactSizeIterator<Item = (&UpstreamName, &Declared)> {
        self.upstreams.iter()
    }

    /// What is possible and hardly meant.
    pub const fn warnings(&self) -> &Problems {
        &self.warnings
    }
}

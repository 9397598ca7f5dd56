//! A document as a tree in which everything knows where it stands.
//!
//! TOML and JSON become the same tree, and everything further on reads that. Numbers stay as they were written: a share of
//! 0.1 is then exactly 100 000 millionths, and no float ever comes near it.

mod json;
mod toml;

use std::ops::Range;

use crate::problem::Problem;
use crate::source::Source;

/// A file of this many bytes holds some 250 upstreams in which every key is written. What is larger was not meant to be read
/// by people, and the time that reading takes is bounded by this.
pub(crate) const LARGEST: usize = 256 * 1024;

/// The keys that there are lie four deep. What is deeper than this is not described further.
const DEEPEST: usize = 16;

/// Which language a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TOML 1.1.
    Toml,
    /// JSON (RFC 8259), without comments.
    Json,
}

/// Something that was written, and where.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    /// As it was written, without underscores.
    Number(String),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// A date, or null.
    Other(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
    pub(crate) node: Node,
}

impl Value {
    /// What it is, for "found …".
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// The entries at the top. With problems, what could be read in spite of them.
pub(crate) fn parse(source: &Source, format: Format) -> (Vec<Entry>, Vec<Problem>) {
    if source.text().len() > LARGEST {
        let problem = Problem::error("the file is too large")
            .at(0..0)
            .expecting("at most 256 KiB");
        return (Vec::new(), vec![problem]);
    }
    match format {
        Format::Toml => toml::parse(source.text()),
        Format::Json => json::parse(source.text()),
    }
}

fn too_deep(span: Range<usize>) -> Problem {
    Problem::error("nested too deeply")
        .at(span)
        .expecting("at most 16 tables within one another")
}

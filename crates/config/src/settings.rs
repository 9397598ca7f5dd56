//! What was set, by path, and the order in which it counts: defaults, the upstream itself, the environment.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::table::{self, Key};
use crate::value::Value;

/// One setting that somebody made.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) value: Value,
    pub(crate) by: By,
}

/// Who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The file: where the name stands, and where the value does.
    File {
        name: Range<usize>,
        value: Range<usize>,
    },
    /// A variable of the environment.
    Variable(String),
}

/// What was set for one upstream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings(BTreeMap<&'static str, Setting>);

impl Settings {
    pub(crate) fn insert(&mut self, key: &Key, setting: Setting) {
        self.0.insert(key.path, setting);
    }

    /// Switches on the parts that `key` is in: whoever sets something in a part wants the part. Unless they said otherwise.
    pub(crate) fn switch_on(&mut self, key: &Key, by: &By) {
        let mut part = key.part();
        while let Some(outer) = table::named(part) {
            self.0.entry(outer.path).or_insert_with(|| Setting {
                value: Value::Flag(true),
                by: by.clone(),
            });
            part = outer.part();
        }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Setting> {
        self.0.get(path)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        self.0.iter().map(|(path, setting)| (*path, setting))
    }

    /// Lays `upper` over these. A part that it switches off is gone with all that was set in it, and of settings that
    /// exclude each other only those of `upper` stay.
    pub(crate) fn overlay(&mut self, upper: Self) {
        for (path, setting) in upper.0 {
            if setting.value == Value::Flag(false) && is_part(path) {
                self.0.retain(|other, _| !table::is_within(other, path));
            }
            for rival in table::rivals(path) {
                self.0.remove(rival);
            }
            self.0.insert(path, setting);
        }
    }
}

fn is_part(path: &str) -> bool {
    table::named(path).is_some_and(crate::table::Key::is_part)
}

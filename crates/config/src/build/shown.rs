use std::collections::BTreeMap;
use std::time::Duration;

use crate::table;
use crate::value::Value;

/// The values of settings, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown(BTreeMap<&'static str, Value>);

impl Shown {
    pub(crate) fn put(&mut self, path: &'static str, value: Value) {
        debug_assert!(table::named(path).is_some(), "{path} is no setting");
        self.0.insert(path, value);
    }

    pub(crate) fn maybe(&mut self, path: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.put(path, value);
        }
    }

    pub(crate) fn count(&mut self, path: &'static str, count: impl TryInto<u64>) {
        self.put(path, Value::Count(count.try_into().unwrap_or(u64::MAX)));
    }

    pub(crate) fn duration(&mut self, path: &'static str, duration: Duration) {
        self.put(path, Value::Duration(duration));
    }

    pub(crate) fn word(&mut self, path: &'static str, word: &'static str) {
        self.put(path, Value::Word(word));
    }

    pub(crate) fn flag(&mut self, path: &'static str, flag: bool) {
        self.put(path, Value::Flag(flag));
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Value> {
        self.0.get(path)
    }

    /// Puts the values of `other` in the place of all that is in `part`.
    pub(crate) fn replace(&mut self, part: &str, other: Self) {
        self.0.retain(|path, _| !table::is_within(path, part));
        self.0.extend(other.0);
    }
}

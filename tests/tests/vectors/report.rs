//! All cases of one file, and all that failed, told together.

use std::fmt::{Debug, Display};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::differences::{self, Difference};
use crate::folder;

/// What became of one case.
pub(crate) type Verdict = Result<(), Mismatch>;

/// A case that failed.
#[derive(Debug)]
pub(crate) struct Mismatch {
    expected: String,
    found: String,
}

impl Mismatch {
    pub(crate) fn new(expected: impl Debug, found: impl Debug) -> Self {
        Self {
            expected: format!("{expected:?}"),
            found: format!("{found:?}"),
        }
    }

    /// A case that cannot be run, because something in it is not known here.
    pub(crate) fn unknown(what: impl Display) -> Self {
        Self {
            expected: "a case in the known form".to_owned(),
            found: what.to_string(),
        }
    }
}

pub(crate) fn expect_eq<T: PartialEq + Debug>(expected: T, found: T) -> Verdict {
    if expected == found {
        Ok(())
    } else {
        Err(Mismatch::new(expected, found))
    }
}

/// Fails with `found` unless `holds`.
pub(crate) fn expect(holds: bool, expected: impl Debug, found: impl Debug) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(Mismatch::new(expected, found))
    }
}

/// Fields that tell the reader in words what others say in numbers, or where those come from.
const REMARKS: [&str; 5] = ["counted", "description", "id", "note", "provenance"];

/// One file while it is checked.
pub(crate) struct Report {
    file: &'static str,
    content: Value,
    checked: Vec<String>,
    failed: Vec<(String, Mismatch)>,
}

impl Report {
    /// On the file `name` of the folder in use.
    pub(crate) fn on(name: &'static str) -> Self {
        Self::of(name, folder::read(name))
    }

    /// On the file `name` of the cases of ours, which none of them may differ from.
    pub(crate) fn on_cases(name: &'static str) -> Self {
        Self::of(name, folder::read_cases(name))
    }

    fn of(file: &'static str, content: Value) -> Self {
        Self {
            file,
            content,
            checked: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// A field of the file, if it is there.
    pub(crate) fn field<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let mut value = self.content.get(name)?.clone();
        strip_remarks(&mut value);
        let read = serde_json::from_value(value);
        Some(read.unwrap_or_else(|error| panic!("{}.json: {name}: {error}", self.file)))
    }

    /// The names of the fields of the file.
    pub(crate) fn field_names(&self) -> Vec<String> {
        let fields = self.content.as_object().into_iter().flatten();
        fields.map(|(name, _)| name.clone()).collect()
    }

    /// Judges every case of a section. A section that is not there has no cases.
    pub(crate) fn check<C: DeserializeOwned>(
        &mut self,
        section: &str,
        judge: impl Fn(&C) -> Verdict,
    ) {
        let cases: Vec<Value> = self.field(section).unwrap_or_default();
        self.check_all(section, cases, judge);
    }

    /// Judges every case of a file that is a list of them.
    pub(crate) fn check_list<C: DeserializeOwned>(&mut self, judge: impl Fn(&C) -> Verdict) {
        let cases = self.content.as_array().cloned().unwrap_or_default();
        self.check_all("", cases, judge);
    }

    fn check_all<C: DeserializeOwned>(
        &mut self,
        section: &str,
        cases: Vec<Value>,
        judge: impl Fn(&C) -> Verdict,
    ) {
        for (index, mut case) in cases.into_iter().enumerate() {
            let id = id(section, index, &case);
            strip_remarks(&mut case);
            let verdict = serde_json::from_value(case)
                .map_err(Mismatch::unknown)
                .and_then(|case| judge(&case));
            self.enter(id, verdict);
        }
    }

    /// Enters a verdict that was reached in another way.
    pub(crate) fn enter(&mut self, id: String, verdict: Verdict) {
        if let Err(mismatch) = verdict {
            self.failed.push((id.clone(), mismatch));
        }
        self.checked.push(id);
    }

    /// Ends the test: fails if a case failed that is not a deliberate difference, or if there was no case.
    pub(crate) fn finish(self) {
        let file = self.file;
        let complaints = self.complaints(differences::TABLE);
        assert!(
            complaints.is_empty(),
            "{file}.json:\n{}",
            complaints.join("\n")
        );
    }

    fn complaints(&self, table: &[Difference]) -> Vec<String> {
        let is_meant = |id: &str| table.iter().any(|row| row.is(self.file, id));
        let has_failed = |id: &str| self.failed.iter().any(|(failed, _)| failed == id);
        let failed = self.failed.iter().filter(|(id, _)| !is_meant(id));
        let failed = failed
            .map(|(id, why)| format!("  {id}: expected {}, found {}", why.expected, why.found));
        let stale = self
            .checked
            .iter()
            .filter(|id| is_meant(id) && !has_failed(id))
            .map(|id| format!("  {id}: passes, and no longer belongs to the differences"));
        let empty = self
            .checked
            .is_empty()
            .then(|| "  no case was found".to_owned());
        failed.chain(stale).chain(empty).collect()
    }
}

fn id(section: &str, index: usize, case: &Value) -> String {
    match case.get("id").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => format!("{section}[{index}] {case}"),
    }
}

fn strip_remarks(case: &mut Value) {
    if let Value::Object(fields) = case {
        fields.retain(|name, _| !REMARKS.contains(&name.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sum {
        a: u32,
        b: u32,
        expect: u32,
    }

    fn sum(case: &Sum) -> Verdict {
        expect_eq(case.expect, case.a + case.b)
    }

    fn complaints(content: Value, table: &[Difference]) -> Vec<String> {
        let mut report = Report::of("sums", content);
        report.check("cases", sum);
        report.complaints(table)
    }

    const MEANT: Difference = Difference {
        file: "sums",
        id: "one",
        reason: "",
    };

    #[test]
    fn all_failed_cases_of_vectors_are_told_with_both_values() {
        let content = json!({"more": [1], "cases": [
            {"id": "one", "a": 1, "b": 1, "expect": 3},
            {"id": "two", "a": 1, "b": 1, "expect": 2, "note": "n", "provenance": "p"},
            {"a": 2, "b": 2, "expect": 5},
        ]});
        let told = complaints(content.clone(), &[]);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0], "  one: expected 3, found 2");
        assert!(told[1].starts_with("  cases[2]"), "{told:?}");
        assert_eq!(complaints(content, &[MEANT]).len(), 1);
    }

    #[test]
    fn a_field_that_is_not_known_fails_the_case_of_vectors() {
        let content = json!({"cases": [{"id": "one", "a": 1, "b": 1, "expect": 2, "modulo": 2}]});
        let told = complaints(content, &[]);
        assert!(told[0].contains("unknown field `modulo`"), "{told:?}");
    }

    #[test]
    fn a_difference_that_is_none_fails_and_so_do_vectors_without_cases() {
        let content = json!({"cases": [{"id": "one", "a": 1, "b": 1, "expect": 2}]});
        assert!(complaints(content, &[MEANT])[0].contains("no longer belongs"));
        assert!(complaints(json!({}), &[])[0].contains("no case"));
    }
}

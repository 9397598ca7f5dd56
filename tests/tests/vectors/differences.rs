//! Cases that are answered otherwise on purpose. Nothing else is passed over.

use serde_json::Value;

use crate::folder;

/// One case that is answered otherwise.
pub(crate) struct Difference {
    /// The file, without its ending.
    pub(crate) file: &'static str,
    /// The case.
    pub(crate) id: &'static str,
    /// Why another answer is right here.
    pub(crate) reason: &'static str,
}

impl Difference {
    pub(crate) fn is(&self, file: &str, id: &str) -> bool {
        (self.file, self.id) == (file, id)
    }
}

/// All of them.
pub(crate) const TABLE: &[Difference] = &[Difference {
    file: "r4j_circuit_breaker",
    id: "late_result_while_open_is_counted",
    reason: "a result of an earlier period counts nowhere: taken for a probe, it could close a circuit that is not well",
}];

#[test]
fn every_difference_from_the_vectors_names_a_case_and_a_reason() {
    for row in TABLE {
        let file = folder::read_own(row.file);
        let sections = file.as_object().into_iter().flatten();
        let mut cases = sections
            .filter_map(|(_, section)| section.as_array())
            .chain(file.as_array())
            .flatten();
        let is_there = cases.any(|case| case.get("id").and_then(Value::as_str) == Some(row.id));
        assert!(is_there, "{}.json has no case {}", row.file, row.id);
        assert!(!row.reason.is_empty(), "{}: say why", row.id);
    }
}

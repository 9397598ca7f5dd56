//! What to say to a key that is none.

use crate::nearest::nearest;
use crate::problem::Problem;
use crate::secret;
use crate::table::{self, KEYS, Key};
use crate::tree::Entry;

/// `entry`, in the part `part`, is no setting. With help, the names that there are are searched for what was meant.
pub(super) fn problem(part: &str, entry: &Entry, with_help: bool) -> Problem {
    let problem = Problem::error("there is no setting of this name").at(entry.span.clone());
    let problem = match part {
        "" => problem.expecting("a setting of an upstream"),
        part => problem.expecting(format!("a setting of `{part}`")),
    };
    let help = match with_help {
        true => help(part, &entry.name),
        false => None,
    };
    match help {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

pub(crate) fn help(part: &str, name: &str) -> Option<String> {
    if part.is_empty() && secret::is_secret_key(name) {
        return Some(
            "a secret does not belong in a file: put it into the environment, and write the name of its variable as \
             `credential_env`"
                .to_owned(),
        );
    }
    let elsewhere = table::within(part).find(|key| key.elsewhere.contains(&name));
    let near = || {
        let known = nearest(name, table::within(part).map(Key::name))?;
        table::within(part).find(|key| key.name() == known)
    };
    if let Some(key) = elsewhere.or_else(near) {
        return Some(format!("did you mean `{}`? {}", key.name(), key.doc));
    }
    let key = KEYS.iter().find(|key| key.name() == name)?;
    Some(match key.part() {
        "" => format!("`{name}` is a setting of the upstream itself, not of `{part}`"),
        of => format!("`{name}` is a setting of `{of}`"),
    })
}

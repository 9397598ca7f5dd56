//! What a key is called on the page.

use std::collections::HashMap;

use buttress_core::Key;
use buttress_core::key::KeyKind;

/// The names that the program gives. A key without one is called by its kind and two bytes of its digest, which tell one
/// row from another and nothing of what the key was made from.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<Key, String>);

impl Names {
    pub(crate) fn insert(&mut self, key: Key, name: String) {
        self.0.insert(key, name);
    }

    pub(crate) fn of(&self, key: Key) -> String {
        if let Some(name) = self.0.get(&key) {
            return name.clone();
        }
        match key.kind() {
            KeyKind::All => KeyKind::All.name().to_owned(),
            kind => format!("{} {:04x}", kind.name(), key.digest() & 0xffff),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hash::RandomState;

    use super::*;

    #[test]
    fn a_credential_is_shown_as_two_bytes_of_a_secret_digest() {
        let key = Key::new(KeyKind::Credential, "sk-secret", &RandomState::new());
        let name = Names::default().of(key);
        let digits = name.strip_prefix("credential ").unwrap();
        assert!(digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn the_program_has_the_first_word() {
        let mut names = Names::default();
        assert_eq!(names.of(Key::ALL), "all");
        names.insert(Key::ALL, "the whole host".to_owned());
        assert_eq!(names.of(Key::ALL), "the whole host");
    }
}

//! What shares a limit.

use std::fmt;
use std::hash::{BuildHasher, Hash};

/// What a key was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// One for everything that passes the layer.
    All,
    /// The host and port.
    Host,
    /// An API key or token.
    Credential,
    /// The model.
    Model,
    /// The provider's name for a bucket.
    Resource,
    /// What the user says.
    Custom,
}

impl KeyKind {
    /// The name used in messages and on the live page.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Host => "host",
            Self::Credential => "credential",
            Self::Model => "model",
            Self::Resource => "resource",
            Self::Custom => "key",
        }
    }
}

/// What shares a limit: a kind, and a digest of what it was made from.
///
/// A `Copy` value of two words: made without allocation, compared without looking at the text, and unable to show a
/// credential. The digest is made with a secret that the owner of the keyed state draws once, so that nobody outside
/// can make keys that collide. Two different texts have the same key with a chance of 2⁻⁶⁴.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    kind: KeyKind,
    digest: u64,
}

impl Key {
    /// The one key of state that is not divided.
    pub const ALL: Self = Self {
        kind: KeyKind::All,
        digest: 0,
    };

    /// The key of `value`.
    pub fn new(kind: KeyKind, value: impl Hash, secret: &impl BuildHasher) -> Self {
        Self {
            kind,
            digest: secret.hash_one((kind, value)),
        }
    }

    /// The key of this and `value` together: one model of one credential, say. It keeps this key's kind.
    #[must_use]
    pub fn and(self, value: impl Hash, secret: &impl BuildHasher) -> Self {
        Self {
            kind: self.kind,
            digest: secret.hash_one((self.digest, value)),
        }
    }

    /// What it was made from.
    pub const fn kind(self) -> KeyKind {
        self.kind
    }

    /// A number that is as good as random, and says nothing of what the key was made from.
    pub const fn digest(self) -> u64 {
        self.digest
    }
}

/// The kind alone: even a digest of a credential is more than a log needs.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::RandomState;

    use super::*;

    #[test]
    fn the_same_text_of_another_kind_is_another_key() {
        let secret = RandomState::new();
        let host = Key::new(KeyKind::Host, "a", &secret);
        assert_eq!(host, Key::new(KeyKind::Host, "a", &secret));
        assert_ne!(host, Key::new(KeyKind::Model, "a", &secret));
        assert_ne!(host, host.and("b", &secret));
    }

    #[test]
    fn a_key_does_not_show_what_it_was_made_from() {
        let key = Key::new(KeyKind::Credential, "sk-secret", &RandomState::new());
        assert_eq!(format!("{key:?}"), "Key(Credential)");
    }
}

use buttress_core::{Key, Scope};

use crate::key::Keyer;

/// What outcomes of a request pause: its own key, and where there is one, that of its account.
///
/// A call passes both, its own first: whoever waits for its own key holds nothing that others of the account wait for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) own: Key,
    pub(super) account: Option<Key>,
}

impl Keys {
    pub(super) fn of<Req>(keyer: &impl Keyer<Req>, request: &Req) -> Self {
        let (own, account) = (keyer.key(request), keyer.account(request));
        Self { own, account }
    }

    /// What an outcome of this scope pauses.
    pub(super) fn key(self, scope: Scope) -> Key {
        match scope {
            Scope::Account | Scope::Org => self.account.unwrap_or(self.own),
            _ => self.own,
        }
    }
}

//! The limits of each credential.

use std::collections::HashMap;

use crate::config::Config;
use crate::{github, openai};

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) openai: openai::Account,
    pub(crate) github: github::Account,
}

#[derive(Debug)]
pub(crate) struct Accounts {
    by_credential: HashMap<Vec<u8>, Account>,
    // Shared by the credentials for which there is no room.
    rest: Account,
}

impl Account {
    fn new(config: &Config, now: u64) -> Self {
        Self {
            openai: openai::Account::new(config.openai, config.minute(), now),
            github: github::Account::new(config),
        }
    }
}

impl Accounts {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            by_credential: HashMap::new(),
            rest: Account::new(config, 0),
        }
    }

    /// The account of `credential`, opened at its first request.
    pub(crate) fn of(&mut self, credential: &[u8], config: &Config, now: u64) -> &mut Account {
        if !self.by_credential.contains_key(credential) {
            if self.by_credential.len() >= config.memory {
                return &mut self.rest;
            }
            let account = Account::new(config, now);
            self.by_credential.insert(credential.to_vec(), account);
        }
        self.by_credential
            .get_mut(credential)
            .unwrap_or(&mut self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OpenAiLimits;

    fn remaining(accounts: &mut Accounts, credential: &[u8], config: &Config) -> String {
        let mut headers = http::HeaderMap::new();
        accounts
            .of(credential, config, 0)
            .openai
            .stamp(&mut headers, 0);
        let value = &headers["x-ratelimit-remaining-requests"];
        value.to_str().unwrap().to_owned()
    }

    fn spend(accounts: &mut Accounts, credential: &[u8], config: &Config) {
        let body = br#"{"model":"m","messages":[]}"#;
        accounts.of(credential, config, 0).openai.answer(body, 1, 0);
    }

    #[test]
    fn each_credential_has_its_own_limits() {
        let config = Config::default().with_openai(OpenAiLimits::new(9, 1_000));
        let mut accounts = Accounts::new(&config);
        spend(&mut accounts, b"a", &config);
        assert_eq!(remaining(&mut accounts, b"a", &config), "8");
        assert_eq!(remaining(&mut accounts, b"b", &config), "9");
    }

    #[test]
    fn credentials_beyond_the_memory_share_one_account() {
        let config = Config::default()
            .with_openai(OpenAiLimits::new(9, 1_000))
            .with_memory(1);
        let mut accounts = Accounts::new(&config);
        spend(&mut accounts, b"a", &config);
        spend(&mut accounts, b"b", &config);
        assert_eq!(remaining(&mut accounts, b"c", &config), "8");
        assert_eq!(remaining(&mut accounts, b"a", &config), "8");
    }
}

//! The keyer that a policy names.

use std::borrow::Cow;
use std::hash::RandomState;

use buttress_core::Key;
use buttress_core::key::KeyKind;
use buttress_core::policy::KeyBy;
use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, Request};

use super::{ByHeader, ByHost, Keyer};

/// Which model a request is for: a request extension, read by [`By`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Model(pub Cow<'static, str>);

/// Which of the provider's buckets a request is counted in: a request extension, read by [`By`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource(pub Cow<'static, str>);

/// What a [`KeyBy`] names. Requests that do not say what they are keyed by share one state.
#[derive(Clone, Debug)]
pub struct By(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Everything,
    Host(ByHost),
    Credential(RandomState),
    Model(RandomState),
    Resource(RandomState),
    Header(ByHeader),
}

/// Where the providers' keys stand: most in `Authorization`; Anthropic, Azure, Google and GitLab have their own.
const CREDENTIALS: [HeaderName; 5] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("private-token"),
];

impl By {
    /// The keyer for `key`. Another for the same has other keys: digests are made with a secret of its own.
    pub fn new(key: &KeyBy) -> Self {
        Self(match key {
            KeyBy::Host => Kind::Host(ByHost::default()),
            KeyBy::Credential => Kind::Credential(RandomState::new()),
            KeyBy::Model => Kind::Model(RandomState::new()),
            KeyBy::Resource => Kind::Resource(RandomState::new()),
            KeyBy::Header(name) => Kind::Header(ByHeader::new(name.clone())),
            _ => Kind::Everything,
        })
    }
}

impl<B> Keyer<Request<B>> for By {
    fn key(&self, request: &Request<B>) -> Key {
        match &self.0 {
            Kind::Everything => Key::ALL,
            Kind::Host(host) => host.key(request),
            Kind::Header(header) => header.key(request),
            Kind::Credential(secret) => credential(request.headers(), secret),
            Kind::Model(secret) => {
                let model = request.extensions().get::<Model>();
                Key::new(KeyKind::Model, model, secret)
            }
            Kind::Resource(secret) => {
                let resource = request.extensions().get::<Resource>();
                Key::new(KeyKind::Resource, resource, secret)
            }
        }
    }

    fn is_single(&self) -> bool {
        matches!(self.0, Kind::Everything)
    }
}

fn credential(headers: &HeaderMap, secret: &RandomState) -> Key {
    let values = CREDENTIALS.map(|name| headers.get(name).map(|value| value.as_bytes()));
    Key::new(KeyKind::Credential, values, secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(key: &KeyBy) -> By {
        By::new(key)
    }

    fn with(name: &str, value: &str) -> Request<()> {
        Request::get("https://a.example/")
            .header(name, value)
            .body(())
            .unwrap()
    }

    #[test]
    fn credentials_differ_wherever_a_provider_has_them() {
        let by = by(&KeyBy::Credential);
        for name in CREDENTIALS {
            let key = by.key(&with(name.as_str(), "one"));
            assert_eq!(key, by.key(&with(name.as_str(), "one")), "{name}");
            assert_ne!(key, by.key(&with(name.as_str(), "two")), "{name}");
        }
        assert_ne!(
            by.key(&with("api-key", "one")),
            by.key(&with("x-api-key", "one"))
        );
        assert_eq!(by.key(&with("x", "one")), by.key(&with("x", "two")));
    }

    #[test]
    fn a_model_and_a_resource_are_what_the_caller_says() {
        let to = |model: &'static str| {
            let mut request = with("x", "y");
            request.extensions_mut().insert(Model(model.into()));
            request.extensions_mut().insert(Resource(model.into()));
            request
        };
        for by in [by(&KeyBy::Model), by(&KeyBy::Resource)] {
            assert_eq!(by.key(&to("a")), by.key(&to("a")));
            assert_ne!(by.key(&to("a")), by.key(&to("b")));
            assert_eq!(by.key(&with("x", "1")), by.key(&with("x", "2")));
        }
    }

    #[test]
    fn only_everything_is_looked_up_by_nobody() {
        let is_single = |key| Keyer::<Request<()>>::is_single(&by(&key));
        assert!(is_single(KeyBy::Everything));
        let header = KeyBy::Header(HeaderName::from_static("x"));
        for key in [
            KeyBy::Host,
            KeyBy::Credential,
            KeyBy::Model,
            KeyBy::Resource,
            header,
        ] {
            assert!(!is_single(key));
        }
    }
}

//! The keyer that a policy names.

use std::borrow::Cow;
use std::hash::RandomState;

use buttress_core::Key;
#[cfg(feature = "stack")]
use buttress_core::Scope;
use buttress_core::key::KeyKind;
use buttress_core::policy::KeyBy;
#[cfg(feature = "stack")]
use buttress_providers::{Names, Profile};
use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, Request};

#[cfg(feature = "stack")]
use super::named;
use super::{ByHeader, ByHost, Keyer};

/// Which model a request is for: a request extension, read by [`By`]. In a [stack](crate::stack) a request that has none
/// is given what its path or its body names; the empty one if they name none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Model(pub(super) Cow<'static, str>);

impl Model {
    /// The model `name`, as the caller calls it.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }
}

/// Which of the provider's buckets a request is counted in: a request extension, read by [`By`]. In a
/// [stack](crate::stack) a request that has none counts in what the profile knows of its route.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource(Cow<'static, str>);

impl Resource {
    /// The bucket `name`, as the provider calls it.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }
}

/// What a [`KeyBy`] names. Requests that do not say what they are keyed by share one state.
///
/// In a [stack](crate::stack) whose profile tells the limits of a model, or of a bucket, from those of the account, what
/// holds for the account holds for everything that passes.
#[derive(Clone, Debug)]
pub struct By {
    kind: Kind,
    /// Whether outcomes tell what is of this key from what is of its account.
    is_within: bool,
    /// What the requests name themselves, where they have no extension.
    #[cfg(feature = "stack")]
    names: Option<Names>,
}

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
        let kind = match key {
            KeyBy::Host => Kind::Host(ByHost::default()),
            KeyBy::Credential => Kind::Credential(RandomState::new()),
            KeyBy::Model => Kind::Model(RandomState::new()),
            KeyBy::Resource => Kind::Resource(RandomState::new()),
            KeyBy::Header(name) => Kind::Header(ByHeader::new(name.clone())),
            _ => Kind::Everything,
        };
        Self {
            kind,
            is_within: false,
            #[cfg(feature = "stack")]
            names: None,
        }
    }

    /// With what requests to a provider name themselves.
    #[cfg(feature = "stack")]
    pub(crate) fn with_profile(self, profile: &Profile) -> Self {
        let names = profile.names();
        let is_within = match self.kind {
            // Elsewhere a limit is called the account's for want of a better word, and the user says that it is a model's.
            Kind::Model(_) => profile.limits() == Scope::Model,
            Kind::Resource(_) => names.has_resources(),
            _ => false,
        };
        Self {
            names: Some(names),
            is_within,
            ..self
        }
    }

    /// The empty one is that of all requests that name none.
    fn model<'r, B: 'static>(&self, request: &'r Request<B>) -> Cow<'r, str> {
        match request.extensions().get::<Model>() {
            Some(Model(model)) => Cow::Borrowed(model),
            None => Cow::Owned(self.named_model(request).unwrap_or_default()),
        }
    }

    /// Not kept in the request: a look at the route costs less than a place for what it says.
    fn resource<'r, B>(&self, request: &'r Request<B>) -> &'r str {
        match request.extensions().get::<Resource>() {
            Some(Resource(resource)) => resource,
            None => self.named_resource(request).unwrap_or_default(),
        }
    }

    #[cfg(feature = "stack")]
    fn named_model<B: 'static>(&self, request: &Request<B>) -> Option<String> {
        named::model(self.names?, request)
    }

    #[cfg(feature = "stack")]
    fn named_resource<B>(&self, request: &Request<B>) -> Option<&'static str> {
        let (method, path) = (request.method().as_str(), request.uri().path());
        self.names?.resource(method, path)
    }

    #[cfg(not(feature = "stack"))]
    fn named_model<B>(&self, _request: &Request<B>) -> Option<String> {
        None
    }

    #[cfg(not(feature = "stack"))]
    fn named_resource<B>(&self, _request: &Request<B>) -> Option<&'static str> {
        None
    }
}

impl<B: 'static> Keyer<Request<B>> for By {
    fn key(&self, request: &Request<B>) -> Key {
        match &self.kind {
            Kind::Everything => Key::ALL,
            Kind::Host(host) => host.key(request),
            Kind::Header(header) => header.key(request),
            Kind::Credential(secret) => credential(request.headers(), secret),
            Kind::Model(secret) => Key::new(KeyKind::Model, self.model(request), secret),
            Kind::Resource(secret) => Key::new(KeyKind::Resource, self.resource(request), secret),
        }
    }

    /// Not `Key::ALL`, whose state is also that of all keys that have none of their own.
    fn account(&self, _request: &Request<B>) -> Option<Key> {
        match &self.kind {
            Kind::Model(secret) | Kind::Resource(secret) if self.is_within => {
                Some(Key::new(KeyKind::All, "account", secret))
            }
            // A host, a credential and a header may each be another account.
            _ => None,
        }
    }

    fn is_single(&self) -> bool {
        matches!(self.kind, Kind::Everything)
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
            request.extensions_mut().insert(Model::new(model));
            request.extensions_mut().insert(Resource::new(model));
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

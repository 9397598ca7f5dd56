use std::hash::RandomState;

use buttress_core::Key;
use buttress_core::key::KeyKind;
use buttress_providers::github_clients;
use http::Request;
use http::header::AUTHORIZATION;

use crate::key::Keyer;

/// One state per credential and bucket of GitHub's: `core`, `search`, `graphql` and the others, by the method and the
/// path.
///
/// A primary limit is of one bucket, and the others go on; a secondary one is of all that the credential sends. A
/// cooldown keeps both apart by a key for each:
///
/// ```
/// use buttress::cooldown::CooldownLayer;
/// use buttress::github::ByResource;
/// use buttress::key::{ByHeader, Within};
///
/// let layer = CooldownLayer::new().with_keyer(Within::new(ByResource::default(), ByHeader::default()));
/// # let _ = layer;
/// ```
#[derive(Clone, Debug, Default)]
pub struct ByResource {
    secret: RandomState,
}

impl<B> Keyer<Request<B>> for ByResource {
    fn key(&self, request: &Request<B>) -> Key {
        let resource = github_clients::resource(request.method().as_str(), request.uri().path());
        let credential = request.headers().get(AUTHORIZATION);
        let credential = credential.map(|value| value.as_bytes());
        Key::new(KeyKind::Resource, (resource, credential), &self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_bucket_and_credential_share() {
        let by = ByResource::default();
        let key = |path: &str, token: &'static str| {
            let uri = format!("https://api.github.com{path}");
            let request = Request::get(uri).header("authorization", token);
            by.key(&request.body(()).unwrap())
        };
        let core = key("/repos/a/b", "one");
        assert_eq!(core, key("/user?page=2", "one"));
        assert_ne!(core, key("/search/issues?q=rate", "one"));
        assert_ne!(core, key("/repos/a/b", "two"));
        assert_eq!(core.kind(), KeyKind::Resource);
        let import = |method| {
            let uri = "https://api.github.com/repos/a/b/import";
            by.key(&Request::builder().method(method).uri(uri).body(()).unwrap())
        };
        assert_ne!(import("PUT"), import("GET"), "by the method too");
    }
}

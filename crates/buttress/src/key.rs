//! What of a request shares a limit, a pause, a circuit.

use std::hash::RandomState;

use buttress_core::Key;
use buttress_core::key::KeyKind;
use http::header::{AUTHORIZATION, HOST, HeaderName};
use http::uri::Authority;
use http::{HeaderMap, Request, Uri};

mod by;
#[cfg(feature = "stack")]
mod named;

pub use self::by::{By, Model, Resource};
#[cfg(feature = "stack")]
pub(crate) use self::named::Naming;

/// Names what a request shares with others.
///
/// Functions of the request are keyers. A [`Key`] for a function of yours is made with [`Key::new`] and a
/// [`RandomState`] that you draw once.
pub trait Keyer<Req> {
    /// What the request shares.
    fn key(&self, request: &Req) -> Key;

    /// What the request shares with all that have its account, where that is more than [`key`](Keyer::key): a pause
    /// that holds for the account then holds for it too.
    fn account(&self, _request: &Req) -> Option<Key> {
        None
    }

    /// Whether all requests have the same key, so that there is nothing to look up.
    fn is_single(&self) -> bool {
        false
    }
}

impl<Req, F: Fn(&Req) -> Key> Keyer<Req> for F {
    fn key(&self, request: &Req) -> Key {
        self(request)
    }
}

/// Everything shares one state. The default of a layer that stands around a client of one provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everything;

impl<Req> Keyer<Req> for Everything {
    fn key(&self, _request: &Req) -> Key {
        Key::ALL
    }

    fn is_single(&self) -> bool {
        true
    }
}

/// One state per host and port, where a port that is not written is the scheme's own.
#[derive(Clone, Debug, Default)]
pub struct ByHost {
    secret: RandomState,
}

impl<B> Keyer<Request<B>> for ByHost {
    fn key(&self, request: &Request<B>) -> Key {
        let (host, port) = host(request.uri(), request.headers());
        Key::new(KeyKind::Host, (LowerCase(host), port), &self.secret)
    }
}

/// One state per value of a header, `Authorization` by default: one for each credential. The value is not kept.
#[derive(Clone, Debug)]
pub struct ByHeader {
    name: HeaderName,
    secret: RandomState,
}

impl Default for ByHeader {
    fn default() -> Self {
        Self::new(AUTHORIZATION)
    }
}

impl ByHeader {
    /// By the header `name`. Requests without it share one state.
    pub fn new(name: HeaderName) -> Self {
        Self {
            name,
            secret: RandomState::new(),
        }
    }
}

impl<B> Keyer<Request<B>> for ByHeader {
    fn key(&self, request: &Request<B>) -> Key {
        let value = request
            .headers()
            .get(&self.name)
            .map(|value| value.as_bytes());
        let kind = if self.name == AUTHORIZATION {
            KeyKind::Credential
        } else {
            KeyKind::Custom
        };
        Key::new(kind, value, &self.secret)
    }
}

/// A key of its own for each model or resource, within an account.
///
/// ```
/// use buttress::cooldown::CooldownLayer;
/// use buttress::key::{ByHeader, ByHost, Within};
///
/// // A limit of one host pauses that host; a limit of the credential pauses all hosts for it.
/// let layer = CooldownLayer::new().with_keyer(Within::new(ByHost::default(), ByHeader::default()));
/// # let _ = layer;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Within<K, A> {
    own: K,
    account: A,
}

impl<K, A> Within<K, A> {
    /// The keys of `own`, within those of `account`.
    pub const fn new(own: K, account: A) -> Self {
        Self { own, account }
    }
}

impl<Req, K: Keyer<Req>, A: Keyer<Req>> Keyer<Req> for Within<K, A> {
    fn key(&self, request: &Req) -> Key {
        self.own.key(request)
    }

    fn account(&self, request: &Req) -> Option<Key> {
        Some(self.account.key(request))
    }
}

/// The host and port that a request goes to; empty if it does not say.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> (&'a [u8], u16) {
    let named = || headers.get(HOST).and_then(|value| value.to_str().ok());
    let authority = uri.authority().map(Authority::as_str).or_else(named);
    // Credentials before an `@` are not the host's.
    let authority = authority
        .and_then(|text| text.rsplit('@').next())
        .unwrap_or_default();
    // Colons within an IPv6 address stand before its bracket, and are followed by no number alone.
    let split = authority
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = split.unwrap_or_else(|| (authority, default_port(uri)));
    (host.as_bytes(), port)
}

/// A request that names no scheme is one of a server or a proxy: all of these are alike.
fn default_port(uri: &Uri) -> u16 {
    match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    }
}

/// A host is the same in capitals (RFC 9110, 4.2.3): hashed in lower case, without a copy.
struct LowerCase<'a>(&'a [u8]);

impl std::hash::Hash for LowerCase<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for chunk in self.0.chunks(32) {
            let mut lower = [0; 32];
            for (lower, byte) in lower.iter_mut().zip(chunk) {
                *lower = byte.to_ascii_lowercase();
            }
            state.write(&lower[..chunk.len()]);
        }
        state.write_usize(self.0.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(uri: &str) -> Request<()> {
        Request::get(uri).body(()).unwrap()
    }

    #[test]
    fn a_host_is_the_same_in_capitals_and_whatever_the_path() {
        let by_host = ByHost::default();
        let key = by_host.key(&to("https://API.example.com/v1"));
        assert_eq!(key, by_host.key(&to("https://api.example.com/v2?key=x")));
        assert_eq!(key, by_host.key(&to("https://user:pass@api.example.com/")));
        assert_eq!(key, by_host.key(&to("https://api.example.com:443/")));
        assert_ne!(key, by_host.key(&to("http://api.example.com/")));
        assert_ne!(key, by_host.key(&to("https://api.example.com:8443/")));
        assert_ne!(
            by_host.key(&to("http://[::1]:80/")),
            by_host.key(&to("http://[::1]:81/"))
        );
        assert_ne!(key, by_host.key(&to("https://api.example.org/")));
    }

    #[test]
    fn the_host_header_speaks_where_the_uri_does_not() {
        let by_host = ByHost::default();
        let request = Request::get("/v1")
            .header("host", "api.example.com")
            .body(())
            .unwrap();
        assert_eq!(
            by_host.key(&request),
            by_host.key(&to("http://api.example.com/v1"))
        );
    }

    #[test]
    fn credentials_differ_and_requests_without_one_share() {
        let by_header = ByHeader::default();
        let with = |value: &str| {
            Request::get("/")
                .header("authorization", value)
                .body(())
                .unwrap()
        };
        assert_ne!(
            by_header.key(&with("Bearer a")),
            by_header.key(&with("Bearer b"))
        );
        assert_eq!(by_header.key(&to("/")), by_header.key(&to("/other")));
    }
}

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Method};

/// The header by which a server knows a request again, so that sending it twice does no more than sending it once.
///
/// `Idempotency-Key` unless another is named. What a provider's is called, and whether it is honoured, its profile knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyHeader {
    name: HeaderName,
    is_added: bool,
}

impl Default for IdempotencyHeader {
    /// `Idempotency-Key`, where the caller writes it.
    fn default() -> Self {
        Self::new(HeaderName::from_static("idempotency-key"))
    }
}

impl IdempotencyHeader {
    /// The header of this name, where the caller writes it.
    pub const fn new(name: HeaderName) -> Self {
        let is_added = false;
        Self { name, is_added }
    }

    /// Whether it is written into each request that is not idempotent by its method and has none: a random value, the
    /// same in all attempts of a call. It makes these requests repeatable, which is right only where the server honours it.
    #[must_use]
    pub fn with_added_keys(self, is_added: bool) -> Self {
        Self { is_added, ..self }
    }

    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(&self.name)
    }

    pub(super) fn add(&self, method: &Method, headers: &mut HeaderMap) {
        if !self.is_added || method.is_idempotent() || self.is_in(headers) {
            return;
        }
        if let Some(key) = key() {
            headers.insert(&self.name, key);
        }
    }
}

/// A key that nobody else makes: a server that is given one by two processes answers the second call with what the first
/// one did. So it comes from the operating system and from no seed, which a fork has in common with its parent, and a
/// machine with others of the same image. Where the system has none, a request goes without, and is no more repeatable
/// than it was.
fn key() -> Option<HeaderValue> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    HeaderValue::from_str(&uuid(u128::from_ne_bytes(bytes))).ok()
}

/// Version 4 of RFC 9562: what most servers expect, and 122 bits of it random.
fn uuid(random: u128) -> String {
    let version = (random & !(0xf << 76)) | (4 << 76);
    let variant = (version & !(0b11 << 62)) | (0b10 << 62);
    let hex = format!("{variant:032x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_form_of_a_random_uuid() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn two_processes_with_the_same_seed_make_two_keys() {
        let made = || {
            fastrand::seed(7);
            key()
        };
        let first = made();
        assert!(first.is_some() && first != made());
    }

    #[test]
    fn it_is_added_where_it_is_wanted_and_missing() {
        let added = IdempotencyHeader::default().with_added_keys(true);
        let value = |header: &IdempotencyHeader, method: Method| {
            let mut headers = HeaderMap::new();
            header.add(&method, &mut headers);
            headers.remove("idempotency-key")
        };
        let first = value(&added, Method::POST);
        assert!(first.is_some() && first != value(&added, Method::POST));
        assert!(value(&added, Method::PATCH).is_some());
        assert_eq!(value(&added, Method::PUT), None);
        assert_eq!(value(&IdempotencyHeader::default(), Method::POST), None);
        let mut own = HeaderMap::new();
        own.insert("idempotency-key", HeaderValue::from_static("own"));
        added.add(&Method::POST, &mut own);
        assert_eq!(own["idempotency-key"], "own");
    }
}

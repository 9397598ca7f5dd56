/// What may be told of a request. Nothing of it is secret, or without bound: no path, no query, no body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct About<'a> {
    /// The method of HTTP, `_OTHER` for one that is not in RFC 9110 or RFC 5789, or empty if it is not HTTP.
    pub method: &'static str,
    /// The host that it goes to, without port and credentials; empty if the request does not say.
    pub server: &'a str,
    /// The port, where one is written.
    pub port: Option<u16>,
    /// What the user knows the call by, where the user has said so; empty if not.
    pub correlation: &'a str,
}

//! What reqwest's errors mean.

use buttress_core::{BoxError, Class, Failure, Outcome};

/// Judges an error of reqwest. Its URL is taken off: some providers' URLs hold the key.
pub fn failure(error: reqwest::Error) -> Box<Failure> {
    let outcome = Outcome::new(class(&error));
    Box::new(Failure::new(outcome, error.without_url()))
}

/// The same as a bare box: `?` would put the box of a [`Failure`] into another.
pub(crate) fn failed(error: reqwest::Error) -> BoxError {
    failure(error)
}

/// A connect error comes first: a timeout while connecting has sent nothing.
fn class(error: &reqwest::Error) -> Class {
    if error.is_connect() {
        Class::Connect
    } else if error.is_timeout() {
        Class::Timeout
    } else if error.is_builder() || error.is_redirect() {
        // A request that cannot be sent, or a server that sends round in circles: the same again ends the same.
        Class::ClientError
    } else {
        Class::Interrupted
    }
}

//! What reqwest's errors mean.

use buttress_core::{BoxError, Class, Failure, Outcome};

/// Judges an error of reqwest. Its URL is taken off: some providers' URLs hold the key.
pub(crate) fn failure(error: reqwest::Error) -> BoxError {
    let outcome = Outcome::new(class(&error));
    Box::new(Failure::new(outcome, error.without_url()))
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

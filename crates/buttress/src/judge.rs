//! What a client's error means, as far as the clients that this crate knows can say.

use buttress_core::{BoxError, Class, Failure, Outcome};

/// Takes an error as a failure. What a client has judged stands; what it has not is looked for in the chain.
pub(crate) fn failure(error: BoxError) -> Box<Failure> {
    #[cfg(feature = "reqwest")]
    let error = match error.downcast() {
        Ok(error) => return buttress_reqwest::failure(*error),
        Err(error) => error,
    };
    match known(&error) {
        Some(class) => Box::new(Failure::new(Outcome::new(class), error)),
        None => Failure::of(error),
    }
}

fn known(error: &BoxError) -> Option<Class> {
    if Failure::find(&**error).is_some() {
        return None;
    }
    let timeout = Failure::find_source::<tokio::time::error::Elapsed>(&**error);
    timeout
        .map(|_| Class::Timeout)
        .or_else(|| known_to_hyper(error))
}

/// A connection that was not made, for whatever reason: refused, DNS, TLS.
#[cfg(feature = "hyper")]
fn known_to_hyper(error: &BoxError) -> Option<Class> {
    let error = Failure::find_source::<hyper_util::client::legacy::Error>(&**error)?;
    error.is_connect().then_some(Class::Connect)
}

#[cfg(not(feature = "hyper"))]
fn known_to_hyper(_error: &BoxError) -> Option<Class> {
    None
}

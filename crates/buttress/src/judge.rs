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

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_timeout_of_tokios_is_a_timeout_and_what_was_judged_stands() {
        let never = std::future::pending::<()>();
        let elapsed = tokio::time::timeout(Duration::ZERO, never)
            .await
            .unwrap_err();
        assert_eq!(failure(elapsed.into()).outcome().class(), Class::Timeout);
        let elapsed = tokio::time::timeout(Duration::ZERO, std::future::pending::<()>()).await;
        let judged = Failure::new(Outcome::new(Class::Connect), elapsed.unwrap_err());
        let wrapped = io::Error::other(judged);
        assert_eq!(failure(wrapped.into()).outcome().class(), Class::Connect);
    }
}

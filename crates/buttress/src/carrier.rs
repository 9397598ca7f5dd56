//! What an outcome can travel in.

use buttress_core::classify::{Reply, Rules};
use buttress_core::{Class, History, Outcome};
use http::{HeaderMap, Response, StatusCode};

use crate::stream::Stream;
use crate::time::Clock;

/// A response that can carry what was found out about it.
///
/// Implemented for [`http::Response`] and, with the feature `reqwest`, reqwest's, where outcome and history are
/// extensions; and for [`Classified`], which is what a response of any other kind becomes in
/// [`classify_fn`](crate::classify::classify_fn).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a response that can carry an outcome",
    note = "put `buttress::classify::classify_fn` around a service that does not answer with `http::Response`"
)]
pub trait Carrier {
    /// What the attempt meant: the outcome that a classifier below has put in, or what can be seen without one.
    ///
    /// The clock is for a date in an answer that has no `Date` header of its own.
    fn outcome(&self, clock: Clock) -> Outcome;

    /// The status, where the response has one as HTTP has it. It is told to observers, and nobody decides by it.
    fn status(&self) -> Option<u16> {
        None
    }

    /// Where to hear of a failure that comes after the head, if a classifier below looks for one.
    fn stream(&self) -> Option<&Stream> {
        None
    }

    /// Its header fields, if it has any.
    fn headers(&self) -> Option<&HeaderMap> {
        None
    }

    /// What became of the call, if a retry layer has written it down.
    fn history(&self) -> Option<&History>;

    /// Writes down what became of the call.
    fn record(&mut self, history: History);
}

/// Of what has a status, headers and extensions as HTTP has them.
macro_rules! carries {
    ($response:ty $(, $body:ident)?) => {
        impl$(<$body>)? Carrier for $response {
            fn outcome(&self, clock: Clock) -> Outcome {
                let carried = self.extensions().get().copied();
                carried.unwrap_or_else(|| judge(self.status(), self.headers(), clock))
            }

            fn status(&self) -> Option<u16> {
                Some(self.status().as_u16())
            }

            fn stream(&self) -> Option<&Stream> {
                self.extensions().get()
            }

            fn headers(&self) -> Option<&HeaderMap> {
                Some(self.headers())
            }

            fn history(&self) -> Option<&History> {
                self.extensions().get()
            }

            fn record(&mut self, history: History) {
                self.extensions_mut().insert(history);
            }
        }
    };
}

carries!(Response<B>, B);
#[cfg(feature = "reqwest")]
carries!(reqwest::Response);

/// What can be seen where no classifier stands below.
fn judge(status: StatusCode, headers: &HeaderMap, clock: Clock) -> Outcome {
    if status.as_u16() < 400 {
        return Outcome::new(Class::Ok);
    }
    let wall = || clock.wall();
    Rules::new().judge(&Reply {
        status,
        headers,
        body: b"",
        wall: &wall,
    })
}

/// A response that is not HTTP, with what was found out about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified<T> {
    response: T,
    outcome: Outcome,
    history: Option<Box<History>>,
}

impl<T> Classified<T> {
    /// `response`, and what it means.
    pub const fn new(response: T, outcome: Outcome) -> Self {
        Self {
            response,
            outcome,
            history: None,
        }
    }

    /// The response.
    pub const fn response(&self) -> &T {
        &self.response
    }

    /// The response alone.
    pub fn into_response(self) -> T {
        self.response
    }
}

impl<T> Carrier for Classified<T> {
    fn outcome(&self, _clock: Clock) -> Outcome {
        self.outcome
    }

    fn history(&self) -> Option<&History> {
        self.history.as_deref()
    }

    fn record(&mut self, history: History) {
        self.history = Some(Box::new(history));
    }
}

#[cfg(test)]
mod tests {
    use buttress_core::{Repeat, UnixTime};

    use super::*;

    fn outcome(status: u16, headers: &[(&str, &str)]) -> Outcome {
        response(status, headers).outcome(Clock::with_wall(|| UnixTime::from_secs(1_792_497_600)))
    }

    fn response(status: u16, headers: &[(&str, &str)]) -> Response<()> {
        let builder = Response::builder().status(status);
        let add = |builder: http::response::Builder, (name, value): &(&str, &str)| {
            builder.header(*name, *value)
        };
        headers.iter().fold(builder, add).body(()).unwrap()
    }

    #[test]
    fn without_a_classifier_the_status_and_the_headers_speak() {
        assert!(outcome(200, &[]).is_ok());
        let limited = outcome(429, &[("retry-after", "7")]);
        assert_eq!(limited.class(), Class::RateLimited);
        assert_eq!(limited.hint().map(|hint| hint.wait.as_secs()), Some(7));
    }

    #[test]
    fn without_a_date_of_the_servers_the_wall_clock_measures() {
        let dated = outcome(503, &[("retry-after", "Tue, 20 Oct 2026 12:00:30 GMT")]);
        assert_eq!(dated.hint().map(|hint| hint.wait.as_secs()), Some(30));
        assert_eq!(dated.repeat(), Repeat::Always);
    }

    #[test]
    fn what_a_classifier_put_in_is_what_comes_out() {
        let mut carried = response(500, &[]);
        carried
            .extensions_mut()
            .insert(Outcome::new(Class::Overloaded));
        assert_eq!(carried.outcome(Clock::default()).class(), Class::Overloaded);
    }
}

use buttress_core::BoxError;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

/// What a stack stands around: a service that answers HTTP requests whose body is a `B`, and can be cloned.
///
/// Each service that is one has it; there is nothing to implement.
pub trait HttpClient<B>:
    Service<Request<B>, Response = Response<<Self as HttpClient<B>>::Body>, Error: Into<BoxError>>
    + Clone
{
    /// The body of its responses.
    type Body: Body;
}

impl<S, B, T> HttpClient<B> for S
where
    S: Service<Request<B>, Response = Response<T>> + Clone,
    S::Error: Into<BoxError>,
    T: Body,
{
    type Body = T;
}

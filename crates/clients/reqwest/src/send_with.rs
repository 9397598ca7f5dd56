use std::future::{Future, poll_fn};

use buttress_core::BoxError;
use bytes::Bytes;
use http::Response;
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::class::failure;
use crate::native::NativeLayer;

/// Sends a request that reqwest has built through a stack.
///
/// ```no_run
/// use buttress_reqwest::{SendWith, Transport};
///
/// # async fn example() -> Result<(), buttress_core::BoxError> {
/// let raw = reqwest::Client::new();
/// let client = Transport::new(raw.clone()); // with layers around it
/// let reply = raw.get("http://localhost:8080/").send_with(&client).await?;
/// println!("{}", reply.text().await?);
/// # Ok(())
/// # }
/// ```
pub trait SendWith {
    /// Sends it through `service`.
    ///
    /// # Errors
    ///
    /// The stack's; or reqwest's, in a [`Failure`](buttress_core::Failure), if the request could not be built.
    fn send_with<S, B>(
        self,
        service: &S,
    ) -> impl Future<Output = Result<reqwest::Response, BoxError>> + Send
    where
        S: Service<http::Request<reqwest::Body>, Response = Response<B>> + Clone + Send + Sync,
        S::Error: Into<BoxError> + Send,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>;
}

impl SendWith for reqwest::RequestBuilder {
    async fn send_with<S, B>(self, service: &S) -> Result<reqwest::Response, BoxError>
    where
        S: Service<http::Request<reqwest::Body>, Response = Response<B>> + Clone + Send + Sync,
        S::Error: Into<BoxError> + Send,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        let request = self.build().map_err(failure)?;
        let mut service = NativeLayer.layer(service.clone());
        poll_fn(|cx| service.poll_ready(cx)).await?;
        service.call(request).await
    }
}

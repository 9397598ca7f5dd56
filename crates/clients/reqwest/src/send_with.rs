use std::future::{Future, poll_fn};

use buttress_core::BoxError;
use bytes::Bytes;
use http::{Extensions, Response};
use http_body::Body;
use tower_service::Service;

use crate::class::failed;
use crate::native::native;

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
pub trait SendWith: Into<Extended> {
    /// Puts `extension` into the request: what the caller says of this call to the layers. reqwest's own builder has no
    /// place for it.
    fn extension<T: Clone + Send + Sync + 'static>(self, extension: T) -> Extended {
        let mut extended = self.into();
        extended.extensions.insert(extension);
        extended
    }

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
        S: Service<http::Request<reqwest::Body>, Response = Response<B>> + Clone + Send,
        S::Error: Into<BoxError> + Send,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        // Cloned before the future is made, so that a stack that is not `Sync` will do.
        let mut service = service.clone();
        let extended = self.into();
        async move {
            let request = extended.request.build().map_err(failed)?;
            let asked = request.url().clone();
            let mut request = http::Request::try_from(request).map_err(failed)?;
            request.extensions_mut().extend(extended.extensions);
            poll_fn(|cx| service.poll_ready(cx))
                .await
                .map_err(Into::into)?;
            let response = service.call(request).await.map_err(Into::into)?;
            native(response, Some(asked))
        }
    }
}

impl SendWith for reqwest::RequestBuilder {}

impl SendWith for Extended {}

/// A request with extensions. Made by [`SendWith::extension`].
#[derive(Debug)]
pub struct Extended {
    request: reqwest::RequestBuilder,
    extensions: Extensions,
}

impl From<reqwest::RequestBuilder> for Extended {
    fn from(request: reqwest::RequestBuilder) -> Self {
        let extensions = Extensions::new();
        Self {
            request,
            extensions,
        }
    }
}

use std::time::Duration;

use buttress_core::pause::{Pass, Verdict};
use buttress_core::{BoxError, Key, Outcome, Rejected, failure};

use super::handle::Handle;
use crate::carrier::Carrier;
use crate::key::Keyer;

/// Whether a batch of requests may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// Nothing is known that stands against it.
    Ready,
    /// It would have to wait, or be refused: why, for which key, and until when if that is known.
    Limited(Rejected),
}

impl<K> Handle<K> {
    /// Asks, before a batch of requests like `request` begins, whether their key is free, from what is known.
    ///
    /// Nothing is sent, and nothing is taken. A wait of any length counts as limited: a batch is better begun later than
    /// put to sleep.
    pub fn preflight<Req>(&self, request: &Req) -> Preflight
    where
        K: Keyer<Req>,
    {
        let now = self.now();
        let limited = self.look_until(request, now, now);
        limited.map_or(Preflight::Ready, Preflight::Limited)
    }

    /// Asks the server too, by one request that costs nothing: GitHub's `GET /rate_limit`, say.
    ///
    /// `ask` is that request on its way, and is not polled if the key is known to be limited. `read` finds in its answer
    /// how long requests like `request` have to wait, if they have to: the answer of such an endpoint is a 200 even
    /// then. What is found pauses the key for everybody. An answer that is itself "not now" does the same.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use buttress::cooldown::{CooldownLayer, Preflight};
    /// # use http::{Request, Response};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), buttress::BoxError> {
    /// # let send = async |_: Request<()>| {
    /// #     let spent = Response::builder().header("x-ratelimit-remaining", "0").header("x-ratelimit-reset-after", "30");
    /// #     Ok::<_, std::convert::Infallible>(spent.body(()).unwrap_or_default())
    /// # };
    ///
    /// let handle = CooldownLayer::new().handle();
    /// let batch = Request::get("https://api.github.com/repos/a/b/issues").body(())?;
    /// let ask = send(Request::get("https://api.github.com/rate_limit").body(())?);
    /// let found = handle.preflight_by(&batch, ask, |answer: &Response<()>| {
    ///     let number = |name: &str| answer.headers().get(name)?.to_str().ok()?.parse().ok();
    ///     let is_spent = number("x-ratelimit-remaining") == Some(0);
    ///     number("x-ratelimit-reset-after").filter(|_| is_spent).map(Duration::from_secs)
    /// });
    /// assert!(matches!(found.await?, Preflight::Limited(_)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// That of `ask`: then nothing is known.
    pub async fn preflight_by<Req, T, E>(
        &self,
        request: &Req,
        ask: impl Future<Output = Result<T, E>>,
        read: impl FnOnce(&T) -> Option<Duration>,
    ) -> Result<Preflight, BoxError>
    where
        K: Keyer<Req>,
        T: Carrier,
        E: Into<BoxError>,
    {
        if let limited @ Preflight::Limited(_) = self.preflight(request) {
            return Ok(limited);
        }
        let key = self.key(request);
        let answer = ask.await.map_err(Into::into);
        let outcome = match &answer {
            Ok(answer) => answer.outcome(self.gates().clock),
            Err(error) => failure::outcome(&**error),
        };
        self.tell(key, &outcome);
        if let Some(wait) = read(&answer?) {
            self.hold(key, wait);
        }
        Ok(self.preflight(request))
    }

    /// An answer to a request that no gate has seen.
    fn tell(&self, key: Key, outcome: &Outcome) {
        if Verdict::of(outcome).is_not_now() {
            let now = self.now();
            let gate = self.gates().made(key, now);
            let pass = gate.pass().unwrap_or(Pass::BEFORE);
            self.gates().tell(key, gate.answered(pass, outcome, now));
        }
    }
}

//! What one answer of GitHub's holds back of the requests after it: a cooldown with a key for each bucket of a credential.

use std::collections::BTreeMap;
use std::time::Duration;

use buttress::cooldown::{CooldownLayer, Pauses};
use buttress::github::ByResource;
use buttress::key::{ByHeader, Keyer, Within};
use buttress_core::{BoxError, Key, Rejected, UnixTime};
use buttress_providers::{github_clients, github_rest};
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::github_limits::{answer, dated};
use crate::report::{Mismatch, Verdict, expect, expect_eq};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gate {
    config: Option<Bounds>,
    first: Answered,
    second: Option<Asked>,
    expect: Option<Held>,
    #[serde(rename = "upstream_test")]
    _upstream_test: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    max_secondary_wait_s: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    #[serde(default = "get")]
    method: String,
    path: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default = "get")]
    method: String,
    path: String,
    at: String,
    expect: Held,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    sent: Option<bool>,
    error: Option<String>,
    resource: Option<String>,
    wait_s: Option<u64>,
}

fn get() -> String {
    "GET".to_owned()
}

impl Gate {
    pub(crate) fn judge(&self, now: UnixTime) -> Verdict {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build();
        runtime.map_err(Mismatch::unknown)?.block_on(self.run(now))
    }

    async fn run(&self, now: UnixTime) -> Verdict {
        let (by_resource, by_account) = (ByResource::default(), ByHeader::default());
        // Whoever would have to wait is refused, and told for how long.
        let cooldown = CooldownLayer::new()
            .with_keyer(Within::new(by_resource.clone(), by_account.clone()))
            .with_pauses(Pauses::default().with_margin(false))
            .with_max_wait(Duration::ZERO);
        let first = self.first.answer(now)?;
        let client =
            service_fn(move |_: Request<()>| std::future::ready(Ok::<_, BoxError>(first.clone())));
        let mut client = cooldown.layer(client);
        let request = request(&self.first.method, &self.first.path)?;
        let sent = client.ready().await.map_err(Mismatch::unknown)?;
        sent.call(request).await.map_err(Mismatch::unknown)?;
        let held = |rejected: &Rejected| {
            let now = buttress::Clock::default().now();
            rejected.not_before.map(|until| until.since(now).as_secs())
        };
        if let Some(second) = &self.second {
            tokio::time::advance(second.after()?).await;
            let request = second.request()?;
            let keys = [
                Keyer::<Request<()>>::key(&by_resource, &request),
                by_account.key(&request),
            ];
            let answer = client
                .ready()
                .await
                .map_err(Mismatch::unknown)?
                .call(request)
                .await;
            let rejected = answer
                .err()
                .and_then(|error| Rejected::find(&*error).copied());
            second.holds(rejected.as_ref(), keys, rejected.as_ref().and_then(held))?;
        }
        let Some(bounded) = &self.expect else {
            return Ok(());
        };
        let rejected = client.ready().await.map_err(Mismatch::unknown)?;
        let rejected = rejected.call(self.first.request()?).await.err();
        let wait = rejected.and_then(|error| held(Rejected::find(&*error)?));
        let most = self
            .config
            .as_ref()
            .map(|config| config.max_secondary_wait_s);
        expect(wait <= most.or(wait), most, wait)?;
        expect_eq(bounded.wait_s, wait)
    }
}

fn request(method: &str, path: &str) -> Result<Request<()>, Mismatch> {
    let request = Request::builder().method(method).uri(path);
    request.body(()).map_err(Mismatch::unknown)
}

impl Answered {
    fn request(&self) -> Result<Request<()>, Mismatch> {
        request(&self.method, &self.path)
    }

    fn answer(&self, now: UnixTime) -> Result<Response<()>, Mismatch> {
        let headers = dated(&self.headers, now)?;
        let outcome = answer(github_rest::PROFILE, self.status, &headers, &self.body, now)?;
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(self.status).map_err(Mismatch::unknown)?;
        response.extensions_mut().insert(outcome);
        Ok(response)
    }
}

impl Asked {
    fn request(&self) -> Result<Request<()>, Mismatch> {
        request(&self.method, &self.path)
    }

    fn after(&self) -> Result<Duration, Mismatch> {
        let secs = self
            .at
            .strip_prefix("now+")
            .and_then(|secs| secs.parse().ok());
        let secs = secs.ok_or_else(|| Mismatch::unknown(&self.at))?;
        Ok(Duration::from_secs(secs))
    }

    /// A primary limit holds the bucket, and a secondary one the account. `wait` is what is left of it.
    fn holds(&self, rejected: Option<&Rejected>, keys: [Key; 2], wait: Option<u64>) -> Verdict {
        let expected = &self.expect;
        if let Some(sent) = expected.sent {
            expect(sent == rejected.is_none(), expected, rejected)?;
        }
        if let Some(error) = &expected.error {
            let key = match &**error {
                "primary" => keys[0],
                "secondary" => keys[1],
                other => return Err(Mismatch::unknown(other)),
            };
            expect(
                rejected.is_some_and(|rejected| rejected.key == key),
                expected,
                rejected,
            )?;
        }
        if let Some(resource) = &expected.resource {
            expect_eq(
                &**resource,
                github_clients::resource(&self.method, &self.path),
            )?;
        }
        expect(
            expected.wait_s.is_none_or(|secs| wait == Some(secs)),
            expected,
            wait,
        )
    }
}

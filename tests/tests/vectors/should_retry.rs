//! Whether the SDKs of OpenAI and Anthropic try again, and what header tells the server so.
//!
//! A row with a status asks for the decision alone. The others are whole calls: so many failures, then a success.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use buttress::classify::{ClassifyLayer, Reply, Rules};
use buttress::core::hint::Grammar;
use buttress::providers::openai;
use buttress::retry::{AttemptHeader, CallOptions, Http, Retries, RetryLayer};
use buttress::{BoxError, Carrier, Clock};
use buttress_core::UnixTime;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use serde::Deserialize;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use crate::report::{Mismatch, Report, Verdict, expect_eq};
use crate::sdk::attempts;

const RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

#[test]
fn the_vectors_of_the_sdks_should_retry_hold() {
    let mut report = Report::on("should_retry_openai");
    report.check("cases", |case: &Case| match case.status {
        Some(status) => case.decision(status),
        None => case.call(),
    });
    report.finish();
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    max_retries: Option<u32>,
    failures_before_success: Option<u32>,
    #[serde(default)]
    failure_mode: FailureMode,
    /// What the caller has set: a value of its own, or null to leave the header out.
    #[serde(default)]
    caller_header: BTreeMap<String, Option<String>>,
    expect: Expect,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FailureMode {
    #[default]
    #[serde(rename = "status_500")]
    Status500,
    Exception,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    retry: Option<bool>,
    retries_taken: Option<u32>,
    #[serde(default)]
    request_header: BTreeMap<String, String>,
    header_absent: Option<String>,
}

impl Case {
    fn decision(&self, status: u16) -> Verdict {
        let expected = self
            .expect
            .retry
            .ok_or_else(|| Mismatch::unknown("no `retry`"))?;
        let rules = Rules::new()
            .then(openai::PROFILE)
            .with_grammar(Grammar::OpenAiSdk);
        let outcome = rules.judge(&Reply {
            status: StatusCode::from_u16(status).map_err(Mismatch::unknown)?,
            headers: &self.header_map()?,
            body: b"",
            wall: &UnixTime::default,
        });
        expect_eq(expected, attempts(&Retries::openai_sdk(), &outcome) > 1)
    }

    fn header_map(&self) -> Result<HeaderMap, Mismatch> {
        let pairs = self.headers.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().map_err(Mismatch::unknown)?;
            Ok((
                name,
                HeaderValue::from_str(value).map_err(Mismatch::unknown)?,
            ))
        });
        pairs.collect()
    }

    fn call(&self) -> Verdict {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let runtime = runtime.map_err(Mismatch::unknown)?;
        let (sent, response) = runtime.block_on(self.sent()).map_err(Mismatch::unknown)?;
        let last = sent
            .last()
            .ok_or_else(|| Mismatch::unknown("nothing was sent"))?;
        if let Some(retries) = self.expect.retries_taken {
            expect_eq(retries as usize, sent.len() - 1)?;
            expect_eq(
                retries,
                response
                    .history()
                    .map_or(0, |history| history.attempts() - 1),
            )?;
        }
        for (name, value) in &self.expect.request_header {
            expect_eq(
                Some(value.as_bytes()),
                last.get(name).map(HeaderValue::as_bytes),
            )?;
        }
        match &self.expect.header_absent {
            Some(name) => expect_eq(None, last.get(name)),
            None => Ok(()),
        }
    }

    /// The headers of each attempt, and the last response.
    async fn sent(&self) -> Result<(Vec<HeaderMap>, Response<impl Sized>), BoxError> {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (log, mode) = (Arc::clone(&sent), self.failure_mode);
        let failures = self
            .failures_before_success
            .ok_or("no number of failures")? as usize;
        let server = service_fn(move |request: Request<String>| {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push(request.into_parts().0.headers);
            std::future::ready(answer(mode, log.len() <= failures))
        });
        let retries = Retries::openai_sdk().with_max_attempts(
            NonZeroU32::MIN.saturating_add(self.max_retries.ok_or("no `max_retries`")?),
        );
        let http = Http::default().with_attempt_header(AttemptHeader::retries(RETRY_COUNT));
        let client = ServiceBuilder::new()
            .layer(RetryLayer::new(retries).with_replay(http))
            .layer(
                ClassifyLayer::new(Rules::new().then(openai::PROFILE))
                    .with_clock(Clock::with_wall(UnixTime::default)),
            )
            .service(server);
        let response = client.oneshot(self.request()?).await?;
        let sent = std::mem::take(&mut *sent.lock().unwrap_or_else(PoisonError::into_inner));
        Ok((sent, response))
    }

    fn request(&self) -> Result<Request<String>, BoxError> {
        let mut request = Request::post("/v1/chat/completions").body(String::from("{}"))?;
        for (name, value) in &self.caller_header {
            let name: HeaderName = name.parse()?;
            match value {
                Some(value) => drop(request.headers_mut().insert(name, value.parse()?)),
                None if name == RETRY_COUNT => {
                    request
                        .extensions_mut()
                        .insert(CallOptions::default().without_attempt_header());
                }
                None => return Err("a header left out that is not the attempt's".into()),
            }
        }
        Ok(request)
    }
}

fn answer(mode: FailureMode, fails: bool) -> Result<Response<String>, io::Error> {
    match (mode, fails) {
        (_, false) => Ok(Response::new(String::from("{}"))),
        (FailureMode::Exception, true) => Err(io::ErrorKind::ConnectionReset.into()),
        (FailureMode::Status500, true) => {
            let mut response = Response::new(String::new());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            Ok(response)
        }
    }
}

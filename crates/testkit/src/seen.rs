//! What the server saw: its side of the story.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Endpoint;

/// Everything that a [`Server`](crate::Server) counted up to one moment.
///
/// Credentials are in no part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// `POST /v1/chat/completions`
    pub completions: EndpointSeen,
    /// `POST /repos/{owner}/{repo}/issues/{number}/comments`
    pub comments: EndpointSeen,
    /// `GET /repos/{owner}/{repo}/issues/{number}`
    pub issues: EndpointSeen,
    /// `GET /rate_limit`
    pub rate_limit: EndpointSeen,
    /// Everything else.
    pub other: EndpointSeen,
    /// By the `x-job` header of the requests, where they have one.
    pub jobs: BTreeMap<String, JobSeen>,
    /// How many requests came before the time that an earlier error had told the same credential and `x-job`.
    ///
    /// The time told is `retry-after-ms`; without it `retry-after`; without that, if the error said that nothing
    /// remains, the reset. A value that is neither digits nor a date tells nothing. Requests without `x-job` are not
    /// judged: the server cannot tell a repetition from another call that was already under way.
    pub early: u64,
    /// The first requests, in the order of their arrival.
    pub arrivals: Vec<Arrival>,
    /// What came while the server was [down](crate::Server::go_down).
    pub outage: OutageSeen,
    /// Connections at this moment, and the most there were at a time.
    pub connections: Gauge,
    /// Entries (arrivals, jobs, keys, …) that were not remembered because the memory was full.
    pub forgotten: u64,
}

/// What came to one endpoint, and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EndpointSeen {
    /// All requests.
    pub requests: u64,
    /// Requests that were done and charged, also if their answer was cut afterwards.
    pub admitted: u64,
    /// Whole answers by status. Answers that a fault cut, or that never end, are not among them.
    pub answers: BTreeMap<u16, u64>,
    /// Refusals by a limit of this server that time lifts (429, 403). Those of faults are not among them.
    pub limited: u64,
    /// Refusals of requests that are larger than the whole limit.
    pub too_large: u64,
    /// Refusals because the quota is spent.
    pub quota_spent: u64,
    /// Faults by [`kind`](crate::Fault::kind).
    pub faults: BTreeMap<&'static str, u64>,
    /// Different `idempotency-key` headers.
    pub idempotency_keys: u64,
    /// How often each value of a header that counts attempts came, as `name: value`. The headers are `x-attempt`,
    /// `x-retry-attempt`, `x-retry-count` and `x-stainless-retry-count`.
    pub attempts: BTreeMap<String, u64>,
    /// Requests at this moment, and the most there were at a time: from the head of the request to the end of the
    /// answer's body.
    pub in_flight: Gauge,
}

/// What became of one job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JobSeen {
    /// Requests that named it.
    pub requests: u64,
    /// How often it was done. More than once is a duplicate.
    pub done: u64,
    /// How often a whole answer said that it was done. Less than `done` if answers were cut.
    pub confirmed: u64,
}

/// One request, at the moment its head had arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Arrival {
    /// Nanoseconds since the server started. Not scaled.
    pub at: u64,
    /// Where it went.
    pub endpoint: Endpoint,
    /// Its `x-job` header.
    pub job: Option<String>,
    /// Whether it came before the time it had been told.
    pub early: bool,
}

/// What came while the server was down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OutageSeen {
    /// Requests that arrived in it.
    pub requests: u64,
    /// The longest time from one of those to the next request, in nanoseconds. Not scaled.
    pub longest_quiet: u64,
}

/// How many there are, and the most there were at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Gauge {
    /// At the moment of the snapshot.
    pub now: u64,
    /// At any moment before it.
    pub highest: u64,
}

impl Snapshot {
    /// What `endpoint` saw.
    #[must_use]
    pub fn endpoint(&self, endpoint: Endpoint) -> &EndpointSeen {
        match endpoint {
            Endpoint::Completions => &self.completions,
            Endpoint::Comments => &self.comments,
            Endpoint::Issues => &self.issues,
            Endpoint::RateLimit => &self.rate_limit,
            Endpoint::Other => &self.other,
        }
    }

    pub(crate) fn endpoint_mut(&mut self, endpoint: Endpoint) -> &mut EndpointSeen {
        match endpoint {
            Endpoint::Completions => &mut self.completions,
            Endpoint::Comments => &mut self.comments,
            Endpoint::Issues => &mut self.issues,
            Endpoint::RateLimit => &mut self.rate_limit,
            Endpoint::Other => &mut self.other,
        }
    }

    /// All requests, wherever they went.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.endpoints().map(|it| it.requests).sum()
    }

    /// All faults, whatever their kind.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.endpoints().flat_map(|it| it.faults.values()).sum()
    }

    /// Jobs that were done more than once.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        self.jobs.values().filter(|it| it.done > 1).count()
    }

    fn endpoints(&self) -> impl Iterator<Item = &EndpointSeen> {
        [
            &self.completions,
            &self.comments,
            &self.issues,
            &self.rate_limit,
            &self.other,
        ]
        .into_iter()
    }
}

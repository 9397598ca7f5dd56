//! The limits of one credential, as they stand.

use http::HeaderMap;

use super::OpenAiLimits;
use super::reply;
use super::request::Chat;
use crate::bucket::Bucket;
use crate::format::go_duration;
use crate::reply::Answer;

#[derive(Debug)]
pub(crate) struct Account {
    requests: Bucket,
    tokens: Bucket,
    quota: Option<u64>,
}

/// What the limits say to a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Admitted,
    QuotaSpent,
    TooLarge,
    Wait(Refusal),
}

/// Of the two limits, the one that has to be waited for longer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// `requests` or `tokens`, as in `error.type`.
    pub(super) kind: &'static str,
    pub(super) limit: u64,
    pub(super) used: u64,
    pub(super) requested: u64,
    /// Nanoseconds.
    pub(super) wait: u64,
}

impl Account {
    pub(crate) fn new(limits: OpenAiLimits, minute: u64, now: u64) -> Self {
        Self {
            requests: Bucket::full(limits.requests_per_minute, minute, now),
            tokens: Bucket::full(limits.tokens_per_minute, minute, now),
            quota: limits.quota,
        }
    }

    pub(crate) fn answer(&mut self, body: &[u8], id: u64, now: u64) -> Answer {
        let chat = match Chat::read(body) {
            Ok(chat) => chat,
            Err(bad) => return reply::bad(&bad),
        };
        match self.charge(chat.cost(), now) {
            Verdict::Admitted => reply::completion(&chat, id),
            Verdict::QuotaSpent => reply::quota_spent(),
            Verdict::TooLarge => reply::too_large(&chat, self.tokens.limit()),
            Verdict::Wait(refusal) => reply::limited(&chat, &refusal),
        }
    }

    /// The limit headers, as of `now`.
    pub(crate) fn stamp(&mut self, headers: &mut HeaderMap, now: u64) {
        self.refill(now);
        let (requests, tokens) = (&self.requests, &self.tokens);
        headers.insert("x-ratelimit-limit-requests", requests.limit().into());
        headers.insert("x-ratelimit-limit-tokens", tokens.limit().into());
        headers.insert(
            "x-ratelimit-remaining-requests",
            requests.remaining().into(),
        );
        headers.insert("x-ratelimit-remaining-tokens", tokens.remaining().into());
        insert_duration(headers, "x-ratelimit-reset-requests", requests.reset());
        insert_duration(headers, "x-ratelimit-reset-tokens", tokens.reset());
    }

    pub(super) fn charge(&mut self, cost: u64, now: u64) -> Verdict {
        self.refill(now);
        // Terminal answers first: no time lifts them. A spent quota refuses also what would cost nothing.
        if self.quota.is_some_and(|left| cost.max(1) > left) {
            self.quota = Some(0);
            return Verdict::QuotaSpent;
        }
        if !self.tokens.holds(cost) {
            return Verdict::TooLarge;
        }
        if let Some(refusal) = self.refusal(cost) {
            return Verdict::Wait(refusal);
        }
        self.take(cost);
        Verdict::Admitted
    }

    fn refusal(&self, cost: u64) -> Option<Refusal> {
        let requests = refusal("requests", &self.requests, 1);
        let tokens = refusal("tokens", &self.tokens, cost);
        let longest = if requests.wait > tokens.wait {
            requests
        } else {
            tokens
        };
        (longest.wait > 0).then_some(longest)
    }

    fn take(&mut self, cost: u64) {
        self.requests.take(1);
        self.tokens.take(cost);
        self.quota = self.quota.map(|left| left - cost);
    }

    fn refill(&mut self, now: u64) {
        self.requests.refill(now);
        self.tokens.refill(now);
    }
}

fn refusal(kind: &'static str, bucket: &Bucket, requested: u64) -> Refusal {
    Refusal {
        kind,
        limit: bucket.limit(),
        used: bucket.limit() - bucket.remaining(),
        requested,
        wait: bucket.wait(requested),
    }
}

fn insert_duration(headers: &mut HeaderMap, name: &'static str, nanos: u64) {
    // Digits and letters: always a header value.
    if let Ok(value) = go_duration(nanos).try_into() {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    fn account(limits: OpenAiLimits) -> Account {
        Account::new(limits, MINUTE, 0)
    }

    fn wait(verdict: Verdict) -> Refusal {
        match verdict {
            Verdict::Wait(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whoever_waits_as_told_is_admitted() {
        let mut account = account(OpenAiLimits::new(500, 30_000));
        assert_eq!(account.charge(29_540, 0), Verdict::Admitted);
        let refusal = wait(account.charge(748, 0));
        assert_eq!(
            (refusal.kind, refusal.used, refusal.wait),
            ("tokens", 29_540, 576_000_000)
        );
        wait(account.charge(748, 575_999_999));
        assert_eq!(account.charge(748, 576_000_000), Verdict::Admitted);
    }

    #[test]
    fn the_limit_that_takes_longer_is_named() {
        let mut account = account(OpenAiLimits::new(3, 30_000));
        (0..3).for_each(|_| assert_eq!(account.charge(100, 0), Verdict::Admitted));
        let refusal = wait(account.charge(100, 0));
        assert_eq!((refusal.kind, refusal.wait), ("requests", MINUTE / 3));
    }

    #[test]
    fn a_refused_request_takes_from_neither_limit() {
        let mut account = account(OpenAiLimits::new(2, 100));
        assert_eq!(account.charge(100, 0), Verdict::Admitted);
        wait(account.charge(50, 0));
        assert_eq!(account.requests.remaining(), 1);
    }

    #[test]
    fn a_request_over_the_whole_limit_is_never_told_to_wait() {
        let mut account = account(OpenAiLimits::new(500, 30_000));
        assert_eq!(account.charge(30_001, 0), Verdict::TooLarge);
        assert_eq!(account.charge(30_000, 0), Verdict::Admitted);
    }

    #[test]
    fn a_spent_quota_stays_spent() {
        let mut account = account(OpenAiLimits::new(500, 30_000).with_quota(100));
        assert_eq!(account.charge(60, 0), Verdict::Admitted);
        assert_eq!(account.charge(60, 0), Verdict::QuotaSpent);
        assert_eq!(account.charge(1, 60 * MINUTE), Verdict::QuotaSpent);
    }

    #[test]
    fn the_headers_tell_what_is_left_and_when_it_is_full() {
        let mut account = account(OpenAiLimits::new(500, 30_000));
        account.charge(29_540, 0);
        let mut headers = HeaderMap::new();
        account.stamp(&mut headers, 0);
        assert_eq!(headers["x-ratelimit-remaining-requests"], "499");
        assert_eq!(headers["x-ratelimit-remaining-tokens"], "460");
        assert_eq!(headers["x-ratelimit-reset-requests"], "120ms");
        assert_eq!(headers["x-ratelimit-reset-tokens"], "59.08s");
    }
}

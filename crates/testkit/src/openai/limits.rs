//! What OpenAI allows.

/// The limits of one credential (one `authorization` header) at `/v1/chat/completions`.
///
/// Requests and tokens per minute are token buckets that refill continuously and hold one minute's worth. A request
/// needs room in both and takes from both, or from none: a refused request is not charged.
///
/// A request costs a quarter of its characters, rounded up, and `max_completion_tokens` or `max_tokens` (16 if neither
/// is given), charged before it is done and never given back. Its `usage` afterwards is less than that, as with the
/// real one.
///
/// # Defaults
///
/// 500 requests and 30 000 tokens per minute: the numbers in OpenAI's examples of a limit error. No quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAiLimits {
    pub(crate) requests_per_minute: u64,
    pub(crate) tokens_per_minute: u64,
    pub(crate) quota: Option<u64>,
}

impl Default for OpenAiLimits {
    fn default() -> Self {
        Self::new(500, 30_000)
    }
}

impl OpenAiLimits {
    /// So many requests and tokens per minute; 0 counts as 1.
    #[must_use]
    pub fn new(requests_per_minute: u64, tokens_per_minute: u64) -> Self {
        Self {
            requests_per_minute,
            tokens_per_minute,
            quota: None,
        }
    }

    /// How many tokens may be charged in all. The first request that would charge more, and every one after it, is
    /// answered `insufficient_quota`.
    #[must_use]
    pub fn with_quota(mut self, tokens: u64) -> Self {
        self.quota = Some(tokens);
        self
    }
}

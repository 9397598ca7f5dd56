//! The codes that all of AWS shares, by botocore's tables: `retries/standard.py`, read in November 2026.

/// What botocore holds for throttling, whatever the status.
pub(crate) const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// What it holds for passing faults.
const TRANSIENT: &[&str] = &[
    "RequestTimeout",
    "RequestTimeoutException",
    "PriorRequestNotComplete",
];

const TRANSIENT_STATUSES: [u16; 4] = [500, 502, 503, 504];

/// Whether AWS has throttled the caller, by botocore's table. `code` is the exception's name.
pub fn is_throttling(status: u16, code: &str) -> bool {
    status == 429 || THROTTLED.contains(&code)
}

/// Whether AWS has a fault that passes, by botocore's table. One code is of both tables: `PriorRequestNotComplete`.
pub fn is_transient(status: u16, code: &str) -> bool {
    TRANSIENT_STATUSES.contains(&status) || TRANSIENT.contains(&code)
}

/// `com.amazonaws.bedrock#ThrottlingException:http://…` is `ThrottlingException`.
pub(crate) fn bare(code: &str) -> &str {
    let name = code.split(':').next().unwrap_or(code);
    name.rsplit('#').next().unwrap_or(name).trim()
}

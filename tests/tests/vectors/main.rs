//! What other systems do, case by case: each file of the folder `vectors` is data for one test.
//!
//! The cases come from the tests and the code of those systems; each file names its sources. Another folder of the same
//! form is used where the environment variable `BUTTRESS_VECTORS` names one, so nothing here knows a case by its id:
//! only the table of [`differences`] does.

mod aws_cubic;
mod aws_errors;
mod aws_jitter;
mod concurrency;
mod differences;
mod dotnet;
mod draws;
mod envoy;
mod envoy_reset;
mod finagle;
mod folder;
mod github_gates;
mod github_limits;
mod github_retry;
mod github_spacing;
mod grpc_pushback;
mod http_date;
mod ietf_ratelimit;
mod providers;
mod r4j_breaker;
mod r4j_windows;
mod report;
mod sdk;
mod seconds;
mod should_retry;

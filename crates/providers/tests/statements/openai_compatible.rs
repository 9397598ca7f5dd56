use buttress_providers::openai_compatible::PROFILE;

use crate::mean;

#[test]
fn cerebras_forbids_what_would_pass_and_is_obeyed() {
    let queue = r#"{"message":"We're experiencing high traffic right now!","type":"too_many_requests_error","param":"queue","code":"queue_exceeded"}"#;
    let quota = r#"{"message":"Requests per minute limit exceeded","type":"too_many_requests_error","param":"quota","code":"request_quota_exceeded"}"#;
    mean(
        PROFILE,
        &[
            (
                429,
                "x-should-retry: false",
                queue,
                "overloaded never - model",
            ),
            (429, "", queue, "overloaded again - model"),
            (
                429,
                "retry-after: 60",
                quota,
                "rate_limited again 60000 retry_after account",
            ),
        ],
    );
}

#[test]
fn github_models_names_the_limit_and_the_time_that_is_left() {
    let body = r#"{"error":{"code":"RateLimitReached","message":"Rate limit of 10 per 60s exceeded for UserByMinute. Please wait 55 seconds before retrying."}}"#;
    mean(
        PROFILE,
        &[
            (
                429,
                "retry-after: 55\nx-ratelimit-type: UserByMinute\nx-ratelimit-timeremaining: 55",
                body,
                "rate_limited again 55000 retry_after account",
            ),
            (
                429,
                "x-ratelimit-timeremaining: 54",
                r#"{"error":{"code":"RateLimitReached"}}"#,
                "rate_limited again 54000 reset_header account",
            ),
            (429, "", body, "rate_limited again 55000 body_text account"),
        ],
    );
}

#[test]
fn words_of_a_quota_are_not_one() {
    mean(
        PROFILE,
        &[
            (
                429,
                "",
                r#"{"status":429,"error":"INSUFFICIENT QUOTA","message":"You exceeded your current quota of tokens per minute."}"#,
                "rate_limited again - account",
            ),
            (
                429,
                "",
                r#"{"error":{"code":"1302","message":"High concurrency usage of this API"}}"#,
                "rate_limited again - account",
            ),
            (
                429,
                "",
                r#"{"status":429,"title":"Too Many Requests"}"#,
                "rate_limited again - account",
            ),
            (
                402,
                "x-error-message: You have exceeded your monthly included credits",
                "",
                "quota_exhausted never - account",
            ),
            (
                429,
                "retry-after: 1382400",
                r#"{"error":{"message":"Monthly usage limit reached. Resets in 16 days."}}"#,
                "quota_exhausted never 1382400000 retry_after account",
            ),
        ],
    );
}

#[test]
fn two_units_in_one_answer_are_each_read_in_its_own() {
    let epoch = "x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 1792497660\n\
        x-ratelimit-remaining-tokens: 99\nx-ratelimit-reset-tokens: 7";
    let delta = "x-ratelimit-remaining-requests: 9\nx-ratelimit-reset-requests: 1792497660\n\
        x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 7";
    mean(
        PROFILE,
        &[
            (
                429,
                epoch,
                "{}",
                "rate_limited again 60000 reset_header account",
            ),
            (
                429,
                delta,
                "{}",
                "rate_limited again 7000 reset_header account",
            ),
        ],
    );
}

use buttress_providers::groq::PROFILE;

use crate::mean;

fn error(message: &str, kind: &str, code: &str) -> String {
    format!(r#"{{"error":{{"message":"{message}","type":"{kind}","code":"{code}"}}}}"#)
}

const PLENTY: &str = "retry-after: 415\nx-ratelimit-limit-requests: 1000\nx-ratelimit-remaining-requests: 870\n\
    x-ratelimit-reset-requests: 3m6s\nx-ratelimit-limit-tokens: 12000\nx-ratelimit-remaining-tokens: 11516\nx-ratelimit-reset-tokens: 2.42s";

#[test]
fn the_daily_limit_is_told_while_the_headers_show_plenty() {
    let body = error(
        "on tokens per day (TPD): Limit 100000, Used 99996, Requested 484. Please try again in 6m54.72s. Need more tokens? https://console.groq.com/settings/billing",
        "tokens",
        "rate_limit_exceeded",
    );
    mean(
        PROFILE,
        &[(
            429,
            PLENTY,
            &body,
            "rate_limited again 415000 retry_after model",
        )],
    );
    let without = PLENTY.replace("retry-after: 415\n", "");
    mean(
        PROFILE,
        &[(
            429,
            &without,
            &body,
            "rate_limited again 414720 body_text model",
        )],
    );
}

#[test]
fn the_sentence_is_read_in_every_form_that_was_seen() {
    for (told, wait) in [
        ("6m 11.52s", 371_520),
        ("2h31m16.752s", 9_076_752),
        ("11m0.528s", 660_528),
        ("370ms", 370),
    ] {
        let body = error(
            &format!("Please try again in {told}. Visit"),
            "compound",
            "rate_limit_exceeded",
        );
        let meant = format!("rate_limited again {wait} body_text model");
        mean(PROFILE, &[(429, "", &body, &meant)]);
    }
}

#[test]
fn a_413_never_fits_though_it_says_when() {
    let body = error(
        "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 6791, please reduce your message size and try again.",
        "tokens",
        "rate_limit_exceeded",
    );
    mean(
        PROFILE,
        &[
            (413, "retry-after: 9", &body, "client_error never - request"),
            (429, "retry-after: 9", &body, "client_error never - request"),
        ],
    );
}

#[test]
fn statuses_of_its_own_are_known() {
    mean(
        PROFILE,
        &[
            (498, "", "", "overloaded again - model"),
            (
                499,
                "",
                &error("cancelled", "x", "x"),
                "client_error never - request",
            ),
            (424, "", "", "client_error never - request"),
            (422, "", "", "client_error never - request"),
            (500, "", "", "server_error again - request"),
            (502, "", "", "unavailable again - request"),
            (401, "", "", "auth never - account"),
            (
                404,
                "",
                &error("x", "invalid_request_error", "model_not_found"),
                "client_error never - model",
            ),
            (
                400,
                "retry-after: 1",
                &error("x", "invalid_request_error", "json_validate_failed"),
                "client_error never - request",
            ),
        ],
    );
}

use buttress_core::Retries;
use buttress_core::budget::Share;
use buttress_core::policy::{Retry, RetryBudget};
use buttress_core::retry::{HintUse, LongHint};

use super::backoff::{self, Steps};
use super::{Draft, Shown};
use crate::value::Value;

const STEPS: Steps = Steps {
    base: "retry.base",
    cap: "retry.cap",
    factor: "retry.factor",
};

pub(super) fn show(retry: &Retry, shown: &mut Shown) {
    let retries = retry.retries();
    shown.count("retry.max_attempts", retries.max_attempts().get());
    backoff::show_jitter(retries.backoff().jitter(), shown);
    STEPS.show(&retries.backoff(), shown);
    shown.duration("retry.max_wait", retries.max_wait());
    let long_hint = match retries.long_hint() {
        LongHint::PassOver => "pass-over",
        LongHint::Cut => "cut",
        _ => "refuse",
    };
    shown.word("retry.long_hint", long_hint);
    let hint_use = match retries.hint_use() {
        HintUse::Lengthen => "lengthen",
        _ => "replace",
    };
    shown.word("retry.hint_use", hint_use);
    shown.flag("retry.margin", retries.has_margin());
    let key = retry.idempotency_key().clone();
    shown.put("retry.idempotency_key", Value::Idempotency(key));
    let header = retry.attempt_header().cloned();
    shown.maybe("retry.attempt_header", header.map(Value::Header));
    show_budget(retry.budget(), shown);
}

fn show_budget(budget: &RetryBudget, shown: &mut Shown) {
    shown.flag("retry.budget", !budget.is_unlimited());
    let budget = match budget.is_unlimited() {
        true => RetryBudget::DEFAULT,
        false => *budget,
    };
    let share = budget.share().map(|share| share.millionths());
    shown.maybe("retry.budget.percent", share.map(Value::Share));
    let per_second = budget.per_second().map(u64::from);
    shown.maybe("retry.budget.per_second", per_second.map(Value::Count));
    shown.maybe("retry.budget.memory", budget.memory().map(Value::Duration));
}

pub(super) fn build(draft: &mut Draft<'_>) -> Option<Retry> {
    if !draft.is_on("retry") {
        return None;
    }
    let mut retries = Retries::default();
    if let Some(attempts) = draft.positive("retry.max_attempts") {
        retries = retries.with_max_attempts(attempts);
    }
    let jitter = backoff::jitter(draft);
    if let Some(backoff) = STEPS.build(draft) {
        retries = retries.with_backoff(backoff.with_jitter(jitter));
    }
    if let Some(max_wait) = draft.duration("retry.max_wait") {
        retries = retries.with_max_wait(max_wait);
    }
    let long_hint = match draft.word("retry.long_hint") {
        Some("pass-over") => LongHint::PassOver,
        Some("cut") => LongHint::Cut,
        _ => LongHint::Refuse,
    };
    let hint_use = match draft.word("retry.hint_use") {
        Some("lengthen") => HintUse::Lengthen,
        _ => HintUse::Replace,
    };
    let retries = retries
        .with_long_hint(long_hint)
        .with_hint_use(hint_use)
        .with_margin(draft.flag("retry.margin"));
    let key = draft.idempotency_key("retry.idempotency_key");
    let retry = Retry::new(retries)
        .with_idempotency_key(key.unwrap_or_default())
        .with_attempt_header(draft.header("retry.attempt_header"));
    Some(retry.with_budget(budget(draft)))
}

fn budget(draft: &mut Draft<'_>) -> RetryBudget {
    if !draft.is_on("retry.budget") {
        return RetryBudget::UNLIMITED;
    }
    let share = draft.share("retry.budget.percent").unwrap_or_default();
    let share = draft.keep("retry.budget.percent", Share::from_millionths(share));
    let per_second = draft.small("retry.budget.per_second").unwrap_or_default();
    let memory = draft.duration("retry.budget.memory").unwrap_or_default();
    let Some(share) = share else {
        return RetryBudget::DEFAULT;
    };
    let made = RetryBudget::of_calls(share, per_second, memory);
    draft.keep("retry.budget.memory", made).unwrap_or_default()
}

use std::num::NonZeroU32;

use buttress_core::concurrency::{Aimd, Algorithm, Gradient, Vegas};
use buttress_core::policy::Concurrency;

use super::{Draft, Shown};

pub(super) fn show(concurrency: &Concurrency, shown: &mut Shown) {
    show_algorithm(concurrency.algorithm(), shown);
    shown.duration("concurrency.max_wait", concurrency.max_wait());
    shown.count("concurrency.queue", concurrency.queue());
}

fn show_algorithm(algorithm: &Algorithm, shown: &mut Shown) {
    let (word, bounds) = match algorithm {
        Algorithm::Vegas(vegas) => ("vegas", (None, Some(vegas.max()))),
        Algorithm::Gradient(gradient) => {
            let (low, high) = gradient.bounds();
            ("gradient", (Some(low), Some(high)))
        }
        Algorithm::Aimd(aimd) => {
            let (low, high) = aimd.bounds();
            shown.duration("concurrency.slow", aimd.timeout());
            ("aimd", (Some(low), Some(high)))
        }
        _ => ("fixed", (None, None)),
    };
    shown.word("concurrency.algorithm", word);
    shown.count("concurrency.initial", algorithm.limit());
    if let Some(low) = bounds.0 {
        shown.count("concurrency.min", low);
    }
    if let Some(high) = bounds.1 {
        shown.count("concurrency.max", high);
    }
}

pub(super) fn build(draft: &mut Draft<'_>) -> Option<Concurrency> {
    if !draft.is_on("concurrency") {
        return None;
    }
    let mut concurrency = Concurrency::new(algorithm(draft));
    if let Some(max_wait) = draft.duration("concurrency.max_wait") {
        concurrency = concurrency.with_max_wait(max_wait);
    }
    if let Some(queue) = draft.size("concurrency.queue") {
        concurrency = concurrency.with_queue(queue);
    }
    Some(concurrency)
}

fn algorithm(draft: &mut Draft<'_>) -> Algorithm {
    let word = draft.word("concurrency.algorithm").unwrap_or_default();
    if draft.is_set("concurrency.algorithm") {
        rebase(draft, word);
    }
    refuse_what_has_no_effect(draft, word);
    let initial = draft.small("concurrency.initial").unwrap_or(1);
    let low = draft.small("concurrency.min").unwrap_or(1);
    let high = draft.small("concurrency.max").unwrap_or(u32::MAX);
    let is_bounded = word != "fixed";
    if is_bounded && !(low..=high).contains(&initial) {
        draft.refuse(
            "concurrency.initial",
            &["concurrency.min", "concurrency.max"],
            "the limit begins outside of its bounds",
            "`min` ≤ `initial` ≤ `max`",
        );
    }
    match word {
        "vegas" => Algorithm::Vegas(Vegas::default().with_initial(initial).with_max(high)),
        "gradient" => {
            let gradient = Gradient::default().with_initial(initial);
            Algorithm::Gradient(gradient.with_bounds(low, high))
        }
        "fixed" => Algorithm::Fixed(NonZeroU32::new(initial).unwrap_or(NonZeroU32::MIN)),
        _ => {
            let mut aimd = Aimd::default().with_initial(initial).with_bounds(low, high);
            if let Some(slow) = draft.duration("concurrency.slow") {
                aimd = aimd.with_timeout(slow);
            }
            Algorithm::Aimd(aimd)
        }
    }
}

/// Each algorithm has bounds of its own.
fn rebase(draft: &mut Draft<'_>, word: &str) {
    let algorithm = match word {
        "vegas" => Algorithm::Vegas(Vegas::default()),
        "gradient" => Algorithm::Gradient(Gradient::default()),
        "fixed" => {
            if !draft.is_set("concurrency.initial") {
                let expected = "`initial` beside it: the limit";
                let message = "a fixed limit is a number";
                draft.refuse("concurrency.algorithm", &[], message, expected);
            }
            Algorithm::Fixed(NonZeroU32::MIN)
        }
        _ => return,
    };
    let mut shown = Shown::default();
    show(&Concurrency::new(algorithm), &mut shown);
    draft.rebase("concurrency", shown);
}

fn refuse_what_has_no_effect(draft: &mut Draft<'_>, word: &str) {
    let without: &[&str] = match word {
        "vegas" => &["concurrency.min", "concurrency.slow"],
        "gradient" => &["concurrency.slow"],
        "fixed" => &["concurrency.min", "concurrency.max", "concurrency.slow"],
        _ => &[],
    };
    for path in without {
        if draft.is_set(path) {
            let expected = "another algorithm beside it, or nothing";
            let message = "this has no effect with this algorithm";
            draft.refuse(path, &["concurrency.algorithm"], message, expected);
        }
    }
}

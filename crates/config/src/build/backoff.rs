use std::num::NonZeroU32;

use buttress_core::backoff::{Backoff, Jitter, Percent};

use super::{Draft, Shown};
use crate::value::Value;

/// Where the steps of a backoff are set.
pub(super) struct Steps {
    pub(super) base: &'static str,
    pub(super) cap: &'static str,
    pub(super) factor: &'static str,
}

/// As far as the vendors' SDKs go below a step.
const SPREAD: u32 = 250_000;
const PER_PERCENT: u32 = 10_000;

impl Steps {
    pub(super) fn show(&self, backoff: &Backoff, shown: &mut Shown) {
        shown.duration(self.base, backoff.base());
        shown.duration(self.cap, backoff.cap());
        if let Some(factor) = backoff.factor() {
            shown.count(self.factor, factor.get());
        }
    }

    pub(super) fn build(&self, draft: &mut Draft<'_>) -> Option<Backoff> {
        let made = Backoff::new(draft.duration(self.base)?, draft.duration(self.cap)?);
        let backoff = draft.keep_beside(self.base, &[self.cap], made)?;
        let factor = draft.positive(self.factor).unwrap_or(NonZeroU32::MIN);
        Some(backoff.with_factor(factor))
    }
}

pub(super) fn show_jitter(jitter: Jitter, shown: &mut Shown) {
    let (word, spread) = match jitter {
        Jitter::None => ("no-jitter", None),
        Jitter::Equal => ("equal-jitter", None),
        Jitter::Decorrelated => ("decorrelated", None),
        Jitter::Proportional(part) => ("proportional", Some(part)),
        Jitter::Below(part) => ("below", Some(part)),
        _ => ("full-jitter", None),
    };
    shown.word("retry.backoff", word);
    let millionths = spread.map(|part| u32::from(part.get()) * PER_PERCENT);
    shown.maybe("retry.spread", millionths.map(Value::Share));
}

pub(super) fn jitter(draft: &mut Draft<'_>) -> Jitter {
    let word = draft.word("retry.backoff").unwrap_or_default();
    let takes_spread = matches!(word, "proportional" | "below");
    if !takes_spread && draft.is_set("retry.spread") {
        draft.refuse(
            "retry.spread",
            &["retry.backoff"],
            "this has no effect with this backoff",
            "the backoff \"proportional\" or \"below\" beside it",
        );
    }
    match word {
        "no-jitter" => Jitter::None,
        "equal-jitter" => Jitter::Equal,
        "decorrelated" => Jitter::Decorrelated,
        "proportional" => spread(draft).map_or(Jitter::Full, Jitter::Proportional),
        "below" => spread(draft).map_or(Jitter::Full, Jitter::Below),
        _ => Jitter::Full,
    }
}

fn spread(draft: &mut Draft<'_>) -> Option<Percent> {
    let millionths = draft.share("retry.spread").unwrap_or(SPREAD);
    let percent = u8::try_from(millionths / PER_PERCENT).ok();
    let percent = percent.filter(|_| millionths.is_multiple_of(PER_PERCENT));
    let percent = percent.and_then(|percent| Percent::new(percent).ok());
    if percent.is_none() {
        let expected = "a whole percentage, at most \"100%\"";
        draft.refuse("retry.spread", &[], "this value is not possible", expected);
    }
    percent
}

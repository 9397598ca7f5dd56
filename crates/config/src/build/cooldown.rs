use buttress_core::backoff::Jitter;
use buttress_core::pause::Pauses;
use buttress_core::policy::Cooldown;

use super::backoff::Steps;
use super::{Draft, Shown};
use crate::value::Value;

const STEPS: Steps = Steps {
    base: "cooldown.base",
    cap: "cooldown.cap",
    factor: "cooldown.factor",
};

pub(super) fn show(cooldown: &Cooldown, shown: &mut Shown) {
    let pauses = cooldown.pauses();
    shown.duration("cooldown.max_wait", cooldown.max_wait());
    STEPS.show(&pauses.default_wait(), shown);
    shown.duration("cooldown.park", pauses.park());
    shown.duration("cooldown.patience", pauses.patience());
    shown.flag("cooldown.margin", pauses.has_margin());
    shown.put("cooldown.key", Value::Key(cooldown.key().clone()));
    shown.count("cooldown.capacity", cooldown.capacity());
}

pub(super) fn build(draft: &mut Draft<'_>) -> Option<Cooldown> {
    if !draft.is_on("cooldown") {
        return None;
    }
    let mut pauses = Pauses::default().with_margin(draft.flag("cooldown.margin"));
    if let Some(steps) = STEPS.build(draft) {
        // All who share a pause wait for the same one: there is nobody to be taken apart.
        pauses = pauses.with_default_wait(steps.with_jitter(Jitter::None));
    }
    if let Some(park) = draft.duration("cooldown.park") {
        pauses = pauses.with_park(park);
    }
    if let Some(patience) = draft.duration("cooldown.patience") {
        pauses = pauses.with_patience(patience);
    }
    let mut cooldown = Cooldown::default().with_pauses(pauses);
    if let Some(max_wait) = draft.duration("cooldown.max_wait") {
        cooldown = cooldown.with_max_wait(max_wait);
    }
    if let Some(key) = draft.key("cooldown.key") {
        cooldown = cooldown.with_key(key);
    }
    if let Some(capacity) = draft.size("cooldown.capacity") {
        cooldown = cooldown.with_capacity(capacity);
    }
    Some(cooldown)
}

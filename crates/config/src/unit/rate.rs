use std::time::Duration;

use super::{duration, show_duration, whole};

/// So many units per period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) units: u64,
    pub(crate) period: Duration,
}

const PERIODS: [(&str, u64); 9] = [
    ("s", 1),
    ("sec", 1),
    ("second", 1),
    ("min", 60),
    ("minute", 60),
    ("h", 3_600),
    ("hour", 3_600),
    ("d", 86_400),
    ("day", 86_400),
];

/// `50/min`, `10/s`, `5/10s`.
pub(crate) fn rate(text: &str) -> Option<Rate> {
    let (units, period) = text.split_once('/')?;
    let period = period.trim_start();
    let named = PERIODS.iter().find(|(name, _)| *name == period);
    let period = match named {
        Some((_, secs)) => Duration::from_secs(*secs),
        None => duration(period)?,
    };
    let units = whole(units.trim_end())?;
    Some(Rate { units, period })
}

pub(crate) fn show_rate(rate: Rate) -> String {
    let short = ["s", "min", "h", "d"];
    let named = PERIODS
        .iter()
        .find(|(name, secs)| short.contains(name) && Duration::from_secs(*secs) == rate.period);
    match named {
        Some((name, _)) => format!("{}/{name}", rate.units),
        None => format!("{}/{}", rate.units, show_duration(rate.period)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_are_read_with_their_period() {
        let per = |units, secs| {
            let period = Duration::from_secs(secs);
            Some(Rate { units, period })
        };
        assert_eq!(rate("50/min"), per(50, 60));
        assert_eq!(rate("200_000 / minute"), per(200_000, 60));
        assert_eq!(rate("5/10s"), per(5, 10));
        for odd in ["50", "50/", "/min", "50/m2", "50 per min", "-1/s", "1/s/s"] {
            assert_eq!(rate(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(units: u64, secs in prop_oneof![Just(60), Just(86_400), 0..100_000_u64]) {
            let written = Rate { units, period: Duration::from_secs(secs) };
            prop_assert_eq!(rate(&show_rate(written)), Some(written));
        }
    }
}

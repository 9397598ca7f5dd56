//! How far a run is, on a terminal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use buttress::core::Class;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error, wiped when this is dropped. indicatif draws nothing where that is not a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    failed: AtomicU64,
}

const TEMPLATE: &str = "{prefix:>8} {bar:40} {pos}/{len} calls, {msg} failed, {elapsed}";

/// Often enough that the time runs on while every worker waits.
const TICK: Duration = Duration::from_millis(200);

impl Progress {
    /// Of `calls` calls.
    pub(crate) fn new(name: &'static str, calls: u64) -> Self {
        let bar = ProgressBar::new(calls)
            .with_style(style())
            .with_prefix(name)
            .with_message("0");
        bar.enable_steady_tick(TICK);
        Self {
            bar,
            failed: AtomicU64::new(0),
        }
    }

    /// A call ended.
    pub(crate) fn ended(&self, class: Class) {
        if class != Class::Ok {
            let failed = self.failed.fetch_add(1, Ordering::Relaxed) + 1;
            self.bar.set_message(failed.to_string());
        }
        self.bar.inc(1);
    }
}

/// A template that could not be read would cost the words, and not the bar.
fn style() -> ProgressStyle {
    ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_can_be_read() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn failures_are_told_beside_the_calls() {
        let progress = Progress::new("bare", 3);
        progress.ended(Class::Ok);
        progress.ended(Class::RateLimited);
        assert_eq!(progress.bar.position(), 2);
        assert_eq!(progress.bar.message(), "1");
    }
}

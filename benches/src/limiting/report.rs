use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::callers::Outcome;
use super::{BURST, RATE};

/// What became of one limiter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    limiter: &'static str,
    /// Of what the server permits.
    share_percent: f64,
    refused: u64,
    wait_ms: [u64; 3],
    per_caller: [u64; 2],
}

impl Row {
    pub(super) fn new(limiter: &'static str, outcome: &Outcome, time: Duration) -> Self {
        let served: u64 = outcome.served.iter().sum();
        let permitted = f64::from(RATE) * time.as_secs_f64() + f64::from(BURST);
        let mut waits = outcome.waits.clone();
        waits.sort_unstable();
        let least = outcome.served.iter().min().copied();
        let most = outcome.served.iter().max().copied();
        Self {
            limiter,
            share_percent: (served as f64 * 1_000.0 / permitted).round() / 10.0,
            refused: outcome.refused,
            wait_ms: [50, 99, 100].map(|percent| millis(&waits, percent)),
            per_caller: [least, most].map(Option::unwrap_or_default),
        }
    }
}

/// The wait that so many percent are no longer than, in milliseconds. Sorted.
fn millis(waits: &[Duration], percent: usize) -> u64 {
    let rank = (waits.len() * percent).div_ceil(100).max(1);
    let wait = waits.get(rank - 1).copied().unwrap_or_default();
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// All rows.
#[derive(Debug, Default, Serialize)]
pub(super) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.limiter.len());
        let width = width.max().unwrap_or_default();
        writeln!(
            f,
            "{:<width$}  {:>7}  {:>5}  {:>21}  {:>10}",
            "limiter", "used", "429s", "wait p50/p99/max ms", "per caller"
        )?;
        for row in &self.rows {
            let [p50, p99, max] = row.wait_ms;
            let [least, most] = row.per_caller;
            writeln!(
                f,
                "{:<width$}  {:>5} %  {:>5}  {:>21}  {:>10}",
                row.limiter,
                row.share_percent,
                row.refused,
                format!("{p50} / {p99} / {max}"),
                format!("{least} / {most}"),
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let outcome = Outcome {
            served: vec![1_000, 1_010],
            waits: (1..=200).rev().map(Duration::from_millis).collect(),
            refused: 3,
        };
        Row::new("ours", &outcome, Duration::from_secs(10))
    }

    #[test]
    fn a_row_has_shares_of_what_is_permitted_and_ranks_of_waits() {
        let row = row();
        assert_eq!(row.share_percent, 99.5);
        assert_eq!(
            (row.wait_ms, row.per_caller),
            ([100, 198, 200], [1_000, 1_010])
        );
    }

    #[test]
    fn the_table_has_a_line_for_each_limiter() {
        let mut table = Table::default();
        table.push(row());
        let text = table.to_string();
        let last: Vec<_> = text.lines().last().unwrap().split_whitespace().collect();
        let wanted = "ours 99.5 % 3 100 / 198 / 200 1000 / 1010";
        assert_eq!(last, wanted.split_whitespace().collect::<Vec<_>>());
    }
}

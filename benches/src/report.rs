//! What is printed: the table for people, the JSON for programs.

use std::fmt;

use serde::Serialize;

use crate::rounds::Measured;
use crate::statistics::{net, ratio};

/// One row, less its floor.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Line {
    name: &'static str,
    net_ns: f64,
    allocs: f64,
    bytes: f64,
    peer: Option<&'static str>,
    ratio: Option<f64>,
}

/// All rows, in order.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    rows: Vec<Line>,
    /// The floors as they are, which the rows no longer show.
    #[serde(skip)]
    floors: Vec<(&'static str, f64)>,
}

impl Report {
    /// Takes the floors off, and compares.
    pub(crate) fn new(measured: &[Measured]) -> Self {
        let is_floor = |row: &&Measured| row.floor == Some(row.name);
        let floors = measured.iter().filter(is_floor);
        Self {
            rows: measured.iter().map(|row| line(row, measured)).collect(),
            floors: floors.map(|row| (row.name, row.nanoseconds)).collect(),
        }
    }

    /// The rows as JSON.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

fn line(row: &Measured, all: &[Measured]) -> Line {
    let ours = Net::of(row, all);
    let peer = find(row.peer, all).map(|peer| Net::of(peer, all));
    Line {
        name: row.name,
        net_ns: round(ours.nanoseconds, 10.0),
        allocs: round(ours.allocs, 10.0),
        bytes: round(ours.bytes, 10.0),
        peer: row.peer,
        ratio: peer
            .and_then(|peer| ratio(ours.nanoseconds, peer.nanoseconds))
            .map(|ratio| round(ratio, 1000.0)),
    }
}

/// What a row takes above its floor.
struct Net {
    nanoseconds: f64,
    allocs: f64,
    bytes: f64,
}

impl Net {
    fn of(row: &Measured, all: &[Measured]) -> Self {
        let floor = find(row.floor, all);
        let less = |of: fn(&Measured) -> f64| net(of(row), floor.map_or(0.0, of));
        Self {
            nanoseconds: less(|row| row.nanoseconds),
            allocs: less(|row| row.allocated.count),
            bytes: less(|row| row.allocated.bytes),
        }
    }
}

fn find<'a>(name: Option<&str>, all: &'a [Measured]) -> Option<&'a Measured> {
    all.iter().find(|row| Some(row.name) == name)
}

/// To so many parts of one: further digits are noise, and what is allocated once in a thousand calls is no call's.
fn round(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.rows.iter().map(|line| line.name.len());
        let width = names.max().unwrap_or_default();
        writeln!(
            f,
            "{:<width$}  {:>8}  {:>6}  {:>7}  {:>6}  peer",
            "row", "net ns", "allocs", "bytes", "ratio"
        )?;
        for line in &self.rows {
            write_line(f, line, width)?;
        }
        writeln!(f)?;
        for (name, nanoseconds) in &self.floors {
            writeln!(f, "{name}: {nanoseconds:.1} ns, taken off")?;
        }
        Ok(())
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, line: &Line, width: usize) -> fmt::Result {
    let ratio = line.ratio.map(|ratio| format!("{ratio:.3}"));
    writeln!(
        f,
        "{:<width$}  {:>8.1}  {:>6}  {:>7}  {:>6}  {}",
        line.name,
        line.net_ns,
        line.allocs,
        line.bytes,
        ratio.as_deref().unwrap_or("-"),
        line.peer.unwrap_or("-"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocations::Allocations;

    fn measured(
        name: &'static str,
        peer: Option<&'static str>,
        nanoseconds: f64,
        count: f64,
    ) -> Measured {
        let bytes = count * 64.0;
        Measured {
            name,
            floor: Some("floor"),
            peer,
            nanoseconds,
            allocated: Allocations { count, bytes },
        }
    }

    fn report() -> Report {
        Report::new(&[
            measured("floor", None, 38.0, 1.0),
            measured("theirs", None, 238.0, 3.0),
            measured("ours", Some("theirs"), 63.04, 1.0),
        ])
    }

    #[test]
    fn the_json_has_net_figures_and_null_where_there_is_no_peer() {
        let wanted = concat!(
            r#"{"rows":["#,
            r#"{"name":"floor","net_ns":0.0,"allocs":0.0,"bytes":0.0,"peer":null,"ratio":null},"#,
            r#"{"name":"theirs","net_ns":200.0,"allocs":2.0,"bytes":128.0,"peer":null,"ratio":null},"#,
            r#"{"name":"ours","net_ns":25.0,"allocs":0.0,"bytes":0.0,"peer":"theirs","ratio":0.125}"#,
            r#"]}"#,
        );
        assert_eq!(report().json().unwrap(), wanted);
    }

    #[test]
    fn the_table_shows_the_ratio_beside_the_peer() {
        let table = report().to_string();
        let ours = table.lines().find(|line| line.starts_with("ours")).unwrap();
        let words: Vec<_> = ours.split_whitespace().collect();
        assert_eq!(words, ["ours", "25.0", "0", "0", "0.125", "theirs"]);
        assert!(table.ends_with("\nfloor: 38.0 ns, taken off\n"));
    }

    #[test]
    fn a_function_has_no_floor_to_take_off() {
        let mut check = measured("check", None, 10.0, 0.0);
        check.floor = None;
        let report = Report::new(&[measured("floor", None, 38.0, 1.0), check]);
        assert_eq!(report.rows[1].net_ns, 10.0);
    }
}

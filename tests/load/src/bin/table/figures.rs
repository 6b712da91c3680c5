//! What was measured, and the table of it.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use crate::target::Target;

/// One figure of a measurement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    /// What it is, with its unit.
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) kind: FigureKind,
}

/// How a figure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FigureKind {
    /// The median of the rounds.
    Cost,
    /// As a ratio to the baseline in the same run: by itself it says more about the machine.
    Rate,
    /// The median of the rounds, in milliseconds; no work of a server, and so not drawn.
    Delay,
    /// The first: later rounds find processes that keep what earlier ones needed.
    Memory,
}

/// What one measurement of one server gave.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) figures: Vec<Figure>,
    /// The microseconds of each process for each thing done, in the order of the server's processes.
    pub(crate) by_process: Vec<f64>,
}

impl Measured {
    pub(crate) fn to_json(&self, round: usize, target: &Target, scene: &str) -> Value {
        let names = target.processes.iter().map(|process| process.name);
        let by_process: BTreeMap<_, _> = names
            .zip(self.by_process.iter().map(|value| rounded(*value)))
            .collect();
        let figures: BTreeMap<_, _> = self
            .figures
            .iter()
            .map(|figure| (&figure.name, rounded(figure.value)))
            .collect();
        json!({"round": round, "server": target.name, "scene": scene, "figures": figures, "micros_by_process": by_process})
    }
}

/// Everything that was measured, by figure and server, in the order in which it came.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(Figure, BTreeMap<&'static str, Vec<f64>>)>);

impl Figures {
    pub(crate) fn add(&mut self, server: &'static str, measured: Measured) {
        for figure in measured.figures {
            let at = self
                .0
                .iter()
                .position(|(known, _)| known.name == figure.name);
            let at = at.unwrap_or_else(|| {
                self.0.push((figure.clone(), BTreeMap::new()));
                self.0.len() - 1
            });
            self.0[at].1.entry(server).or_default().push(figure.value);
        }
    }

    /// What each server needs of what the first one needs, by figure: processor time and memory.
    pub(crate) fn shares(&self, servers: &[&'static str]) -> Vec<(&str, Vec<f64>)> {
        let drawn = self
            .0
            .iter()
            .filter(|(figure, _)| matches!(figure.kind, FigureKind::Cost | FigureKind::Memory));
        drawn
            .map(|(figure, measured)| {
                let of = |server: &&str| {
                    measured
                        .get(*server)
                        .map_or(f64::NAN, |values| figure.kind.of(values))
                };
                let first = servers.first().map_or(f64::NAN, &of);
                let shares = servers.iter().map(|server| of(server) / first).collect();
                (figure.name.as_str(), shares)
            })
            .collect()
    }

    /// As Markdown; the first server is the baseline.
    pub(crate) fn table(&self, servers: &[&'static str]) -> String {
        let mut text = format!(
            "| | {} |\n|{}\n",
            servers.join(" | "),
            " --- |".repeat(servers.len() + 1)
        );
        for (figure, measured) in &self.0 {
            let medians = servers.iter().map(|server| {
                measured
                    .get(server)
                    .map_or(f64::NAN, |values| figure.kind.of(values))
            });
            let medians: Vec<f64> = medians.collect();
            let is_rate = figure.kind == FigureKind::Rate;
            let ratio = if is_rate { " ÷ bare" } else { "" };
            write!(text, "| {}{ratio} |", figure.name).ok();
            for median in &medians {
                let shown = if is_rate {
                    median / medians[0]
                } else {
                    *median
                };
                write!(text, " {} |", rounded(shown)).ok();
            }
            text.push('\n');
        }
        text
    }
}

impl FigureKind {
    fn of(self, values: &[f64]) -> f64 {
        match self {
            Self::Cost | Self::Delay | Self::Rate => median(values),
            Self::Memory => values.first().copied().unwrap_or(f64::NAN),
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Three digits are more than a measurement can tell.
fn rounded(value: f64) -> f64 {
    let places = match value.abs() {
        100.0.. => 1.0,
        10.0.. => 10.0,
        _ => 100.0,
    };
    (value * places).round() / places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(name: &str, value: f64, kind: FigureKind) -> Measured {
        Measured {
            figures: vec![Figure {
                name: name.to_owned(),
                value,
                kind,
            }],
            by_process: Vec::new(),
        }
    }

    #[test]
    fn the_table_has_medians_ratios_to_the_first_and_memory_of_the_first_round() {
        let mut figures = Figures::default();
        for value in [30.0, 10.0, 1_234.6] {
            figures.add("bare", measured("µs", value, FigureKind::Cost));
        }
        figures.add("bare", measured("a second", 200.0, FigureKind::Rate));
        figures.add("ours", measured("a second", 50.0, FigureKind::Rate));
        figures.add("ours", measured("µs", 60.04, FigureKind::Cost));
        for value in [7.5, 9.25] {
            figures.add("bare", measured("KiB", value, FigureKind::Memory));
        }

        let table = figures.table(&["bare", "ours"]);

        assert_eq!(
            table,
            "| | bare | ours |\n| --- | --- | --- |\n| µs | 30 | 60 |\n| a second ÷ bare | 1 | 0.25 |\n\
             | KiB | 7.5 | NaN |\n"
        );
    }
}

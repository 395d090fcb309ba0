//! The table and the file.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program"
)]

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// One measured bar.
#[derive(Serialize)]
pub struct Row {
    /// What is measured.
    pub name: String,
    /// The reference, with its unit.
    pub bare: String,
    /// Metier, with its unit.
    pub metier: String,
    /// The figure the bar speaks of.
    pub figure: f64,
    /// Its unit: `×`, `KiB`, `MB`, `ms`, `%`.
    pub unit: &'static str,
    /// The bar.
    pub bar: f64,
    /// Is more better?
    pub at_least: bool,
}

impl Row {
    /// Is the bar reached?
    pub fn met(&self) -> bool {
        if self.at_least {
            self.figure >= self.bar
        } else {
            self.figure <= self.bar
        }
    }
}

/// Say on standard error what is being measured.
pub fn progress(part: &str) {
    eprintln!("bench: {part} …");
}

/// Print every row.
pub fn print(rows: &[Row]) {
    println!(
        "{:<58} {:>16} {:>16} {:>11} {:>10}",
        "bar", "bare", "metier", "figure", "bar"
    );
    for row in rows {
        let sign = if row.at_least { '≥' } else { '≤' };
        println!(
            "{:<58} {:>16} {:>16} {:>11} {:>10} {}",
            row.name,
            row.bare,
            row.metier,
            format!("{:.2} {}", row.figure, row.unit),
            format!("{sign} {} {}", row.bar, row.unit),
            if row.met() { "met" } else { "MISSED" },
        );
    }
}

/// Write every row as JSON.
pub fn write(path: &Path, rows: &[Row]) -> Result<()> {
    let json = serde_json::to_vec_pretty(rows)?;
    std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
}

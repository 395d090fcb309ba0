//! A million small calls must leave nothing behind.

#![expect(clippy::print_stdout, reason = "tells its parent the figures")]

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::guests::DYNAMIC;
use crate::metier::Metier;
use crate::payload::Arguments;
use crate::report::Row;
use crate::{Effort, stats};

/// Calls before the first look.
const WARM: u64 = 10_000;
/// Calls before the second.
const CALLS: u64 = 1_000_000;

/// Growth of the resident size between the two.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let calls = CALLS / effort.divide;
    let output = Command::new(std::env::current_exe()?)
        .args(["leak", &WARM.to_string(), &calls.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the leak child failed");
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [before, after] = numbers[..] else {
        anyhow::bail!("unexpected answer: {text}")
    };
    Ok(vec![Row {
        name: format!("resident size after {calls} calls over after {WARM}"),
        bare: format!("{:.1} MB", before / 1e6),
        metier: format!("{:.1} MB", after / 1e6),
        figure: (after / before - 1.0) * 100.0,
        unit: "%",
        bar: 5.0,
        at_least: false,
    }])
}

/// Child: resident bytes after `warm` and after `calls` calls.
pub fn child(warm: u64, calls: u64) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let metier = Metier::new(DYNAMIC, 4).await?;
        let json = Arguments::of_size(100).json();
        for _ in 0..warm {
            metier.summarize(&json).await?;
        }
        let before = stats::resident();
        for _ in warm..calls {
            metier.summarize(&json).await?;
        }
        println!("{before} {}", stats::resident());
        Ok(())
    })
}

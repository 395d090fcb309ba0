//! Ten thousand calls waiting on a slow upstream.

#![expect(clippy::print_stdout, reason = "tells its parent the figures")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::guests::TYPED;
use crate::metier::{self, Metier};
use crate::payload::Arguments;
use crate::report::Row;
use crate::upstream::Upstream;
use crate::{Effort, stats};

/// Calls waiting at once.
const CALLS: u32 = 10_000;
/// How long the upstream takes: longer than it takes to start all calls.
const DELAY_MS: u64 = 20_000;

const SKILL: &str = "skill.wasm";
const CACHE: &str = "code";

/// Memory per waiting call, calls lost, and memory of an idle host.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let calls = CALLS / u32::try_from(effort.divide)?;
    let delay = DELAY_MS / effort.divide;
    let me = std::env::current_exe()?;
    let upstream = Upstream::start(delay)?;
    let port = upstream.port();
    // Packed and compiled here: a host in service finds its code on disk.
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let skill = runtime.block_on(metier::pack(TYPED, port))?;
    std::fs::write(folder.path().join(SKILL), &skill)?;
    runtime.block_on(Metier::with(
        skill,
        1,
        Some(&folder.path().join(CACHE)),
        port,
    ))?;
    let output = Command::new(&me)
        .args(["waiting", &calls.to_string(), &delay.to_string(), port])
        .arg(folder.path())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the waiting child failed");
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<u64> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let [idle, before, full, answered] = numbers[..] else {
        anyhow::bail!("unexpected answer: {text}")
    };
    let each = (full.saturating_sub(before)) as f64 / 1024.0 / f64::from(calls);
    let row = |name: String, metier: String, figure, unit, bar| Row {
        name,
        bare: "–".into(),
        metier,
        figure,
        unit,
        bar,
        at_least: false,
    };
    Ok(vec![
        row(
            format!("{calls} calls waiting: lost"),
            format!("{answered} answered"),
            f64::from(calls) - answered as f64,
            "lost",
            0.0,
        ),
        row(
            format!("{calls} calls waiting: memory each"),
            format!("{} MB in all", full >> 20),
            each,
            "KiB",
            100.0,
        ),
        row(
            "idle host".into(),
            format!("{} MB", idle >> 20),
            idle as f64 / 1e6,
            "MB",
            20.0,
        ),
    ])
}

/// Child: resident bytes idle, before the calls and with all of them waiting, and how many were answered.
pub fn child(calls: u32, delay_ms: u64, port: &str, folder: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let skill = std::fs::read(folder.join(SKILL))?;
        let cache = folder.join(CACHE);
        let small = Metier::with(skill.clone(), 64, Some(&cache), port).await?;
        small.summarize(&Arguments::of_size(100).json()).await?;
        let idle = stats::resident();
        drop(small);
        let metier = Arc::new(Metier::with(skill, calls, Some(&cache), port).await?);
        let before = stats::resident();
        let waiting: Vec<_> = (0..calls)
            .map(|_| {
                let (metier, url) = (metier.clone(), url(port));
                tokio::spawn(async move {
                    metier
                        .call("wait", &url)
                        .await
                        .is_ok_and(|it| it.result.is_ok())
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(delay_ms * 3 / 4)).await;
        let full = stats::resident();
        let mut answered = 0;
        for call in waiting {
            answered += u32::from(call.await?);
        }
        println!("{idle} {before} {full} {answered}");
        Ok(())
    })
}

fn url(port: &str) -> String {
    format!(r#"{{"url":"http://127.0.0.1:{port}/"}}"#)
}

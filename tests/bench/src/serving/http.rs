//! A small tool call over HTTP, authenticated, under a policy, metered and written down, against axum doing the work itself.

use anyhow::Result;
use axum::http::HeaderMap;

use super::load::{self, Template};
use super::process::Process;
use super::stage::{Stage, provider};
use crate::payload::Arguments;
use crate::report::Row;
use crate::{Effort, stats};

/// Calls of a measurement: a second or two of a server's time.
const CALLS: u64 = 40_000;

/// Processor time for each call, in microseconds, and calls in a second.
async fn once(
    process: &Process,
    template: &Template,
    at_once: usize,
    calls: u64,
) -> Result<(f64, f64)> {
    let before = process.cpu()?;
    let took = load::run(template, at_once, calls).await?;
    let cpu = process.cpu()?.saturating_sub(before);
    Ok((
        cpu.as_secs_f64() * 1e6 / calls as f64,
        calls as f64 / took.as_secs_f64(),
    ))
}

/// At each concurrency: processor time, and calls in a second.
pub async fn measure(effort: Effort) -> Result<Vec<Row>> {
    let (native, address) = provider()?;
    let stage = Stage::set("calls = 256", address).await?;
    let body = Arguments::of_size(100).json();
    let bare = Template {
        address,
        path: "/summarize".into(),
        headers: HeaderMap::new(),
        body: body.clone().into(),
        marker: "total",
    };
    let metier = Template {
        address: stage.address,
        path: "/api/v1/tools/bench.summarize".into(),
        headers: stage.headers()?,
        ..bare.clone()
    };
    let mut rows = Vec::new();
    for at_once in [1, 32, 256] {
        let calls = CALLS / effort.divide / if at_once == 1 { 4 } else { 1 };
        let (mut cpus, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..effort.repeat {
            let (bare_cpu, bare_rate) = once(&native, &bare, at_once, calls).await?;
            let (cpu, rate) = once(&stage.process, &metier, at_once, calls).await?;
            cpus.push((bare_cpu, cpu));
            rates.push((bare_rate, rate));
        }
        rows.push(row(
            format!("a call over HTTP, {at_once} at once: server CPU"),
            &cpus,
            "µs",
            3.0,
            false,
        ));
        rows.push(row(
            format!("a call over HTTP, {at_once} at once: calls/s"),
            &rates,
            "/s",
            0.5,
            true,
        ));
    }
    Ok(rows)
}

fn row(name: String, pairs: &[(f64, f64)], unit: &str, bar: f64, at_least: bool) -> Row {
    let median = |of: fn(&(f64, f64)) -> f64| stats::median(pairs.iter().map(of).collect());
    Row {
        name,
        bare: format!("{:.1} {unit}", median(|pair| pair.0)),
        metier: format!("{:.1} {unit}", median(|pair| pair.1)),
        figure: median(|pair| pair.1 / pair.0),
        unit: "×",
        bar,
        at_least,
    }
}

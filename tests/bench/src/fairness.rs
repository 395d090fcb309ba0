//! What a small skill's callers feel while a runaway skill shares their core.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;

use crate::guests::TYPED;
use crate::metier::Metier;
use crate::payload::Arguments;
use crate::report::Row;
use crate::{Effort, stats};

/// Small calls per measurement.
const CALLS: u64 = 1_000;
/// Rounds of the well-behaved busy skill: some tens of milliseconds of computing per call.
const ROUNDS: u32 = 20_000_000;

/// p99 beside an endless loop ÷ p99 beside a well-behaved busy skill, on one core.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let metier = Arc::new(runtime.block_on(Metier::new(TYPED, 8))?);
    let calls = CALLS / effort.divide;
    let (mut busy, mut hostile) = (Vec::new(), Vec::new());
    let work = format!(r#"{{"rounds":{ROUNDS}}}"#);
    for _ in 0..effort.repeat {
        busy.push(runtime.block_on(beside(&metier, "work", &work, calls))?);
        hostile.push(runtime.block_on(beside(&metier, "spin", "{}", calls))?);
    }
    let (busy, hostile) = (stats::median(busy), stats::median(hostile));
    Ok(vec![Row {
        name: "p99 beside an endless loop ÷ beside a busy skill".into(),
        bare: format!("{busy:.2} ms"),
        metier: format!("{hostile:.2} ms"),
        figure: hostile / busy,
        unit: "×",
        bar: 3.0,
        at_least: false,
    }])
}

/// p99 in milliseconds of small calls while `tool` runs again and again on the same core.
async fn beside(
    metier: &Arc<Metier>,
    tool: &'static str,
    arguments: &str,
    calls: u64,
) -> Result<f64> {
    let (neighbour, arguments) = (metier.clone(), arguments.to_owned());
    let neighbour = tokio::spawn(async move {
        loop {
            let _ = neighbour.call(tool, &arguments).await;
            tokio::task::yield_now().await;
        }
    });
    let json = Arguments::of_size(100).json();
    let mut times = Vec::new();
    for _ in 0..calls {
        // A caller arrives while the neighbour may be running, and waits its turn like any task.
        let start = Instant::now();
        tokio::task::yield_now().await;
        metier.summarize(&json).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    neighbour.abort();
    let _ = neighbour.await;
    Ok(stats::percentile(times, 0.99))
}

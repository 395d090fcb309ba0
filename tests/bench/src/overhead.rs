//! `Host::call` with everything on, against bare instantiate + typed call + drop.

use anyhow::Result;
use tokio::runtime::Runtime;

use crate::bare::{self, Bare};
use crate::guests::{DYNAMIC, TYPED};
use crate::metier::Metier;
use crate::payload::Arguments;
use crate::report::Row;
use crate::{Effort, stats};

/// Calls per measurement at 100 B.
const CALLS: u64 = 20_000;

/// The four ratios.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut rows = Vec::new();
    for (name, label) in [(DYNAMIC, "dynamic"), (TYPED, "typed")] {
        for (bytes, size) in [(100, "100 B"), (10_000, "10 KB")] {
            let bar = match (name, bytes) {
                (_, 10_000) => 1.4,
                (DYNAMIC, _) => 2.0,
                _ => 3.0,
            };
            let (bare, metier) = pair(&runtime, name, bytes, effort)?;
            rows.push(Row {
                name: format!("Host::call ÷ bare call, {label}, {size}"),
                bare: format!("{bare:.2} µs"),
                metier: format!("{metier:.2} µs"),
                figure: metier / bare,
                unit: "×",
                bar,
                at_least: false,
            });
        }
    }
    Ok(rows)
}

/// CPU microseconds per call of both, medians.
fn pair(runtime: &Runtime, name: &str, bytes: usize, effort: Effort) -> Result<(f64, f64)> {
    let arguments = Arguments::of_size(bytes);
    let json = arguments.json();
    let bare = Bare::new(&bare::engine(4)?, name)?;
    let metier = runtime.block_on(Metier::new(name, 4))?;
    let calls = CALLS / effort.divide / if bytes > 1_000 { 4 } else { 1 };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first round warms caches and pools and is thrown away.
    for round in 0..=effort.repeat {
        let their_cost = runtime.block_on(cost(calls, async || match name {
            DYNAMIC => bare.dynamic(&json).await,
            _ => bare.typed(&arguments.items).await,
        }))?;
        let our_cost = runtime.block_on(cost(calls, async || metier.summarize(&json).await))?;
        if round > 0 {
            theirs.push(their_cost);
            ours.push(our_cost);
        }
    }
    Ok((stats::median(theirs), stats::median(ours)))
}

async fn cost(calls: u64, call: impl AsyncFn() -> Result<()>) -> Result<f64> {
    let before = stats::cpu();
    for _ in 0..calls {
        call().await?;
    }
    Ok((stats::cpu() - before).as_secs_f64() * 1e6 / calls as f64)
}

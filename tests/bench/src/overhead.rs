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

/// What is called, with arguments of one size.
struct Case {
    guest: &'static str,
    tool: &'static str,
    label: &'static str,
    bytes: usize,
    bar: f64,
}

const CASES: [Case; 5] = [
    Case {
        guest: DYNAMIC,
        tool: "summarize",
        label: "dynamic, 100 B",
        bytes: 100,
        bar: 2.0,
    },
    Case {
        guest: DYNAMIC,
        tool: "summarize",
        label: "dynamic, 10 KB",
        bytes: 10_000,
        bar: 1.4,
    },
    Case {
        guest: TYPED,
        tool: "summarize",
        label: "typed, 100 B",
        bytes: 100,
        bar: 3.0,
    },
    Case {
        guest: TYPED,
        tool: "scan",
        label: "typed, 10 KB of text",
        bytes: 10_000,
        bar: 1.4,
    },
    Case {
        guest: TYPED,
        tool: "summarize",
        label: "typed, 10 KB of records",
        bytes: 10_000,
        // Each record is a dozen allocations on the way through `Val`, which wasmtime's dynamic calls take. A guard, not a
        // goal: whoever moves megabytes of records uses `metier:skill/tools`.
        bar: 4.0,
    },
];

/// The five ratios.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    CASES
        .iter()
        .map(|case| row(&runtime, case, effort))
        .collect()
}

fn row(runtime: &Runtime, case: &Case, effort: Effort) -> Result<Row> {
    let (bare, metier) = pair(runtime, case, effort)?;
    Ok(Row {
        name: format!("Host::call ÷ bare call, {}", case.label),
        bare: format!("{bare:.2} µs"),
        metier: format!("{metier:.2} µs"),
        figure: metier / bare,
        unit: "×",
        bar: case.bar,
        at_least: false,
    })
}

/// CPU microseconds per call of both, medians.
fn pair(runtime: &Runtime, case: &Case, effort: Effort) -> Result<(f64, f64)> {
    let arguments = Arguments::of_size(case.bytes);
    let text = arguments.text();
    let json = match case.tool {
        "scan" => serde_json::json!({ "text": text }).to_string(),
        _ => arguments.json(),
    };
    let bare = Bare::new(&bare::engine(4)?, case.guest, case.tool)?;
    let metier = runtime.block_on(Metier::new(case.guest, 4))?;
    let calls = CALLS / effort.divide / if case.bytes > 1_000 { 4 } else { 1 };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first round warms caches and pools and is thrown away.
    for round in 0..=effort.repeat {
        let their_cost = runtime.block_on(cost(calls, async || match (case.guest, case.tool) {
            (DYNAMIC, _) => bare.dynamic(&json).await,
            (_, "scan") => bare.scan(&text).await,
            _ => bare.typed(&arguments.items).await,
        }))?;
        let our_cost =
            runtime.block_on(cost(calls, async || metier.succeed(case.tool, &json).await))?;
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

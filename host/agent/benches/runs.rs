//! The driver's bars: what a step costs with everything on, and how long a long run takes to be taken up again.
//! `cargo xtask bench --store` runs it behind the store's own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::unused_async,
    reason = "a benchmark"
)]

#[path = "../tests/all/world.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod world;

/// Calls here ask for nothing more.
mod within {
    use metier_agent::driver::ToolCall;
    use serde_json::Value;

    pub async fn ask_for_more(_: &crate::world::Outside, _: &ToolCall) -> Option<Value> {
        None
    }
}

use std::{path::Path, sync::Arc, time::Instant};

use metier_agent::{
    driver::{Decision, Rest, Runs},
    journal::{Seq, Verdict},
};
use metier_core::PrincipalId;
use metier_store::types::RunId;
use serde_json::json;

use crate::world::{NEVER, World, started};

/// Five hundred things that change nothing, then a question to a person: a thousand events.
const LONG: &str = r#"
[chain]
name = "long"
[[step]]
name = "each"
tool = "s.idempotent"
args = { item = "${item}" }
each = { over = "input.items", parallel = 1 }
[[step]]
name = "last"
tool = "s.destructive"
args = { after = "${size(steps.each.output)}" }
"#;

const STEPS: usize = 500;

/// How often a long run is taken up.
const TIMES: u128 = 15;

#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("runs.db").display());
    let store = metier_store::open(&url.parse().unwrap()).await.unwrap();
    let world = World::on(Arc::clone(&store));
    let runs = world.runs(NEVER).0;

    let mut begun = started(LONG);
    begun.input = json!({ "items": (0..STEPS).collect::<Vec<_>>() });
    let bare = bare(dir.path());
    let run = world.start(begun).await;
    let start = Instant::now();
    assert!(matches!(take_up(&runs).await, Some(Rest::Asks(_))));
    let step = ms(start) / STEPS as f64;
    let mut met = bar(
        "SQLite, a step of the driver to two bare flushes",
        &format!("{step:.2} ms against {bare:.2} ms"),
        step / bare,
        1.3,
    );

    let events = runs.timeline(&run).await.unwrap().entries.len();
    let (mut whole, mut snapshot) = (Vec::new(), Vec::new());
    for number in 0..TIMES {
        // A fork has no snapshot yet, so that its journal is read from its beginning.
        let fork = RunId::new(1_000_000 + number);
        let at = Seq(events as u64 - 1);
        runs.fork(&run, fork, at, "pool".parse().unwrap())
            .await
            .unwrap();
        let start = Instant::now();
        assert!(matches!(take_up(&runs).await, Some(Rest::Asks(_))));
        whole.push(ms(start));
        approve(&runs, &fork).await;
        let start = Instant::now();
        assert!(matches!(take_up(&runs).await, Some(Rest::Ended(_))));
        snapshot.push(ms(start));
    }
    let details = format!("{events} events, until it rests again");
    met &= bar(
        "SQLite, a run read whole and taken up, ms",
        &details,
        median(whole),
        50.0,
    );
    met &= bar(
        "SQLite, one with a snapshot taken up, ms",
        &details,
        median(snapshot),
        50.0,
    );
    assert!(met, "a bar is missed");
}

/// Claims what is due and drives it until it rests.
async fn take_up(runs: &Runs) -> Option<Rest> {
    let host = "bench".parse().unwrap();
    runs.rest(&host, &"pool".parse().unwrap()).await.unwrap()
}

async fn approve(runs: &Runs, run: &RunId) {
    let state = runs.state(run).await.unwrap();
    let (number, question) = state.questions.iter().next().unwrap();
    let decision = Decision {
        question: *number,
        hash: question.hash,
        verdict: Verdict::Approved,
        by: PrincipalId::local(),
    };
    runs.decide(run, decision).await.unwrap();
}

/// Two small writes that each wait for the disk, with nothing around them, in ms: what any durable step costs at least.
fn bare(dir: &Path) -> f64 {
    use std::io::Write;
    let mut file = std::fs::File::create(dir.join("bare")).unwrap();
    let mut times = Vec::new();
    for _ in 0..100 {
        let start = Instant::now();
        for _ in 0..2 {
            file.write_all(&[b'x'; 4_096]).unwrap();
            file.sync_data().unwrap();
        }
        times.push(ms(start));
    }
    median(times)
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn bar(name: &str, details: &str, figure: f64, bar: f64) -> bool {
    let is_met = figure <= bar;
    let word = if is_met { "met" } else { "MISSED" };
    println!(
        "{name:<48} {details:<44} {figure:>9.2}  {:>9} {word}",
        format!("<= {bar}")
    );
    is_met
}

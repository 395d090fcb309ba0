//! What each language costs: the tool `greet` of the skill that `metier new` writes, against the same in Rust.

#![expect(clippy::print_stdout, reason = "a child tells its parent the figures")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tokio::runtime::Runtime;
use wasmtime::component::Component;

use crate::bare::{self, Bare};
use crate::journey::{self, LANGUAGES};
use crate::metier::Metier;
use crate::report::Row;
use crate::{Effort, stats};

/// Calls per measurement; a call of the largest takes about a millisecond.
const CALLS: u64 = 500;
/// Processes started per language.
const STARTS: u64 = 10;
/// The first call after a start, in milliseconds of processor time.
const FIRST: f64 = 25.0;
const PORT: &str = "8099";
const ARGUMENTS: &str = r#"{"name":"Ada"}"#;

/// How often the Rust skill's whole call a language's may take: bars for JavaScript and Python, guards for the others.
fn bar(language: &str) -> f64 {
    match language {
        "js" => 8.0,
        "ts" | "python" => 40.0,
        "go" => 60.0,
        _ => 20.0,
    }
}

struct Case {
    language: &'static str,
    bare: Bare,
    metier: Metier,
    bare_costs: Vec<f64>,
    costs: Vec<f64>,
}

/// Two rows for each language: the whole call, and the first after a start.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut rows = warm(&runtime, effort)?;
    for (language, _) in LANGUAGES {
        rows.push(first(language, effort)?);
    }
    Ok(rows)
}

/// All languages in turn, again and again: a noisy neighbour disturbs all alike.
fn warm(runtime: &Runtime, effort: Effort) -> Result<Vec<Row>> {
    let calls = (CALLS / effort.divide).max(20);
    let mut cases = LANGUAGES
        .iter()
        .map(|(language, _)| case(runtime, language))
        .collect::<Result<Vec<_>>>()?;
    for round in 0..=effort.repeat {
        for case in &mut cases {
            let bare = runtime.block_on(cost(calls, async || case.bare.greet("Ada").await))?;
            let call = async || case.metier.succeed("greet", ARGUMENTS).await;
            let ours = runtime.block_on(cost(calls, call))?;
            // The first round warms pools and is thrown away.
            if round > 0 {
                case.bare_costs.push(bare);
                case.costs.push(ours);
            }
        }
    }
    let rust = cases
        .first()
        .map_or(f64::NAN, |rust| stats::median(rust.costs.clone()));
    Ok(cases.into_iter().map(|case| row(case, rust)).collect())
}

fn case(runtime: &Runtime, language: &'static str) -> Result<Case> {
    let bytes = std::fs::read(journey::skill(language)?)?;
    let engine = bare::engine(4)?;
    let component = Component::from_binary(&engine, &bytes)?;
    Ok(Case {
        language,
        bare: Bare::of(&engine, &component, "greet")?,
        metier: runtime.block_on(Metier::with(bytes, 4, None, PORT))?,
        bare_costs: Vec::new(),
        costs: Vec::new(),
    })
}

fn row(case: Case, rust: f64) -> Row {
    let (bare, ours) = (stats::median(case.bare_costs), stats::median(case.costs));
    Row {
        name: format!("Host::call in {} ÷ in Rust", case.language),
        bare: format!("{bare:.1} µs"),
        metier: format!("{ours:.1} µs"),
        figure: ours / rust,
        unit: "×",
        bar: bar(case.language),
        at_least: false,
    }
}

async fn cost(calls: u64, call: impl AsyncFn() -> Result<()>) -> Result<f64> {
    let before = stats::cpu();
    for _ in 0..calls {
        call().await?;
    }
    Ok((stats::cpu() - before).as_secs_f64() * 1e6 / calls as f64)
}

/// Whole processes with a warm code cache, none of which compiles.
fn first(language: &str, effort: Effort) -> Result<Row> {
    let folder = tempfile::tempdir()?;
    let (skill, cache) = (journey::skill(language)?, folder.path().join("code"));
    let cold = start(&skill, &cache)?;
    ensure!(
        cold.compiled == 1,
        "{language}: an empty cache compiled {} components",
        cold.compiled
    );
    let (mut walls, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..(STARTS / effort.divide).max(3) {
        let start = start(&skill, &cache)?;
        ensure!(
            start.compiled == 0,
            "{language}: compiled with a warm cache"
        );
        walls.push(start.wall);
        costs.push(start.cpu);
    }
    let (wall, cpu) = (stats::median(walls), stats::median(costs));
    Ok(Row {
        name: format!("first call after a start, warm code cache, {language} (CPU)"),
        bare: format!("{wall:.1} ms wall"),
        metier: format!("{cpu:.1} ms CPU"),
        figure: cpu,
        unit: "ms",
        bar: FIRST,
        at_least: false,
    })
}

struct Start {
    wall: f64,
    cpu: f64,
    compiled: u64,
}

fn start(skill: &Path, cache: &Path) -> Result<Start> {
    let start = Instant::now();
    let output = Command::new(std::env::current_exe()?)
        .arg("greet-first")
        .args([skill, cache])
        .output()?;
    let wall = start.elapsed().as_secs_f64() * 1e3;
    ensure!(
        output.status.success(),
        "a first call failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let (compiled, cpu) = text.trim().split_once(' ').context("unexpected answer")?;
    Ok(Start {
        wall,
        cpu: cpu.parse()?,
        compiled: compiled.parse()?,
    })
}

/// Child: a host, one call; prints how many components it compiled and its milliseconds of processor time.
pub fn greet_first(skill: &Path, cache: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let compiled = runtime.block_on(async {
        let metier = Metier::with(std::fs::read(skill)?, 1, Some(cache), PORT).await?;
        metier.succeed("greet", ARGUMENTS).await?;
        anyhow::Ok(metier.compiled())
    })?;
    println!("{compiled} {}", stats::cpu().as_secs_f64() * 1e3);
    Ok(())
}

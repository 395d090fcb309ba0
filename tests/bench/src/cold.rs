//! The first call after a process starts, with compiled code on disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use wasmtime::component::Component;

use crate::bare::{self, Bare};
use crate::guests::{self, TYPED};
use crate::metier::{self, Metier};
use crate::payload::Arguments;
use crate::report::Row;
use crate::{Effort, stats};

/// Processes started per measurement.
const STARTS: u64 = 30;

/// Whole processes: bare, a host in this program, and the `metier` command.
pub fn measure(effort: Effort) -> Result<Vec<Row>> {
    let directory = tempfile::tempdir()?;
    let (skill, cwasm, cache) = prepare(directory.path())?;
    let starts = (STARTS / effort.divide).max(3);
    let me = std::env::current_exe()?;
    let arguments = Arguments::of_size(100).json();
    let (mut theirs, mut ours, mut command) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..starts {
        theirs.push(wall(Command::new(&me).arg("bare-first").arg(&cwasm))?);
        ours.push(wall(
            Command::new(&me).arg("host-first").arg(&skill).arg(&cache),
        )?);
        command.push(wall(
            Command::new(metier_command()?)
                .args(["call", "--output", "json"])
                .arg(&skill)
                .args(["summarize", "--json", &arguments])
                .env("XDG_CACHE_HOME", directory.path().join("cache-home"))
                .env("XDG_DATA_HOME", directory.path().join("data-home")),
        )?);
    }
    // The command's own first start compiled; it is the slowest and the median passes over it.
    let (theirs, ours, command) = (
        stats::median(theirs),
        stats::median(ours),
        stats::median(command),
    );
    let row = |name: &str, metier: f64, figure, unit, bar| Row {
        name: name.into(),
        bare: format!("{theirs:.1} ms"),
        metier: format!("{metier:.1} ms"),
        figure,
        unit,
        bar,
        at_least: false,
    };
    Ok(vec![
        row(
            "first call, whole process ÷ bare deserialize + call",
            ours,
            ours / theirs,
            "×",
            3.0,
        ),
        row("`metier call`, end to end", command, command, "ms", 30.0),
    ])
}

fn prepare(directory: &Path) -> Result<(PathBuf, PathBuf, PathBuf)> {
    let (skill, cwasm, cache) = (
        directory.join("bench.wasm"),
        directory.join("bench.cwasm"),
        directory.join("code"),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::fs::write(&skill, runtime.block_on(metier::pack(TYPED, "8099"))?)?;
    std::fs::write(
        &cwasm,
        bare::engine(1)?.precompile_component(&guests::component(TYPED)?)?,
    )?;
    host_first(&skill, &cache)?;
    Ok((skill, cwasm, cache))
}

fn wall(command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("cannot start")?;
    let elapsed = start.elapsed().as_secs_f64() * 1e3;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(elapsed)
}

/// The release build of the command, beside this program.
pub fn metier_command() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("metier");
    ensure!(
        path.is_file(),
        "{} is missing; run `cargo xtask bench`",
        path.display()
    );
    Ok(path)
}

/// Child: map, instantiate, call, end.
#[expect(
    unsafe_code,
    reason = "the reference maps what this program compiled a moment ago"
)]
pub fn bare_first(cwasm: &Path) -> Result<()> {
    let engine = bare::engine(1)?;
    // SAFETY: `prepare` wrote the file with the same wasmtime, into a directory of its own.
    let component = unsafe { Component::deserialize_file(&engine, cwasm) }?;
    let bare = Bare::of(&engine, &component, "summarize")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(bare.typed(&Arguments::of_size(100).items))
}

/// Child: a host with a warm cache.
pub fn host_first(skill: &Path, cache: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let metier = Metier::with(std::fs::read(skill)?, 1, Some(cache), "8099").await?;
        metier.summarize(&Arguments::of_size(100).json()).await
    })
}

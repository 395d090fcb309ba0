//! How long a model's first words take from the provider to the terminal.
//!
//! The provider is the emulator, in this process; `metier run` is the real command, on a terminal that `script` makes for it.
//! The clock starts when the emulator hands the first words to its connection and stops when they come out of the terminal,
//! so the kernel and `script` are in the figure.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use metier_emulator_models::{Answer, Emulator, KEY, Options};

use crate::Effort;
use crate::report::Row;
use crate::stats;

/// Runs, whatever the effort: a percentile of fewer says nothing.
const RUNS: usize = 60;

/// What the first words begin with; nothing else that is printed has it.
const WORDS: &str = "Herewith-the-first-words";

/// The bar, in milliseconds.
const BAR: f64 = 5.0;

const AGENT: &str = r#"
[agent]
name = "speaker"
version = "1.0.0"
description = "Speaks."
model = "main"
instructions = "Speak."
prompt = "Now."
max-tokens = 1000
"#;

/// Median and p99 of all runs.
pub fn measure(_: Effort) -> Result<Vec<Row>> {
    let emulator = Emulator::start(Options::default())?;
    let folder = tempfile::tempdir()?;
    prepare(folder.path(), &emulator)?;
    let metier = std::env::current_exe()?.with_file_name("metier");
    ensure!(metier.is_file(), "{} is missing", metier.display());
    // The first run compiles nothing that later ones would, but it makes the store.
    once(folder.path(), &metier, &emulator)?;
    let mut took = Vec::new();
    for _ in 0..RUNS {
        took.push(once(folder.path(), &metier, &emulator)?);
    }
    let row = |what: &str, figure: f64| Row {
        name: format!("first words from the provider to the terminal, {what}"),
        bare: "-".into(),
        metier: format!("{figure:.2} ms"),
        figure,
        unit: "ms",
        bar: BAR,
        at_least: false,
    };
    Ok(vec![
        row("median", stats::median(took.clone())),
        row("p99", stats::percentile(took, 0.99)),
    ])
}

fn prepare(folder: &Path, emulator: &Emulator) -> Result<()> {
    let routes = format!(
        "[routes.main]\ncandidates = [\"one\"]\n[candidates.one]\nformat = \"anthropic\"\nmodel = \"m\"\nbase-url = \"http://{}\"\n\
         credential = \"key\"\ncontext = 100_000\nmax-output = 4_000\nprice = {{ input = 1_000_000, output = 1_000_000 }}\n\
         [credentials.key]\nkind = \"api-key-header\"\nheader = \"x-api-key\"\nsecret = {{ env = \"KEY\" }}\n",
        emulator.addr()
    );
    std::fs::write(folder.join("agent.toml"), AGENT)?;
    std::fs::write(folder.join("routes.toml"), routes)?;
    Ok(())
}

/// Milliseconds of one run.
fn once(folder: &Path, metier: &Path, emulator: &Emulator) -> Result<f64> {
    let before = emulator.script().first_words().len();
    emulator.script().push(Answer::text(format!(
        "{WORDS} and more of them, which come later."
    )));
    let command = format!("{} run agent.toml", metier.display());
    let mut child = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--flush",
            "--command",
            &command,
            "/dev/null",
        ])
        .env("HOME", folder)
        .env("KEY", KEY)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("`script`, of util-linux, makes a terminal")?;
    let mut out = child.stdout.take().context("its output is piped")?;
    let (mut shown, mut piece) = (Vec::new(), [0; 4_096]);
    let mut heard = None;
    loop {
        let read = out.read(&mut piece)?;
        let now = Instant::now();
        if read == 0 {
            break;
        }
        shown.extend_from_slice(&piece[..read]);
        if heard.is_none() && String::from_utf8_lossy(&shown).contains(WORDS) {
            heard = Some(now);
        }
    }
    let status = child.wait()?;
    let text = String::from_utf8_lossy(&shown);
    ensure!(status.success(), "{command} failed: {text}");
    let said = emulator.script().first_words().get(before).copied();
    let said = said.context("the emulator was not asked")?;
    let heard = heard.with_context(|| format!("the words were not shown: {text}"))?;
    Ok(heard.duration_since(said).as_secs_f64() * 1_000.0)
}

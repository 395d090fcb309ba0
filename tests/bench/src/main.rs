//! The bars of the project, measured: every figure is a ratio from one run.
//!
//! `cargo xtask bench` builds the guests and runs this in release mode. What is compared with bare wasmtime alternates with
//! it, five times (whole processes thirty times), and the median is quoted, so that a noisy neighbour disturbs both alike. The table goes to standard output, the
//! raw numbers to `target/bench.json`.

mod bare;
mod cold;
mod fairness;
mod guests;
mod journey;
mod languages;
mod leak;
mod metier;
mod overhead;
mod payload;
mod report;
mod search;
mod serving;
mod stats;
mod streaming;
mod threads;
mod upstream;
mod waiting;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measure the bars.
#[derive(Parser)]
struct Arguments {
    /// Only these parts, by name.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Repetitions of each measurement; the median is quoted.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// A tenth of the work, to see that everything runs.
    #[arg(long)]
    quick: bool,
    /// Where the raw numbers go.
    #[arg(long, default_value = "target/bench.json")]
    json: PathBuf,
    #[command(subcommand)]
    child: Option<Child>,
}

/// Roles this program plays for itself in a process of its own.
#[derive(Subcommand)]
enum Child {
    /// Load a compiled component, call it once, end.
    #[command(hide = true)]
    BareFirst { cwasm: PathBuf },
    /// Start a host with a warm code cache, call once, end.
    #[command(hide = true)]
    HostFirst { skill: PathBuf, cache: PathBuf },
    /// Start a host, call `greet` once, print what was compiled and the processor time.
    #[command(hide = true)]
    GreetFirst { skill: PathBuf, cache: PathBuf },
    /// Serve what Metier is held against until killed.
    #[command(hide = true)]
    Native,
    /// Serve slow answers until standard input closes.
    #[command(hide = true)]
    Upstream { delay_ms: u64 },
    /// Hold calls waiting on a slow upstream and print what they cost.
    #[command(hide = true)]
    Waiting {
        calls: u32,
        delay_ms: u64,
        port: String,
        folder: PathBuf,
    },
    /// Make many calls and print the resident size before and after.
    #[command(hide = true)]
    Leak { warm: u64, calls: u64 },
}

/// How much work a run does.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Repetitions.
    pub repeat: usize,
    /// Divides the work of each.
    pub divide: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.child {
        Some(Child::BareFirst { cwasm }) => cold::bare_first(&cwasm),
        Some(Child::HostFirst { skill, cache }) => cold::host_first(&skill, &cache),
        Some(Child::GreetFirst { skill, cache }) => languages::greet_first(&skill, &cache),
        Some(Child::Native) => serving::native(),
        Some(Child::Upstream { delay_ms }) => upstream::serve(delay_ms),
        Some(Child::Waiting {
            calls,
            delay_ms,
            port,
            folder,
        }) => waiting::child(calls, delay_ms, &port, &folder),
        Some(Child::Leak { warm, calls }) => leak::child(warm, calls),
        None => measure(&arguments),
    }
}

fn measure(arguments: &Arguments) -> Result<()> {
    let effort = Effort {
        repeat: arguments.repeat,
        divide: if arguments.quick { 10 } else { 1 },
    };
    type Part = (&'static str, fn(Effort) -> Result<Vec<report::Row>>);
    let parts: [Part; 14] = [
        ("overhead", overhead::measure),
        ("threads", threads::measure),
        ("cold", cold::measure),
        ("waiting", waiting::measure),
        ("fairness", fairness::measure),
        ("leak", leak::measure),
        ("journeys", journey::measure),
        ("languages", languages::measure),
        ("streaming", streaming::measure),
        ("http", serving::http),
        ("mcp", serving::mcp),
        ("gateway", serving::gateway),
        ("crowd", serving::crowd),
        ("search", search::measure),
    ];
    let mut rows = Vec::new();
    for (name, part) in parts {
        if arguments.only.is_empty() || arguments.only.iter().any(|only| only == name) {
            report::progress(name);
            rows.extend(part(effort)?);
        }
    }
    report::print(&rows);
    report::write(&arguments.json, &rows)?;
    let missed = rows.iter().filter(|row| !row.met()).count();
    anyhow::ensure!(missed == 0, "{missed} of {} bars are missed", rows.len());
    Ok(())
}

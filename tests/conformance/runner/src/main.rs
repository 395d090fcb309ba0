//! `conformance`: check a skill of any language, row by row.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use metier_conformance::languages::{LANGUAGES, Language};
use metier_conformance::{report, rows, stage};

/// Check a skill of any language, row by row.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Call every tool of a built conformance skill and say which rows hold.
    Run {
        /// What `metier build` wrote.
        skill: PathBuf,
        /// The language it is written in.
        #[arg(long, value_parser = language)]
        language: &'static Language,
        /// Print one JSON object instead of a table.
        #[arg(long)]
        json: bool,
        /// Only the rows whose name contains this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Write the folder of a language's conformance skill, ready to be built.
    Stage {
        /// The language.
        #[arg(long, value_parser = language)]
        language: &'static Language,
        /// Where the folder `conformance` is written; one that is there is replaced.
        into: PathBuf,
    },
    /// Every row with what it checks.
    Rows,
}

fn language(name: &str) -> Result<&'static Language, String> {
    let found = LANGUAGES.iter().find(|language| language.name == name);
    found.ok_or_else(|| {
        let known: Vec<_> = LANGUAGES.iter().map(|language| language.name).collect();
        format!("one of {}", known.join(", "))
    })
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Run {
            skill,
            language,
            json,
            only,
        } => run(&skill, language, json, only.as_deref()),
        Command::Stage { language, into } => {
            let folder = stage::stage(language, &into)?;
            print(&folder.display().to_string());
            Ok(ExitCode::SUCCESS)
        }
        Command::Rows => {
            rows::all().for_each(|row| print(&format!("{:28} {}", row.name, row.what)));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run(
    skill: &std::path::Path,
    language: &'static Language,
    json: bool,
    only: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let bytes = std::fs::read(skill).with_context(|| skill.display().to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(report::run(bytes, language, only))?;
    match json {
        true => print(&serde_json::to_string_pretty(&report)?),
        false => print(&report.to_string()),
    }
    Ok(match report.holds() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

#[expect(clippy::print_stdout, reason = "printing is what a program is for")]
fn print(text: &str) {
    println!("{text}");
}

//! The account review of `examples/account-review` from end to end, with the command, skills and files a user has.

mod check;
mod crash;
mod metier;
mod readme;
mod review;
mod services;
mod stage;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde_json::json;

/// The account review from end to end, against emulators on loopback.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The repository.
    #[arg(long)]
    repository: PathBuf,
    /// Its target folder, with the skills.
    #[arg(long)]
    target: PathBuf,
    /// The command.
    #[arg(long)]
    metier: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run both forms, look at what came of them, and replay them.
    Check {
        /// A Python that has python-pptx, to read the decks.
        #[arg(long)]
        python: Option<PathBuf>,
        /// Write `examples/account-review/recorded` anew.
        #[arg(long)]
        bless: bool,
    },
    /// Put the example and its services on stage, say in one line of JSON what their user's environment holds, and keep
    /// the services running until standard input ends.
    Stage {
        /// Where to.
        folder: PathBuf,
    },
    /// Kill a review at every point of its way, and go on with it.
    Crash {
        /// Agent or chain.
        #[arg(long, value_enum)]
        form: review::Form,
        /// Try every so-manieth point only.
        #[arg(long, default_value_t = 1)]
        every: usize,
        /// Reviews at once.
        #[arg(long, default_value_t = 2)]
        threads: usize,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Check { python, bless } => check::Check {
            program: &arguments.metier,
            repository: &arguments.repository,
            target: &arguments.target,
            python,
            bless,
        }
        .all(),
        Command::Stage { folder } => {
            let stage = stage::Stage::set(&folder, &arguments.repository, &arguments.target)?;
            let services = services::Services::start()?;
            stage.lead_to(&services, &arguments.repository)?;
            let environment: BTreeMap<_, _> = services.environment().into_iter().collect();
            print(&json!({ "environment": environment }).to_string())?;
            std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
            Ok(())
        }
        Command::Crash {
            form,
            every,
            threads,
        } => {
            let trial = crash::Trial {
                program: &arguments.metier,
                repository: &arguments.repository,
                target: &arguments.target,
                form,
            };
            let report = trial.exhaust(every, threads)?;
            print(&format!("{report}"))?;
            anyhow::ensure!(report.killed > 0, "no review was killed: nothing was tried");
            anyhow::ensure!(
                report.wrong.is_empty(),
                "{} of {} points ended otherwise",
                report.wrong.len(),
                report.points
            );
            Ok(())
        }
    }
}

/// One line, now: whoever reads it waits for it.
fn print(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

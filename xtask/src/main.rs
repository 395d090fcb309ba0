//! Build, test, demo, interop and bench from one command.
//!
//! `cargo xtask NAME` is the only build tool of the repository. Each command is one module;
//! each step it takes is printed with the command line behind it and the time it took, and a
//! failing step says how to run it again by hand.
//!
//! *Architecture invariant*: xtask depends on no crate of this workspace and on small crates
//! only, so that it compiles in seconds. It runs `metier` the way a user does.

mod bench;
mod check;
mod cmd;
mod demo;
mod deny;
mod emulator;
mod fuzz;
mod guests;
mod interop;
mod postgres;
mod repo;
mod report;
mod skills;
mod test;
mod toolchain;
mod tools;
mod vendor_wit;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Build, test and show Metier.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Format, lints, licences and bans, docs, vendored WIT: everything but the tests
    Check,
    /// Every test: builds the guests first; further arguments go to `cargo test`
    Test(test::Args),
    /// A skill at work in the sandbox, what it is refused, and an account review from end to end
    Demo(demo::Args),
    /// Other languages and unmodified public programs on the other side
    Interop(interop::Args),
    /// The bars of the project, measured; further arguments go to the benchmark
    Bench(bench::Args),
    /// What holds for any bytes, tried on bytes nobody thought of
    Fuzz(fuzz::Args),
    /// Build and pack the guest components
    Guests(guests::Args),
    /// Build every skill the project ships, those in other languages too
    Skills,
    /// Refresh `wit/deps` from the pinned wasmtime release
    VendorWit(vendor_wit::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let repo = repo::Repo::find()?;
    match command {
        Command::Check => check::run(&repo),
        Command::Test(args) => test::run(&repo, &args),
        Command::Demo(args) => demo::run(&repo, &args),
        Command::Interop(args) => interop::run(&repo, &args),
        Command::Bench(args) => bench::run(&repo, &args),
        Command::Fuzz(args) => fuzz::run(&repo, &args),
        Command::Guests(args) => guests::run(&repo, &args).map(drop),
        Command::Skills => skills::run(&repo),
        Command::VendorWit(args) => vendor_wit::run(&repo, &args),
    }
}

//! `cargo xtask bench`: the bars of the project, measured in a release build.

use anyhow::Result;

use crate::guests;
use crate::repo::Repo;

/// Arguments of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Passed to the benchmark; `-- --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Builds the guests, then builds and runs the benchmark.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    let only = Some(guests::BENCH.to_owned());
    guests::run(repo, &guests::Args { only })?;
    // The command is measured too, from beside the benchmark.
    repo.cargo()
        .args([
            "build",
            "--release",
            "--package",
            "metier-cli",
            "--package",
            "metier-bench",
        ])
        .step("build the benchmark and the command")?;
    repo.cargo()
        .args(["run", "--release", "--package", "metier-bench", "--"])
        .args(&args.args)
        .last_step("bench")
}

//! `cargo xtask bench`: the bars of the project, measured in a release build.

use anyhow::{Context, Result};

use crate::cmd::Cmd;
use crate::guests;
use crate::interop::Tools;
use crate::repo::Repo;

/// Arguments of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Measure the store and durable runs, and nothing else
    #[arg(long)]
    store: bool,
    /// Passed to the benchmark; `-- --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Builds the guests, installs the languages' tools, then builds and runs the benchmark; the store has one of its own.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    if !args.store {
        calls(repo, args)?;
    }
    let store = ["bench", "--package", "metier-store", "--bench", "store"];
    let store = repo.cargo().args(store).step("bench the store");
    let runs = ["bench", "--package", "metier-agent", "--bench", "runs"];
    let runs = repo.cargo().args(runs).last_step("bench runs");
    // A bar that one of them misses is no reason not to measure the other.
    store.and(runs)
}

fn calls(repo: &Repo, args: &Args) -> Result<()> {
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
    let tools = Tools::new(repo);
    let python = tools.python()?;
    let mcp = tools.npm("tests/interop/mcp/npm", "interop/mcp")?;
    let peers = repo.path("tests/bench/peers");
    // A module finds its packages beside itself.
    let beside = mcp.parent().context("a folder")?;
    std::fs::copy(peers.join("mcp_server.mjs"), beside.join("mcp_server.mjs"))?;
    // Not through `cargo run`: it would put its own variables before the skills' `cargo build`.
    Cmd::new(repo.target("release/metier-bench"))
        .args(&args.args)
        .dir(repo.root())
        .env("PATH", tools.path()?)
        .env("NODE_PATH", tools.node_modules()?)
        .env("BENCH_PYTHON", python)
        .env("BENCH_NODE", mcp.join("node/bin/node"))
        .env("BENCH_PEERS", peers)
        .env("BENCH_MCP", beside)
        .env("CARGO_TARGET_DIR", repo.target(""))
        .last_step("bench")
}

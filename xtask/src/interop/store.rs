//! The store and durable runs on a real PostgreSQL, both engines under `kill -9`, and thousands of simulations of hosts that both think
//! they own a run.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::postgres;
use crate::repo::Repo;

/// Simulations of hosts at every push; ten thousand take minutes and are run by name ([`every_simulation`]).
const SIMULATIONS: &str = "3000";

/// Installs PostgreSQL if need be, runs the conformance suite on it, and kills processes and servers at work.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    if postgres::programs().is_none() {
        tools.debian(&["postgresql"])?;
    }
    postgres::conformance(repo)?.step("test the store on PostgreSQL")?;
    postgres::tests(repo)?
        .args(["--ignored", "chaos", "--test-threads=1"])
        .step("kill hosts and databases at work")?;
    let runs = repo.tests("metier-agent")?;
    runs.clone()
        .args(["--ignored", "--test-threads=1"])
        .step("durable runs on PostgreSQL, and their hosts killed at work")?;
    simulated(runs, SIMULATIONS)
}

/// Ten thousand simulations.
pub fn every_simulation(repo: &Repo, _: &Tools<'_>) -> Result<()> {
    simulated(repo.tests("metier-agent")?, "10000")
}

fn simulated(runs: Cmd, simulations: &str) -> Result<()> {
    runs.args(["zombies", "--nocapture"])
        .env("METIER_SIMULATIONS", simulations)
        .step("simulate hosts that stand still, die and come back")
}

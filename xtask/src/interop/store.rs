//! The store on a real PostgreSQL, and both engines under `kill -9`.

use anyhow::Result;

use super::Tools;
use crate::postgres;
use crate::repo::Repo;

/// Installs PostgreSQL if need be, runs the conformance suite on it, and kills processes and servers at work.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    if postgres::programs().is_none() {
        tools.debian(&["postgresql"])?;
    }
    postgres::conformance(repo).step("test the store on PostgreSQL")?;
    postgres::tests(repo)
        .args(["--", "--ignored", "chaos", "--test-threads=1"])
        .step("kill hosts and databases at work")
}

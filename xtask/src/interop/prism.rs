//! Requests made from real descriptions, judged by Prism mocking the same descriptions.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;

/// The sample of `tests/prism`, with Prism and the descriptions from npm.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let modules = tools.node_modules()?;
    Cmd::new(repo.program("metier-prism")?)
        .arg(modules)
        .step("500 operations of at least 100 public descriptions against Prism")
}

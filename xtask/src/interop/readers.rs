//! A packed skill is an ordinary component: public tools that never heard of Metier read it.

use anyhow::{Result, ensure};

use super::Tools;
use crate::cmd::Cmd;
use crate::guests;
use crate::repo::Repo;

/// Reads the packed Salesforce skill with `jco`.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let skill = repo.target("skills/salesforce.wasm");
    guests::run(
        repo,
        &guests::Args {
            only: Some("salesforce".to_owned()),
        },
    )?;
    let wit = Cmd::new("jco")
        .arg("wit")
        .arg(&skill)
        .env("PATH", tools.path()?)
        .read()?;
    ensure!(
        wit.contains("export query: func(soql: string"),
        "`jco wit` does not show the tools of {}:\n{wit}",
        skill.display()
    );
    Ok(())
}

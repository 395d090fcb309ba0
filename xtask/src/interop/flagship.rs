//! The account review of `examples/account-review`, from end to end and killed on its way.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::skills;

/// What kills a process at a system call.
const DEBIAN: &[&str] = &["strace"];

/// Of the points at which a review is killed, every fifth: about ninety of both forms. [`every_point`] tries the others, too.
const SOME: &str = "5";

/// Both forms, from end to end, and killed at some points of their way.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let flagship = prepared(repo, tools)?;
    flagship
        .clone()
        .arg("check")
        .arg("--python")
        .arg(tools.python()?)
        .step("an account review, as an agent and as a chain")?;
    killed(&flagship, SOME)
}

/// Both forms, killed at every point of their way.
pub fn every_point(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    killed(&prepared(repo, tools)?, "1")
}

fn prepared(repo: &Repo, tools: &Tools<'_>) -> Result<Cmd> {
    tools.debian(DEBIAN)?;
    skills::run(repo)?;
    flagship(repo)
}

fn killed(flagship: &Cmd, every: &str) -> Result<()> {
    for form in ["chain", "agent"] {
        flagship
            .clone()
            .args(["crash", "--form", form, "--every", every])
            .step(&format!("an account review by {form}, killed on its way"))?;
    }
    Ok(())
}

/// The program that does it.
pub fn flagship(repo: &Repo) -> Result<Cmd> {
    Ok(Cmd::new(repo.program("metier-flagship")?)
        .arg("--repository")
        .arg(repo.root())
        .arg("--target")
        .arg(repo.target(""))
        .arg("--metier")
        .arg(repo.program("metier")?))
}

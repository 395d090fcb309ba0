//! The account review of `examples/account-review`, from end to end and killed at every point of its way.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::skills;

/// What kills a process at a system call.
const DEBIAN: &[&str] = &["strace"];

/// Both forms.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    tools.debian(DEBIAN)?;
    skills::run(repo)?;
    flagship(repo)?
        .arg("check")
        .arg("--python")
        .arg(tools.python()?)
        .step("an account review, as an agent and as a chain")?;
    for form in ["chain", "agent"] {
        flagship(repo)?
            .args(["crash", "--form", form])
            .step(&format!(
                "an account review by {form}, killed at every point of its way"
            ))?;
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

//! What a packed skill carries is enough to test it: `metier test FILE`, without its folder.

use anyhow::{Result, ensure};

use super::workspaces;
use crate::cmd::Cmd;
use crate::repo::Repo;

/// Runs what was recorded for each skill that [`super::run`] packed and that has recordings.
pub fn replay(repo: &Repo) -> Result<()> {
    let metier = repo.program("metier")?;
    let mut skills = 0;
    for workspace in workspaces(repo)? {
        for package in workspace.packages(repo)? {
            if package.dir.join("fixtures").is_dir() {
                Cmd::new(&metier)
                    .arg("test")
                    .arg(repo.target("skills").join(package.skill_file()))
                    .step(&format!("run what was recorded for {}", package.name))?;
                skills += 1;
            }
        }
    }
    ensure!(skills > 0, "no shipped skill has fixtures");
    Ok(())
}

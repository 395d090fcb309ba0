//! An unpacked skill is an ordinary Agent Skill, and the whole of it: the format's reference validator accepts the folder,
//! and `metier build` makes the same file of it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::Tools;
use crate::cmd::Cmd;
use crate::guests;
use crate::repo::Repo;
use crate::report;

/// Packs the shipped skills in Rust and checks each.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let mut skills = 0;
    for workspace in guests::workspaces(repo)? {
        let name = workspace.name();
        if repo.path("skills").join(name).join("SKILL.md").is_file() {
            let only = Some(name.to_owned());
            for skill in guests::run(repo, &guests::Args { only })? {
                check(repo, tools, &skill)?;
                skills += 1;
            }
        }
    }
    ensure!(skills > 0, "no shipped skill has a SKILL.md");
    Ok(())
}

/// Unpacks one skill, has the folder validated, and builds it again.
pub fn check(repo: &Repo, tools: &Tools<'_>, skill: &Path) -> Result<()> {
    let metier = repo.program("metier")?;
    let folder = unpacked(repo, &metier, skill)?;
    Cmd::new(tools.python()?)
        .args(["-m", "skills_ref.cli", "validate"])
        .arg(&folder)
        .read()?;
    let again = folder.with_extension("wasm");
    Cmd::new(&metier)
        .arg("build")
        .arg(&folder)
        .arg("-o")
        .arg(&again)
        .read()?;
    ensure!(
        std::fs::read(&again)? == std::fs::read(skill)?,
        "{} is not {}, which it was unpacked from",
        again.display(),
        skill.display()
    );
    report::note(&format!(
        "{} is the same file again, and its folder an Agent Skill",
        skill.display()
    ));
    Ok(())
}

/// A folder that is called as the skill is.
fn unpacked(repo: &Repo, metier: &Path, skill: &Path) -> Result<PathBuf> {
    let name = skill.file_stem().context("a skill's file has a name")?;
    let home = repo.target("interop/skills-ref");
    let folder = home.join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&home)?;
    Cmd::new(metier)
        .arg("unpack")
        .arg(skill)
        .arg("-o")
        .arg(&folder)
        .read()?;
    Ok(folder)
}

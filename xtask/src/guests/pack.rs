//! From a component to a skill, when something it is made of has changed.
//!
//! A package with a `SKILL.md` is a skill's folder, and `metier build` makes the file: it carries what its author's own
//! build would. A test guest has no words for a model, and `metier pack` puts its parts together.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use super::Package;
use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// The words a model reads; a folder with them is a skill's.
const SKILL_MD: &str = "SKILL.md";

/// Packs every package that has a manifest; returns the skill files.
pub fn all(repo: &Repo, packages: &[Package]) -> Result<Vec<PathBuf>> {
    let skills: Vec<&Package> = packages
        .iter()
        .filter(|package| package.dir.join("skill.toml").is_file())
        .collect();
    if skills.is_empty() {
        return Ok(Vec::new());
    }
    let metier = repo.program("metier")?;
    let folder = repo.target("skills");
    std::fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let mut made = Vec::new();
    for skill in skills {
        let out = folder.join(skill.skill_file());
        if made.contains(&out) {
            bail!(
                "two skills would be packed into {}; rename a folder",
                out.display()
            );
        }
        pack(&metier, skill, &out)?;
        made.push(out);
    }
    Ok(made)
}

fn pack(metier: &Path, skill: &Package, out: &Path) -> Result<()> {
    // The whole folder: a file that is gone has changed the folder it was in.
    let inputs = [metier, &skill.component, &skill.dir].map(Path::to_owned);
    if up_to_date(out, &inputs)? {
        report::note(&format!("{} is up to date", out.display()));
        return Ok(());
    }
    let metier = Cmd::new(metier);
    let cmd = match skill.dir.join(SKILL_MD).is_file() {
        true => built(metier, skill),
        false => put_together(metier, skill),
    };
    let title = format!("pack {}", skill.name);
    cmd.arg("-o").arg(out).step(&title)
}

/// The folder with the component that is built already.
fn built(metier: Cmd, skill: &Package) -> Cmd {
    metier
        .arg("build")
        .arg(&skill.dir)
        .arg("--component")
        .arg(&skill.component)
}

/// The component with the manifest and, where it is whole, the WIT.
fn put_together(metier: Cmd, skill: &Package) -> Cmd {
    let cmd = metier
        .arg("pack")
        .arg(&skill.component)
        .arg("--manifest")
        .arg(skill.dir.join("skill.toml"));
    let wit = skill.dir.join("wit");
    // A WIT folder without its dependencies is half a package: a test guest's other half is the repository's.
    match wit.join("deps").exists() {
        true => cmd.arg("--wit").arg(wit),
        false => cmd,
    }
}

/// Whether `out` is there and younger than everything it is made of.
pub fn up_to_date(out: &Path, inputs: &[PathBuf]) -> Result<bool> {
    let Ok(made) = out.metadata().and_then(|m| m.modified()) else {
        return Ok(false);
    };
    for input in inputs {
        if newest(input)? >= made {
            return Ok(false);
        }
    }
    Ok(true)
}

/// When a file, or anything in a folder, last changed.
fn newest(path: &Path) -> Result<SystemTime> {
    let meta = std::fs::metadata(path).with_context(|| format!("read {}", path.display()))?;
    let mut newest = meta.modified()?;
    if meta.is_dir() {
        for entry in std::fs::read_dir(path)? {
            newest = newest.max(self::newest(&entry?.path())?);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests;

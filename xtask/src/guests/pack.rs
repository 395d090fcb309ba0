//! From a component to a skill: `metier pack`, when something it is made of has changed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use super::Package;
use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

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
    let manifest = skill.dir.join("skill.toml");
    let mut inputs = vec![metier.to_owned(), skill.component.clone(), manifest.clone()];
    let mut cmd = Cmd::new(metier)
        .arg("pack")
        .arg(&skill.component)
        .arg("--manifest")
        .arg(manifest);
    for (flag, name) in [("--skill-md", "SKILL.md"), ("--wit", "wit")] {
        let path = skill.dir.join(name);
        // A WIT folder without its dependencies is half a package: a test guest's other half is the repository's.
        let is_whole = name != "wit" || path.join("deps").exists();
        if path.exists() && is_whole {
            cmd = cmd.arg(flag).arg(&path);
            inputs.push(path);
        }
    }
    if up_to_date(out, &inputs)? {
        report::note(&format!("{} is up to date", out.display()));
        return Ok(());
    }
    let title = format!("pack {}", skill.name);
    cmd.arg("-o").arg(out).step(&title)
}

/// Whether `out` is there and younger than everything it is made of.
fn up_to_date(out: &Path, inputs: &[PathBuf]) -> Result<bool> {
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

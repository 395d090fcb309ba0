//! `cargo xtask skills`: every skill the project ships, built as its author builds it, in `target/skills`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::cmd::Cmd;
use crate::guests;
use crate::interop::{Tools, powerpoint};
use crate::repo::Repo;

/// Builds them all; those in Rust are packed with the guests.
pub fn run(repo: &Repo) -> Result<()> {
    guests::run(repo, &guests::Args::default())?;
    described(repo)?;
    powerpoint(repo)
}

/// The skills made of descriptions: folders with a plan, and no code.
pub fn described(repo: &Repo) -> Result<()> {
    let metier = repo.program("metier")?;
    let out = repo.target("skills");
    std::fs::create_dir_all(&out)?;
    for folder in folders(repo)? {
        if !folder.join("selection.toml").is_file() {
            continue;
        }
        let name = folder.file_name().context("a skill's folder has a name")?;
        Cmd::new(&metier)
            .arg("build")
            .arg(&folder)
            .arg("-o")
            .arg(out.join(name).with_extension("wasm"))
            .step(&format!("build {}", name.to_string_lossy()))?;
    }
    Ok(())
}

/// The one in JavaScript, with Node.js and what it takes from npm.
fn powerpoint(repo: &Repo) -> Result<()> {
    let built = powerpoint::built(repo, &Tools::new(repo))?;
    copy(&built, &repo.target("skills/powerpoint.wasm"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).with_context(|| format!("copy {}", from.display()))?;
    Ok(())
}

fn folders(repo: &Repo) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(repo.path("skills"))? {
        let path = entry?.path();
        if path.join("skill.toml").is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

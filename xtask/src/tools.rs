//! Tools of other people, at pinned versions under the target folder, installed when they are first needed.

use std::path::PathBuf;

use anyhow::Result;

use crate::cmd::Cmd;
use crate::repo::Repo;

/// The path of `name`, a cargo subcommand of exactly this version; built without optimisation, which is quicker.
pub fn cargo_subcommand(repo: &Repo, name: &str, version: &str) -> Result<PathBuf> {
    let root = repo.target("tools");
    let bin = root
        .join("bin")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let wanted = format!("{name} {version}");
    let is_there = Cmd::new(&bin).arg("--version").read();
    if is_there.is_ok_and(|version| version.trim() == wanted) {
        return Ok(bin);
    }
    Cmd::new("cargo")
        .args(["install", "--quiet", "--locked", "--debug", name])
        .args(["--version", version, "--root"])
        .arg(&root)
        .arg("--target-dir")
        .arg(root.join("build"))
        .step(&format!("install {wanted} under {}", root.display()))?;
    Ok(bin)
}

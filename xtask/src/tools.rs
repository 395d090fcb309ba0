//! Tools of other people that cargo installs, at pinned versions in the user's cache folder, when they are first needed: the next
//! checkout has them already.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::cmd::Cmd;

/// A program of the crate registry.
pub struct Program {
    /// The crate it is in.
    pub package: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Exactly this one.
    pub version: &'static str,
    /// Further arguments of `cargo install`: only the features that are used.
    pub args: &'static [&'static str],
}

impl Program {
    /// Where it is, installed; built without optimisation, which is quicker.
    pub fn installed(&self) -> Result<PathBuf> {
        let root = self.root()?;
        let file = format!("{}{}", self.name, std::env::consts::EXE_SUFFIX);
        let program = root.join("bin").join(file);
        let version = Cmd::new(&program).arg("--version").read();
        if version.is_ok_and(|version| version.contains(self.version)) {
            return Ok(program);
        }
        let build = root.join("build");
        Cmd::new("cargo")
            .args(["install", "--quiet", "--locked", "--debug", "--force"])
            .args([self.package, "--version", self.version])
            .args(["--config", "profile.dev.debug=0"])
            .args(self.args)
            .arg("--root")
            .arg(&root)
            .arg("--target-dir")
            .arg(&build)
            .step(&format!(
                "install {} {} under {}",
                self.package,
                self.version,
                root.display()
            ))?;
        // What it was built of is never built again.
        std::fs::remove_dir_all(&build).with_context(|| format!("remove {}", build.display()))?;
        Ok(program)
    }

    /// Forgets what is installed, so that it is installed again.
    pub fn forget(&self) -> Result<()> {
        let root = self.root()?;
        match root.exists() {
            true => {
                std::fs::remove_dir_all(&root).with_context(|| format!("remove {}", root.display()))
            }
            false => Ok(()),
        }
    }

    fn root(&self) -> Result<PathBuf> {
        Ok(cache()?.join(format!("{}-{}", self.package, self.version)))
    }
}

/// `$XDG_CACHE_HOME/metier/tools`, in `~/.cache` where that says nothing.
fn cache() -> Result<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let named = named.filter(|folder| folder.is_absolute());
    let folder = match named {
        Some(folder) => folder,
        None => {
            let home = std::env::var_os("HOME").context("HOME says where the cache folder is")?;
            PathBuf::from(home).join(".cache")
        }
    };
    Ok(folder.join("metier/tools"))
}

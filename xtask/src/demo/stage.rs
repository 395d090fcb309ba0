//! The demo's stage: a temporary home with the skills and nothing of the real one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::cmd::{Cmd, quote};
use crate::emulator::Emulator;
use crate::repo::Repo;
use crate::report;

/// The files on stage. Command lines name them without a folder.
pub const SKILL: &str = "salesforce.wasm";

/// A temporary folder that is home, configuration and working folder at once.
pub struct Stage {
    dir: TempDir,
    metier: PathBuf,
}

impl Stage {
    /// Copies the skills in.
    pub fn set(repo: &Repo, metier: PathBuf, _salesforce: &Emulator) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("metier-demo-").tempdir()?;
        let stage = Self { dir, metier };
        stage.copy(&repo.target("skills").join(SKILL), SKILL)?;
        Ok(stage)
    }

    /// A file on stage.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `metier`, in the stage's folder, with every folder it may use inside it.
    pub fn metier(&self) -> Cmd {
        let home = self.dir.path();
        let xdg = [
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_STATE_HOME", ".local/state"),
        ];
        let cmd = Cmd::new(&self.metier).dir(home).env("HOME", home);
        xdg.into_iter()
            .fold(cmd, |cmd, (key, folder)| cmd.env(key, home.join(folder)))
    }

    /// The command line a person would type for these arguments.
    pub fn as_typed(&self, args: &[&str]) -> String {
        let words: Vec<String> = args.iter().map(|arg| quote(arg)).collect();
        format!("metier {}", words.join(" "))
    }

    /// Leaves the folder behind and says where it is.
    pub fn keep(self) {
        let kept = self.dir.keep();
        report::note(&format!("kept {}", kept.display()));
    }

    fn copy(&self, from: &Path, name: &str) -> Result<()> {
        std::fs::copy(from, self.path(name))
            .with_context(|| format!("copy {}", from.display()))
            .map(drop)
    }
}

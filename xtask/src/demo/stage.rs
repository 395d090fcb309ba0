//! The demo's stage: a temporary home with the skills and nothing of the real one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::cmd::{Cmd, quote};
use crate::repo::Repo;
use crate::report;

/// The files on stage. Command lines name them without a folder.
pub const SKILL: &str = "salesforce.wasm";
/// One of the guests of the end-to-end tests.
pub const HOSTILE: &str = "hostile.wasm";

/// A temporary folder that is home, configuration and working folder at once.
pub struct Stage {
    dir: TempDir,
    metier: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Stage {
    /// Builds `metier` and copies the skills in.
    pub fn set(repo: &Repo) -> Result<Self> {
        let metier = repo.program("metier")?;
        let dir = tempfile::Builder::new().prefix("metier-demo-").tempdir()?;
        let stage = Self {
            dir,
            metier,
            environment: BTreeMap::new(),
        };
        for skill in [SKILL, HOSTILE] {
            let packed = repo.target("skills").join(skill);
            std::fs::copy(&packed, stage.path(skill))
                .with_context(|| format!("copy {}", packed.display()))?;
        }
        Ok(stage)
    }

    /// Puts variables into the environment of `metier`.
    pub fn give(&mut self, environment: &BTreeMap<String, String>) {
        self.environment.extend(environment.clone());
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
        let given = self.environment.iter();
        let cmd = given.fold(cmd, |cmd, (name, value)| cmd.env(name, value));
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

    /// Writes a file onto the stage.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }
}

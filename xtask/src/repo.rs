//! Where things are: the checkout and cargo's target folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cmd::Cmd;

/// The checkout and its target folder, both absolute.
pub struct Repo {
    root: PathBuf,
    target: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

impl Repo {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and `.cargo/config.toml` are honoured.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in the workspace's root")?
            .to_owned();
        let json = Cmd::new("cargo")
            .args(["metadata", "--no-deps", "--format-version=1"])
            .arg("--manifest-path")
            .arg(root.join("Cargo.toml"))
            .read()?;
        let metadata: Metadata = serde_json::from_str(&json)?;
        Ok(Self {
            root,
            target: metadata.target_directory,
        })
    }

    /// The root of the checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the checkout.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A path inside cargo's target folder.
    pub fn target(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.target.join(relative)
    }

    /// `cargo`, run in the root of the checkout.
    pub fn cargo(&self) -> Cmd {
        Cmd::new("cargo").dir(&self.root)
    }

    /// Builds the programs of the workspace (unoptimised) and returns the path of one.
    ///
    /// All at once, because cargo chooses features for the packages it is asked for together: asked for one, it would
    /// build the sandbox a second time for the tests.
    pub fn program(&self, bin: &str) -> Result<PathBuf> {
        self.cargo()
            .args(["build", "--quiet", "--bins"])
            .args([
                "--package",
                "metier-cli",
                "--package",
                "metier-emulator-salesforce",
                "--package",
                "metier-emulator-jira",
                "--package",
                "metier-emulator-calendar",
                "--package",
                "metier-emulator-models",
                "--package",
                "metier-conformance",
                "--package",
                "metier-prism",
                "--package",
                "metier-flagship",
            ])
            .step("build the programs")?;
        let name = format!("{bin}{}", std::env::consts::EXE_SUFFIX);
        Ok(self.target("debug").join(name))
    }
}

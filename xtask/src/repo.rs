//! Where things are: the checkout and cargo's target folder.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cmd::Cmd;

/// The checkout and its target folder, both absolute.
pub struct Repo {
    root: PathBuf,
    target: PathBuf,
    /// Whether the programs were built.
    programs: AtomicBool,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

/// What cargo says of something it built.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
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
            programs: AtomicBool::new(false),
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

    /// Builds every test of the workspace; the command that did.
    pub fn build_tests(&self) -> Result<Cmd> {
        let build = self.cargo().args(["test", "--workspace", "--no-run"]);
        build.clone().arg("--quiet").step("build the tests")?;
        Ok(build)
    }

    /// The integration tests of a package, as `cargo test --workspace` builds them.
    ///
    /// Not `cargo test --package`: asked for one package, cargo chooses features for it alone, and builds half of its
    /// dependencies a second time.
    pub fn tests(&self, package: &str) -> Result<Cmd> {
        let json = self
            .build_tests()?
            .args(["--quiet", "--message-format=json-render-diagnostics"])
            .read()?;
        let dir = self
            .path("host")
            .join(package.trim_start_matches("metier-"));
        let manifest = dir.join("Cargo.toml");
        for line in json.lines() {
            let message: Message = serde_json::from_str(line)?;
            if let (Some(target), Some(path), Some(program)) =
                (message.target, message.manifest_path, message.executable)
                && target.name == "all"
                && target.kind == ["test"]
                && path == manifest
            {
                return Ok(Cmd::new(program).dir(&dir));
            }
        }
        bail!("{package} has no integration tests called `all`")
    }

    /// Builds the programs of the workspace (unoptimised) and returns the path of one.
    ///
    /// Always the whole workspace, because cargo chooses features for the packages it is asked for together: asked for some, it
    /// would build what they stand on a second time. `tests/e2e` asks for what only tests want, for the same reason.
    pub fn program(&self, bin: &str) -> Result<PathBuf> {
        if !self.programs.load(Relaxed) {
            self.cargo()
                .args(["build", "--quiet", "--workspace", "--bins"])
                .step("build the programs")?;
            self.programs.store(true, Relaxed);
        }
        let name = format!("{bin}{}", std::env::consts::EXE_SUFFIX);
        Ok(self.target("debug").join(name))
    }
}

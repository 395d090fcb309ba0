//! Guest workspaces: where they are, and what each of their packages becomes.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::toolchain::{self, GUEST_TARGET};

/// Folders that are a guest workspace, or hold some.
pub const ROOTS: [&str; 4] = ["skills", "examples", "tests/guests", "tests/bench-guests"];

/// The workspace only the benchmark needs.
pub const BENCH: &str = "bench-guests";

/// A folder with its own `Cargo.toml`, `Cargo.lock` and target folder.
pub struct Workspace {
    name: String,
    dir: PathBuf,
    is_test_guests: bool,
}

impl Workspace {
    /// The name of its folder, unique among the guest workspaces.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has native unit tests. The guests under `tests/` have none: they are tests.
    pub fn has_unit_tests(&self) -> bool {
        !self.is_test_guests
    }

    /// `cargo`, in its folder and with its own target folder.
    pub fn cargo(&self, repo: &Repo) -> Cmd {
        Cmd::new("cargo")
            .dir(&self.dir)
            .env("CARGO_TARGET_DIR", self.target(repo))
    }

    /// The same with a target folder that all of them share: for what leaves nothing to be picked up there, so that what
    /// they all stand on is built once.
    pub fn cargo_together(&self, repo: &Repo) -> Cmd {
        self.cargo(repo)
            .env("CARGO_TARGET_DIR", repo.target("guests/together"))
    }

    fn target(&self, repo: &Repo) -> PathBuf {
        repo.target("guests").join(&self.name)
    }

    /// Builds one of its packages, or all of them.
    pub fn build(&self, repo: &Repo, package: Option<&str>) -> Result<()> {
        toolchain::ensure_guest_target(repo)?;
        let mut cargo = self.cargo(repo);
        if !self.is_test_guests {
            cargo = cargo.env("CARGO_ENCODED_RUSTFLAGS", self.remapped(repo)?);
        }
        cargo
            .args(["build", "--release", "--target", GUEST_TARGET])
            .args(package.into_iter().flat_map(|name| ["--package", name]))
            .step(&format!(
                "build the guest {}",
                package.unwrap_or(&self.name)
            ))
    }

    /// Compiler flags under which a skill's bytes do not depend on where the checkout and cargo's folders are.
    fn remapped(&self, repo: &Repo) -> Result<String> {
        let home = env::home_dir().map(|home| home.join(".cargo"));
        let cargo = env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
        let sources = cargo
            .context("cargo's folder is not known: set CARGO_HOME")?
            .join("registry/src");
        // The folder of a registry is called after its address, which a mirror changes; it is there once crates are.
        self.cargo(repo).args(["fetch", "--quiet"]).read()?;
        let mut flags = vec![remap(repo.root(), "/metier")];
        for entry in
            std::fs::read_dir(&sources).with_context(|| format!("read {}", sources.display()))?
        {
            flags.push(remap(&entry?.path(), "/crates"));
        }
        flags.sort();
        // Between flags stands a unit separator: paths may have spaces.
        Ok(flags.join("\u{1f}"))
    }

    /// Its packages that become a component.
    pub fn packages(&self, repo: &Repo) -> Result<Vec<Package>> {
        let json = Cmd::new("cargo")
            .args(["metadata", "--no-deps", "--format-version=1"])
            .dir(&self.dir)
            .read()?;
        let metadata: Metadata = serde_json::from_str(&json)?;
        let release = self.target(repo).join(GUEST_TARGET).join("release");
        let packages = metadata.packages.into_iter();
        Ok(packages.filter_map(|p| p.component(&release)).collect())
    }
}

fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}={to}", from.display())
}

/// Every guest workspace, in a fixed order.
pub fn workspaces(repo: &Repo) -> Result<Vec<Workspace>> {
    let mut found: Vec<Workspace> = Vec::new();
    for root in ROOTS {
        for dir in workspace_dirs(&repo.path(root))? {
            let name = dir.file_name().unwrap_or_default().to_string_lossy();
            if let Some(twin) = found.iter().find(|w| w.name == name) {
                bail!(
                    "{} and {} would share a target folder; rename one",
                    twin.dir.display(),
                    dir.display()
                );
            }
            found.push(Workspace {
                name: name.into_owned(),
                dir,
                is_test_guests: root.starts_with("tests/"),
            });
        }
    }
    Ok(found)
}

/// `root` itself, or the folders directly in it, where they have a `Cargo.toml`.
fn workspace_dirs(root: &Path) -> Result<Vec<PathBuf>> {
    let has_manifest = |dir: &Path| dir.join("Cargo.toml").is_file();
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    if has_manifest(root) {
        return Ok(vec![root.to_owned()]);
    }
    let mut dirs = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let dir = entry?.path();
        if has_manifest(&dir) {
            dirs.push(dir);
        }
    }
    dirs.sort();
    Ok(dirs)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<MetadataTarget>,
}

#[derive(Deserialize)]
struct MetadataTarget {
    name: String,
    kind: Vec<String>,
}

impl MetadataPackage {
    /// The component this package becomes: its `cdylib`, or its binary (a `wasi:cli` command).
    fn component(self, release: &Path) -> Option<Package> {
        let is = |target: &&MetadataTarget, kind| target.kind.iter().any(|k| k == kind);
        let cdylib = self.targets.iter().find(|t| is(t, "cdylib"));
        let file = match cdylib {
            Some(target) => target.name.replace('-', "_"),
            None => self.targets.iter().find(|t| is(t, "bin"))?.name.clone(),
        };
        Some(Package {
            name: self.name,
            dir: self.manifest_path.parent()?.to_owned(),
            component: release.join(file).with_extension("wasm"),
        })
    }
}

/// One package of a guest workspace, and the component file cargo makes of it.
pub struct Package {
    /// Cargo's name for it.
    pub name: String,
    /// Its folder.
    pub dir: PathBuf,
    /// Where its component is after a build.
    pub component: PathBuf,
}

impl Package {
    /// What its skill file is called: as its folder, so that a person finds one from the other.
    pub fn skill_file(&self) -> String {
        let folder = self.dir.file_name().unwrap_or_default();
        format!("{}.wasm", folder.to_string_lossy())
    }
}

#[cfg(test)]
mod tests;

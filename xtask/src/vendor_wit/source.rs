//! Where the vendored files come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// One folder of `wit/deps` and the folder of a crate it is a copy of.
pub struct CrateSource {
    /// Below `wit/deps`; empty for that folder itself.
    pub folder: &'static str,
    /// On crates.io, at wasmtime's own version.
    pub package: &'static str,
    /// Inside the package.
    pub inside: &'static str,
}

/// Every folder that comes from a crate.
pub const CRATES: [CrateSource; 3] = [
    CrateSource {
        folder: "",
        package: "wasmtime-wasi-http",
        inside: "wit/deps",
    },
    CrateSource {
        folder: "keyvalue",
        package: "wasmtime-wasi-keyvalue",
        inside: "wit/deps/keyvalue",
    },
    CrateSource {
        folder: "config",
        package: "wasmtime-wasi-config",
        inside: "wit/deps/config",
    },
];

/// Folders no crate carries: what they are, for the lock. A refresh leaves them alone.
pub const BY_HAND: [(&str, &str); 1] = [(
    "logging",
    "wasi:logging 0.1.0-draft, from the proposal's repository; in no crate, kept by hand",
)];

/// The files of one folder, by name.
type Files = BTreeMap<String, Vec<u8>>;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
}

/// The wasmtime version in `Cargo.lock`.
pub fn wasmtime_version(repo: &Repo) -> Result<String> {
    #[derive(Deserialize)]
    struct CargoLock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
    }
    let text = std::fs::read_to_string(repo.path("Cargo.lock")).context("read Cargo.lock")?;
    let lock: CargoLock = toml::from_str(&text).context("parse Cargo.lock")?;
    let wasmtime = lock.package.into_iter().find(|p| p.name == "wasmtime");
    Ok(wasmtime.context("Cargo.lock has no wasmtime")?.version)
}

/// The wanted text of every folder that comes from a crate.
pub fn fetch(repo: &Repo, wasmtime: &str) -> Result<Vec<(&'static str, Files)>> {
    let scratch = scratch_package(repo, wasmtime)?;
    let packages = resolve(&scratch)?;
    CRATES
        .iter()
        .map(|source| {
            let package = packages
                .iter()
                .find(|p| p.name == source.package && p.version == wasmtime)
                .with_context(|| format!("cargo found no {} {wasmtime}", source.package))?;
            let root = package.manifest_path.parent().unwrap_or(Path::new(""));
            Ok((source.folder, read_wit(&root.join(source.inside))?))
        })
        .collect()
}

/// A package that depends on the sources: cargo then fetches and verifies them like any other.
///
/// It starts from the workspace's own lock file, so that little else is downloaded.
fn scratch_package(repo: &Repo, wasmtime: &str) -> Result<PathBuf> {
    let dir = repo.target("vendor-wit");
    std::fs::create_dir_all(dir.join("src"))?;
    std::fs::write(dir.join("src/lib.rs"), "")?;
    std::fs::copy(repo.path("Cargo.lock"), dir.join("Cargo.lock"))?;
    let mut manifest = String::from(
        "[workspace]\n[package]\nname = \"vendor-wit\"\nedition = \"2024\"\n[dependencies]\n",
    );
    for source in &CRATES {
        let package = source.package;
        manifest +=
            &format!("{package} = {{ version = \"={wasmtime}\", default-features = false }}\n");
    }
    std::fs::write(dir.join("Cargo.toml"), manifest)?;
    Ok(dir)
}

fn resolve(dir: &Path) -> Result<Vec<Package>> {
    let fetch = Cmd::new("cargo").arg("fetch").dir(dir);
    fetch.step("fetch the crates that carry the WIT files")?;
    report::note("reading them from cargo's registry");
    let json = Cmd::new("cargo")
        .args(["metadata", "--offline", "--format-version=1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .dir(dir)
        .read()?;
    let metadata: Metadata = serde_json::from_str(&json)?;
    Ok(metadata.packages)
}

/// Every `.wit` file directly in a folder.
fn read_wit(dir: &Path) -> Result<Files> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))?;
    let mut files = Files::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wit") {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.insert(name.into_owned(), std::fs::read(&path)?);
        }
    }
    Ok(files)
}

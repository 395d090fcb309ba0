//! The dependency graph, as cargo resolves it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::tree;

/// The graph is read for one platform, so that it is the same on every machine.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// The workspace's members, by name. Read once.
pub static MEMBERS: LazyLock<BTreeMap<String, Package>> = LazyLock::new(members);

/// What a package declares.
#[derive(Deserialize)]
pub struct Package {
    name: String,
    /// Of its `Cargo.toml`, absolute.
    pub manifest_path: String,
    /// Declared, of every kind.
    pub dependencies: Vec<Dependency>,
}

/// One line of a `Cargo.toml`.
#[derive(Deserialize)]
pub struct Dependency {
    /// The package depended on.
    pub name: String,
    kind: Option<String>,
}

impl Dependency {
    /// Whether it is more than a dependency of tests or of a build script.
    pub fn is_normal(&self) -> bool {
        self.kind.is_none()
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

fn members() -> BTreeMap<String, Package> {
    let json = cargo(&["metadata", "--no-deps", "--format-version=1"]);
    let metadata: Metadata = serde_json::from_str(&json).unwrap();
    let packages = metadata.packages.into_iter();
    packages.map(|p| (p.name.clone(), p)).collect()
}

/// Every package a build or a test of the workspace compiles, by name.
pub fn everything() -> BTreeSet<String> {
    packages(&["--workspace", "--all-features", "--edges", "all"])
}

/// What a member's library or binary is linked from, itself included. Not its tests, and not what
/// macros and build scripts run on the build machine.
pub fn linked_into(member: &str) -> BTreeSet<String> {
    packages(&["--package", member, "--edges", "normal,no-proc-macro"])
}

/// `cargo metadata` lists optional dependencies nobody switched on; `cargo tree` does not.
fn packages(selection: &[&str]) -> BTreeSet<String> {
    let plain = ["--prefix", "none", "--format", "{p}", "--target", PLATFORM];
    let lines = cargo(&[&["tree"], &plain[..], selection].concat());
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .arg("--locked")
        .current_dir(tree::root())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

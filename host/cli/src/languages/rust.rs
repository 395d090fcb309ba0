//! Rust: `cargo build` for `wasm32-wasip2`, the same bytes wherever the folder lies.
//!
//! Paths of this machine are replaced (`--remap-path-prefix`) by `/skill`, `/target` and `/cargo`, debug information is left out,
//! and a `Cargo.lock` that is there is obeyed. Flags of the person's own shell (`RUSTFLAGS`) are not used: they belong in the
//! folder's `.cargo/config.toml`, under `[target.wasm32-wasip2]`, where everybody who builds it has them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{
    BuildError, Project,
    tool::{self, Tool},
};
use crate::environment::{CARGO_HOME, HOME};

const CARGO: Tool = Tool {
    program: "cargo",
    install: "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh",
};

const RUSTC: Tool = Tool {
    program: "rustc",
    ..CARGO
};

/// What skills are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// Whether the folder is a Cargo package.
pub fn is_source(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

/// Compiles the package of the folder.
pub fn build(project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    CARGO.find(project, &[])?;
    has_target(project)?;
    let places = Places::ask(project)?;
    let mut cargo = CARGO.command(project, &[])?;
    cargo
        .args(["build", "--release", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .args(["--config", &flags(project, &places)])
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .env("CARGO_INCREMENTAL", "0");
    if places.workspace_root.join("Cargo.lock").is_file() {
        cargo.arg("--locked");
    }
    let messages = tool::ask(project, "compiling", &mut cargo)?;
    tool::read_component(&artifact(&messages, &project.folder.join("Cargo.toml"))?)
}

/// Where cargo works; from `cargo metadata`.
#[derive(Deserialize)]
struct Places {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Places {
    fn ask(project: &Project<'_>) -> Result<Places, BuildError> {
        let mut cargo = CARGO.command(project, &[])?;
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let told = tool::ask(project, "reading Cargo.toml", &mut cargo)?;
        serde_json::from_slice(&told).map_err(|error| {
            BuildError::Settings(format!("cargo metadata cannot be read: {error}"))
        })
    }
}

/// `rustup` says in a sentence what `cargo` would say in a hundred lines.
fn has_target(project: &Project<'_>) -> Result<(), BuildError> {
    let mut rustc = RUSTC.command(project, &[])?;
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let told = tool::ask(project, "looking for the target", &mut rustc)?;
    if Path::new(String::from_utf8_lossy(&told).trim()).is_dir() {
        return Ok(());
    }
    Err(BuildError::ToolMissing {
        tool: format!("the Rust target {TARGET}"),
        install: format!("rustup target add {TARGET}"),
    })
}

/// As a configuration value, so that the folder's own flags for the target are kept beside these.
fn flags(project: &Project<'_>, places: &Places) -> String {
    let environment = &project.app.environment;
    let cargo_home = environment
        .directory(CARGO_HOME)
        .or_else(|| Some(environment.directory(HOME)?.join(".cargo")));
    // The last that fits wins: the target directory is usually inside the folder.
    let remapped = [
        (Some(places.workspace_root.clone()), "/skill"),
        (Some(places.target_directory.clone()), "/target"),
        (cargo_home, "/cargo"),
    ];
    let flags = remapped.into_iter().filter_map(|(from, to)| {
        let flag = format!("--remap-path-prefix={}={to}", from?.display());
        Some(serde_json::Value::from(flag).to_string())
    });
    let flags: Vec<String> = flags.collect();
    format!("target.{TARGET}.rustflags=[{}]", flags.join(","))
}

/// One line of `--message-format json`, as far as it is of use.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The `.wasm` cargo made of this package.
fn artifact(messages: &[u8], manifest: &Path) -> Result<PathBuf, BuildError> {
    let made: Vec<PathBuf> = String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.manifest_path == manifest)
        .flat_map(|message| message.filenames)
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .collect();
    match <[PathBuf; 1]>::try_from(made) {
        Ok([component]) => Ok(component),
        Err(made) if made.is_empty() => Err(BuildError::Settings(
            "the package makes no component: its Cargo.toml needs `[lib]` with `crate-type = [\"cdylib\"]`"
                .to_owned(),
        )),
        Err(_) => Err(BuildError::Settings(
            "the package makes more than one component: keep one `cdylib` or one binary".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::artifact;

    #[test]
    fn the_component_is_the_one_of_this_package() {
        let messages = br#"{"reason":"compiler-artifact","manifest_path":"/deps/Cargo.toml","filenames":["/t/dep.wasm"]}
{"reason":"compiler-artifact","manifest_path":"/skill/Cargo.toml","filenames":["/t/skill.wasm","/t/skill.rlib"]}
{"reason":"build-finished","success":true}"#;
        let made = artifact(messages, Path::new("/skill/Cargo.toml")).unwrap();
        assert_eq!(made, Path::new("/t/skill.wasm"));
        let none = artifact(messages, Path::new("/other/Cargo.toml")).unwrap_err();
        assert!(none.to_string().contains("cdylib"), "{none}");
    }
}

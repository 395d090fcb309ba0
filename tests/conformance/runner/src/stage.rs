//! A language's folder and what all languages share, put together.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::languages::Language;

/// Folders of build output, which are not sources.
const OUTPUT: [&str; 7] = [
    "target",
    "node_modules",
    "dist",
    ".venv",
    "__pycache__",
    "zig-out",
    ".zig-cache",
];

/// `tests/conformance` of the repository this program was built in.
pub fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Write the folder `conformance` of `language` into `into`; one that is there is replaced.
///
/// # Errors
/// When the language has no sources, or a file cannot be copied.
pub fn stage(language: &Language, into: &Path) -> anyhow::Result<PathBuf> {
    let sources = home().join(language.name);
    ensure!(
        sources.is_dir(),
        "there is no implementation in {}",
        sources.display()
    );
    let folder = into.join("conformance");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    copy(&sources, &folder)?;
    runtime(language.name, &folder)?;
    copy(&home().join("skill"), &folder)?;
    copy(&home().join("wit"), &folder.join("wit"))?;
    contract(&folder.join("wit/deps"))?;
    Ok(folder)
}

/// The files `metier new` puts into `src/metier` of a language that has some; its template has them.
fn runtime(language: &str, folder: &Path) -> anyhow::Result<()> {
    let template = home()
        .join("../../sdk")
        .join(language)
        .join("template/src/metier");
    match template.is_dir() {
        true => copy(&template, &folder.join("src/metier")),
        false => Ok(()),
    }
}

/// The vendored contract as `metier new` lays it out: the skill's own package beside those it builds upon.
fn contract(deps: &Path) -> anyhow::Result<()> {
    let wit = home().join("../../wit");
    copy(&wit.join("deps"), deps)?;
    let skill = deps.join("metier-skill");
    fs::create_dir_all(&skill)?;
    fs::copy(wit.join("skill.wit"), skill.join("skill.wit"))?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    let entries = fs::read_dir(from).with_context(|| from.display().to_string())?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if OUTPUT.iter().any(|output| name == *output) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        match entry.file_type()?.is_dir() {
            true => copy(&from, &to)?,
            false => {
                fs::copy(&from, &to).with_context(|| from.display().to_string())?;
            }
        }
    }
    Ok(())
}

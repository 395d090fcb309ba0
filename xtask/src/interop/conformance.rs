//! The conformance skill of each language, built by `metier build` and called through the real host, row by row.

use std::path::Path;

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;

/// The languages whose skill is there; the runner's table has the same names.
const LANGUAGES: [&str; 7] = ["rust", "js", "ts", "python", "c", "zig", "go"];

/// Stages, builds and runs each of them.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let metier = repo.program("metier")?;
    let conformance = repo.program("conformance")?;
    let path = tools.path()?;
    let modules = tools.node_modules()?;
    for language in LANGUAGES {
        if repo.path("tests/conformance").join(language).is_dir() {
            one(repo, (&path, &modules), (&metier, &conformance), language)?;
        }
    }
    Ok(())
}

fn one(
    repo: &Repo,
    (path, modules): (&str, &Path),
    (metier, conformance): (&Path, &Path),
    language: &str,
) -> Result<()> {
    let staged = Cmd::new(conformance)
        .args(["stage", "--language", language])
        .arg(repo.target("interop/conformance").join(language))
        .read()?;
    let folder = Path::new(staged.trim());
    Cmd::new(metier)
        .arg("build")
        .arg(folder)
        .env("PATH", path)
        // The bundler finds packages here: the staged folder has no `node_modules` of its own.
        .env("NODE_PATH", modules)
        .step(&format!("build the conformance skill in {language}"))?;
    Cmd::new(conformance)
        .arg("run")
        .arg(folder.join("dist/conformance.wasm"))
        .args(["--language", language])
        .step(&format!("what a skill in {language} can do"))
}

//! A packed skill is an ordinary component: public tools that never heard of Metier read it.

use std::path::Path;

use anyhow::{Result, ensure};

use super::Tools;
use crate::cmd::Cmd;
use crate::guests;
use crate::repo::Repo;
use crate::tools::Program;

/// Only the subcommands that are used: three minutes of a processor.
const WASM_TOOLS: Program = Program {
    package: "wasm-tools",
    name: "wasm-tools",
    version: "1.263.0",
    args: &[
        "--no-default-features",
        "--features",
        "validate,component,print,metadata,objdump",
    ],
};

/// What the sections of ours are called in the file.
const SECTIONS: [&str; 3] = ["metier:manifest", "metier:tools", "metier:skill-md"];

/// Reads the packed Salesforce skill with `jco` and `wasm-tools`.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let skill = repo.target("skills/salesforce.wasm");
    guests::run(
        repo,
        &guests::Args {
            only: Some("salesforce".to_owned()),
        },
    )?;
    let wit = Cmd::new("jco")
        .arg("wit")
        .arg(&skill)
        .env("PATH", tools.path()?)
        .read()?;
    ensure!(
        wit.contains("export query: func(soql: string"),
        "`jco wit` does not show the tools of {}:\n{wit}",
        skill.display()
    );
    wasm_tools(&skill)
}

/// It is valid, its WIT is there, and its sections are told apart.
fn wasm_tools(skill: &Path) -> Result<()> {
    let program = WASM_TOOLS.installed()?;
    let read = |words: &[&str]| Cmd::new(&program).args(words).arg(skill).read();
    read(&["validate"])?;
    let wit = read(&["component", "wit"])?;
    ensure!(
        wit.contains("export query: func(soql: string"),
        "`wasm-tools component wit` does not show the tools:\n{wit}"
    );
    let metadata = read(&["metadata", "show"])?;
    ensure!(metadata.contains("component"), "{metadata}");
    let sections = read(&["objdump"])?;
    for name in SECTIONS {
        ensure!(sections.contains(name), "no `{name}` in\n{sections}");
    }
    Ok(())
}

//! Python: componentize-py, with a shell around each function of `src/skill.py`.
//!
//! The author writes plain functions, one for each export of the world, and a class for each exported interface. The class
//! componentize-py wants is written here ([`entry`]), each method inside a shell that turns exceptions into the tool's
//! errors. Imported interfaces have fixed names in `wit_world.imports`: left alone, componentize-py would rename one when another
//! joins the world. Everything that is made is below `build`; `build/bindings` is for editors.

mod entry;

use std::path::{Path, PathBuf};
use std::process::Command;

use super::world::{self, World};
use super::{
    BuildError, Project,
    tool::{self, Tool},
};

/// The module that defines the tools.
const MAIN: &str = "src/skill.py";
/// The files a project got from the template.
const RUNTIME: &str = "src/metier/_tool.py";
/// Packages that were installed for the skill, not for the build.
const VENDOR: &str = "vendor";

const COMPONENTIZE: Tool = Tool {
    program: "componentize-py",
    install: "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
};
const PYTHON: Tool = Tool {
    program: "python3",
    ..COMPONENTIZE
};

/// Whether the folder is written in Python.
pub fn is_source(folder: &Path) -> bool {
    folder.join("pyproject.toml").is_file()
}

/// Builds the component.
pub fn build(project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    let folder = project.folder;
    for (file, from) in [
        (MAIN, "it defines the tools"),
        (RUNTIME, "copy the folder `src/metier` of a new skill"),
    ] {
        if !folder.join(file).is_file() {
            return Err(BuildError::Settings(format!("`{file}` is missing: {from}")));
        }
    }
    let (world, is_new) = World::narrow(folder, &world::manifest(folder)?, &[], &[])?;
    world::write(
        &folder.join("build/entry/metier_entry.py"),
        &entry::entry(&world),
    )?;
    if is_new || !folder.join("build/bindings/wit_world").is_dir() {
        bindings(project, &world)?;
    }
    componentize(project, &world)?;
    tool::read_component(&folder.join("build/component.wasm"))
}

/// The modules editors complete from. Nothing of them is packed.
fn bindings(project: &Project<'_>, world: &World) -> Result<(), BuildError> {
    world::remove(&project.folder.join("build/bindings"))?;
    let mut command = componentize_py(project, world)?;
    command.args(["bindings", "build/bindings"]);
    tool::run(project, "writing bindings", &mut command).map(drop)
}

fn componentize(project: &Project<'_>, world: &World) -> Result<(), BuildError> {
    let mut command = componentize_py(project, world)?;
    command.args([
        "componentize",
        "metier_entry",
        "--output",
        "build/component.wasm",
    ]);
    // The first is `/0` in every trace: see `src/metier/_tool.py`.
    command.args(["--python-path", "src", "--python-path", "build/entry"]);
    if project.folder.join(VENDOR).is_dir() {
        command.args(["--python-path", VENDOR]);
    }
    tool::run(project, "making a component", &mut command).map(drop)
}

/// The program, with the world and the names of its interfaces.
fn componentize_py(project: &Project<'_>, world: &World) -> Result<Command, BuildError> {
    let beside: Vec<PathBuf> = [".venv/bin", "venv/bin"]
        .iter()
        .map(|folder| project.folder.join(folder))
        .collect();
    let mut command = match COMPONENTIZE.command(project, &beside) {
        Ok(command) => command,
        Err(missing) => as_module(project).ok_or(missing)?,
    };
    command.args(["--quiet", "--wit-path", world::NARROWED]);
    for (name, _) in world.imports() {
        if let Some(module) = entry::module(&name) {
            command.args(["--import-interface-name", &format!("{name}={module}")]);
        }
    }
    Ok(command)
}

/// Installed for the person, without a script on the `PATH`.
fn as_module(project: &Project<'_>) -> Option<Command> {
    let mut probe = PYTHON.command(project, &[]).ok()?;
    probe.args(["-c", "import componentize_py"]);
    let found = probe.output().is_ok_and(|output| output.status.success());
    let mut command = PYTHON.command(project, &[]).ok().filter(|_| found)?;
    command.args(["-m", "componentize_py"]);
    Some(command)
}

//! C: `zig cc`, or the clang of a WASI SDK, and the bindings written to `build/c`.
//!
//! Every `.c` file below `src` is compiled together with the bindings of the world and the few helpers of `sdk/c`. Further flags
//! come from `compile_flags.txt`, one per line, the file clangd reads: what the editor sees is what is built. Paths of this
//! machine are replaced, so that two folders make the same bytes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    BuildError, Project,
    bindings::{self, Texts, World},
    componentize,
    tool::{self, Tool},
    zig,
};
use crate::environment::WASI_SDK_PATH;

/// Where the bindings go, below the skill's folder.
const BUILD: &str = "build/c";

/// The name of the bindings: `skill.h`, `skill_string_t`, `exports_skill_greet`, whatever the world is called.
pub const BINDINGS_NAME: &str = "skill";

/// In bytes; a stack that overflows it traps.
const STACK: &str = "-Wl,-z,stack-size=1048576";

const HEADER: &str = include_str!("../../../../sdk/c/metier.h");
const SOURCE: &str = include_str!("../../../../sdk/c/metier.c");

/// Whether the folder is written in C: source in `src`, and no build file of another language that may hold C as well.
pub fn is_source(folder: &Path) -> bool {
    let others = [
        "Cargo.toml",
        "package.json",
        "pyproject.toml",
        "build.zig",
        "go.mod",
    ];
    let Ok(files) = fs::read_dir(folder.join("src")) else {
        return false;
    };
    !others.iter().any(|file| folder.join(file).is_file())
        && files.flatten().any(|file| is_c(&file.path()))
}

fn is_c(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == "c")
}

/// Builds the component.
pub fn build(project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    let options = wit_bindgen_c::Opts {
        rename_world: Some(BINDINGS_NAME.to_owned()),
        ..Default::default()
    };
    let mut texts = World::read(project)?.generate(options.build())?;
    texts.insert("metier.h".to_owned(), HEADER.into());
    texts.insert("metier.c".to_owned(), SOURCE.into());
    let folder = project.folder.join(BUILD);
    bindings::write(&folder, &texts)?;
    let module = tempfile::tempdir_in(&folder).map_err(|error| BuildError::Io(folder, error))?;
    let module = module.path().join("skill.wasm");
    tool::run(
        project,
        "compiling",
        &mut compiler(project, &texts, &module)?,
    )?;
    componentize::component(&tool::read_component(&module)?)
}

fn compiler(project: &Project<'_>, texts: &Texts, module: &Path) -> Result<Command, BuildError> {
    let mut command = match project.app.environment.directory(WASI_SDK_PATH) {
        Some(sdk) => clang(project, &sdk)?,
        None => zig_cc(project)?,
    };
    command
        .args(["-mexec-model=reactor", "-Os", "-Wall"])
        .arg(format!("-ffile-prefix-map={}=.", project.folder.display()))
        .arg(format!("-I{BUILD}"))
        .args(flags(project)?)
        .args(["-Wl,--strip-debug", STACK])
        .args(sources(project)?);
    let generated = texts.keys().filter(|path| !path.ends_with(".h"));
    command.args(generated.map(|path| format!("{BUILD}/{path}")));
    command.arg("-o").arg(module);
    Ok(command)
}

fn zig_cc(project: &Project<'_>) -> Result<Command, BuildError> {
    let mut command = zig::command(project)?;
    command.args(["cc", "--target=wasm32-wasi"]);
    Ok(command)
}

fn clang(project: &Project<'_>, sdk: &Path) -> Result<Command, BuildError> {
    let tool = Tool {
        program: "clang",
        install: "unset WASI_SDK_PATH",
    };
    let mut command = tool.command(project, &[sdk.join("bin")])?;
    command.args(["--target=wasm32-wasip1", "-Wl,--stack-first"]);
    Ok(command)
}

/// The lines of `compile_flags.txt`; none when there is no such file.
fn flags(project: &Project<'_>) -> Result<Vec<String>, BuildError> {
    let path = project.folder.join("compile_flags.txt");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(BuildError::Io(path, error)),
    };
    let lines = text.lines().map(str::trim);
    // The target is ours to choose; the line is there for the editor.
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("--target"));
    Ok(lines.map(str::to_owned).collect())
}

/// Every `.c` file below `src`, relative to the folder and sorted: the linker's order is the same everywhere.
fn sources(project: &Project<'_>) -> Result<Vec<PathBuf>, BuildError> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("src")];
    while let Some(folder) = folders.pop() {
        let unusable = |error| BuildError::Io(folder.clone(), error);
        for entry in fs::read_dir(project.folder.join(&folder)).map_err(unusable)? {
            let entry = entry.map_err(unusable)?;
            let path = folder.join(entry.file_name());
            if entry.file_type().map_err(unusable)?.is_dir() {
                folders.push(path);
            } else if is_c(&entry.path()) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

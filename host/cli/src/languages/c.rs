//! C.

use std::{fs, path::Path};

use super::{BuildError, Language, Project};

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
        && files.flatten().any(|file| {
            let path = file.path();
            path.is_file() && path.extension().is_some_and(|extension| extension == "c")
        })
}

/// Builds the component.
pub fn build(_project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    Err(BuildError::NoRecipe(Language::C))
}

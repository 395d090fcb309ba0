//! JavaScript and TypeScript.

use std::path::Path;

use super::{BuildError, Language, Project};

/// Whether the folder is written in JavaScript.
pub fn is_source(folder: &Path) -> bool {
    folder.join("package.json").is_file() && !is_typescript(folder)
}

/// Whether the folder is written in TypeScript.
pub fn is_typescript(folder: &Path) -> bool {
    folder.join("package.json").is_file() && folder.join("tsconfig.json").is_file()
}

/// Builds the component from JavaScript.
pub fn build(_project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    Err(BuildError::NoRecipe(Language::JavaScript))
}

/// Builds the component from TypeScript.
pub fn build_typescript(_project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    Err(BuildError::NoRecipe(Language::TypeScript))
}

//! Python.

use std::path::Path;

use super::{BuildError, Language, Project};

/// Whether the folder is written in Python.
pub fn is_source(folder: &Path) -> bool {
    folder.join("pyproject.toml").is_file()
}

/// Builds the component.
pub fn build(_project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
    Err(BuildError::NoRecipe(Language::Python))
}

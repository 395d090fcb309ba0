//! Why a folder did not become a component.

use std::{io, path::PathBuf};

use super::Language;

/// Why a folder did not become a component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No file says what it is written in.
    #[error(
        "the folder has no source: `metier build` looks for Cargo.toml, package.json, pyproject.toml, build.zig, go.mod, src/*.c, component.wasm or assets/operations.json"
    )]
    NoSource,
    /// The files of two languages.
    #[error("the folder is written in {} and {} at once: keep the files of one", .0.name(), .1.name())]
    TwoSources(Language, Language),
    /// A tool is not installed.
    #[error("`{tool}` is needed and not installed")]
    ToolMissing {
        /// What is missing.
        tool: String,
        /// The one command that installs it.
        install: String,
    },
    /// A tool ended with an error; what it said has been shown.
    #[error("{what} failed: `{tool}` ended with {ended}")]
    ToolFailed {
        /// What it was to do, such as `compiling`.
        what: String,
        /// Which.
        tool: String,
        /// `exit code 101`, `signal 9`.
        ended: String,
        /// What it said, cut to its last part.
        output: String,
    },
    /// Every tool said yes, and what they should have made is not there or is something else.
    #[error("{0}")]
    NoComponent(String),
    /// The folder's own build files say something a recipe cannot follow.
    #[error("{0}")]
    Settings(String),
    /// Something could not be read or written.
    #[error("`{}` cannot be used: {}", .0.display(), .1.kind())]
    Io(PathBuf, io::Error),
}

//! How each language's source becomes a component: one recipe per file.
//!
//! *Contract.* A recipe is a file with two functions. `is_source` says from the files of a folder whether it is in that
//! language; it looks, and runs nothing. `build` runs the language's own tools and hands back the component's bytes: one
//! component, without sections of ours, as its toolchain wrote it. It writes only below the folder's own build directory
//! (`target`, `node_modules`, `build`…), reaches the network through the language's package manager alone, and says which
//! tool is missing with the one command that installs it ([`tool`]). Finding, packing and writing are not its business.
//!
//! | kind | found by |
//! |---|---|
//! | Rust | `Cargo.toml` |
//! | JavaScript, TypeScript | `package.json`; `tsconfig.json` beside it makes it TypeScript |
//! | Python | `pyproject.toml` |
//! | Zig | `build.zig` |
//! | Go | `go.mod` |
//! | C | `src/*.c`, when there is no `build.zig` |
//! | an unpacked skill | `component.wasm` |
//! | OpenAPI | `assets/operations.json`, and none of these |
//! | an MCP server | `assets/server.json`, and none of these |

mod bindings;
mod c;
mod componentize;
mod error;
mod go;
mod javascript;
mod mcp;
mod openapi;
mod python;
mod rust;
pub mod tool;
mod world;
mod zig;

use std::path::Path;

use metier_core::ids::SkillName;
use metier_market::folder::COMPONENT_FILE;

pub use error::BuildError;
pub use mcp::build as mcp_component;
pub use openapi::build as openapi_component;

use crate::commands::App;

/// What a skill's folder is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Cargo.
    Rust,
    /// esbuild and componentize-qjs or componentize-js.
    JavaScript,
    /// The same, after its types are checked and taken away.
    TypeScript,
    /// componentize-py.
    Python,
    /// `zig cc`.
    C,
    /// Zig.
    Zig,
    /// Go.
    Go,
    /// No source: a component that was built before.
    Unpacked,
    /// No source: a plan that the component `metier` carries reads.
    OpenApi,
    /// No source: a plan of a server, that the component `metier` carries reads.
    Mcp,
}

/// What a recipe works on.
#[derive(Clone, Copy)]
pub struct Project<'a> {
    /// The skill's folder, absolute and without symbolic links.
    pub folder: &'a Path,
    /// The name in `skill.toml`.
    #[expect(
        dead_code,
        reason = "recipes that need a name for their package use it"
    )]
    pub name: &'a SkillName,
    /// The printer, the environment and the cache folders.
    pub app: &'a App,
}

impl Language {
    /// Every kind that one of its files decides, in the order of the table above.
    const BY_FILE: [Language; 8] = [
        Language::Rust,
        Language::JavaScript,
        Language::TypeScript,
        Language::Python,
        Language::Zig,
        Language::Go,
        Language::C,
        Language::Unpacked,
    ];

    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Language::Rust => "Rust",
            Language::JavaScript => "JavaScript",
            Language::TypeScript => "TypeScript",
            Language::Python => "Python",
            Language::C => "C",
            Language::Zig => "Zig",
            Language::Go => "Go",
            Language::Unpacked => "an unpacked skill",
            Language::OpenApi => "OpenAPI",
            Language::Mcp => "an MCP server",
        }
    }

    /// What the folder is written in.
    ///
    /// # Errors
    /// When it is in no language, or in two: a build that guesses builds the wrong one.
    pub fn find(folder: &Path) -> Result<Language, BuildError> {
        let mut found = Language::BY_FILE
            .into_iter()
            .filter(|language| language.is_in(folder));
        match (found.next(), found.next()) {
            (None, _) => Language::of_plan(folder),
            (Some(language), None) => Ok(language),
            (Some(first), Some(second)) => Err(BuildError::TwoSources(first, second)),
        }
    }

    /// Of a folder without source: by the plan in it.
    fn of_plan(folder: &Path) -> Result<Language, BuildError> {
        match [Language::OpenApi, Language::Mcp].map(|plan| plan.is_in(folder)) {
            [true, true] => Err(BuildError::TwoSources(Language::OpenApi, Language::Mcp)),
            [true, false] => Ok(Language::OpenApi),
            [false, true] => Ok(Language::Mcp),
            [false, false] => Err(BuildError::NoSource),
        }
    }

    fn is_in(self, folder: &Path) -> bool {
        match self {
            Language::Rust => rust::is_source(folder),
            Language::JavaScript => javascript::is_source(folder),
            Language::TypeScript => javascript::is_typescript(folder),
            Language::Python => python::is_source(folder),
            Language::C => c::is_source(folder),
            Language::Zig => zig::is_source(folder),
            Language::Go => go::is_source(folder),
            Language::Unpacked => folder.join(COMPONENT_FILE).is_file(),
            Language::OpenApi => openapi::is_source(folder),
            Language::Mcp => mcp::is_source(folder),
        }
    }

    /// Runs the recipe: source → component.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(self, project: &Project<'_>) -> Result<Vec<u8>, BuildError> {
        match self {
            Language::Rust => rust::build(project),
            Language::JavaScript => javascript::build(project),
            Language::TypeScript => javascript::build_typescript(project),
            Language::Python => python::build(project),
            Language::C => c::build(project),
            Language::Zig => zig::build(project),
            Language::Go => go::build(project),
            Language::Unpacked => tool::read_component(&project.folder.join(COMPONENT_FILE)),
            Language::OpenApi => Ok(openapi::build()),
            Language::Mcp => Ok(mcp::build()),
        }
    }
}

#[cfg(test)]
mod tests;

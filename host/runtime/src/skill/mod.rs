//! A loaded skill: everything that can be decided about a file is decided here, once.
//!
//! Loading reads the sections, compiles (or finds the compiled code), turns exports into tools, checks
//! manifest, schemas and imports against the component, and resolves every export to an index. A call then
//! looks up one tool and runs. No guest code runs here: what a skill can do is read from its types, or from the frozen list of
//! a skill whose tools are data.

mod code;
mod exports;
mod imports;
mod load;
mod pieces;
mod sections;
mod survey;
mod tool;

use std::collections::BTreeMap;
use std::sync::Arc;

use metier_core::{Digest, Manifest};
use wasmtime::component::InstancePre;

use crate::engine::Flavour;
use crate::store::CallState;

pub use code::Code;
pub use exports::Refused;
pub use imports::{Capability, Mismatch};
pub(crate) use load::linker;
pub use load::{LoadError, Loader};
pub use sections::{MAX_FILE, SectionError};
pub use survey::Survey;
pub use tool::{Entry, Tool};

/// One skill, ready to be called any number of times by any number of tenants.
#[derive(Clone)]
pub struct Skill {
    digest: Digest,
    size: u64,
    flavour: Flavour,
    manifest: Arc<Manifest>,
    tools: BTreeMap<String, Tool>,
    refused: Vec<Refused>,
    imports: Vec<String>,
    skill_md: Option<String>,
    resources: BTreeMap<String, Box<[u8]>>,
    pre: InstancePre<CallState>,
}

impl Skill {
    /// SHA-256 of the whole file.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Which WASI generation it was built for.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// What it asks for; empty when the file carries none.
    pub fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    /// Its tools, by name.
    pub fn tools(&self) -> impl ExactSizeIterator<Item = &Tool> {
        self.tools.values()
    }

    /// One tool.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.get(name)
    }

    /// Exported functions that cannot be tools, and why.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// The interfaces it imports.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// Its SKILL.md.
    pub fn skill_md(&self) -> Option<&str> {
        self.skill_md.as_deref()
    }

    /// Its packed files, by path.
    pub fn resources(&self) -> &BTreeMap<String, Box<[u8]>> {
        &self.resources
    }

    /// The same code asking for something else: how it is learnt what a skill needs. What it gets is still what a grant
    /// allows, decided where it always is.
    #[must_use]
    pub fn asking_for(&self, manifest: Manifest) -> Skill {
        Skill {
            manifest: Arc::new(manifest),
            ..self.clone()
        }
    }

    pub(crate) fn pre(&self) -> &InstancePre<CallState> {
        &self.pre
    }
}

#[cfg(test)]
mod tests;

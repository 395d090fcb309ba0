//! Imports ↔ declared capabilities, both ways.
//!
//! An import without its capability is a skill that will fail in the field; a capability without its import is authority asked for and
//! never needed. Both are errors that name the manifest's line. Interfaces every toolchain imports whether the program uses them
//! or not (clocks, randomness, standard streams, the file system, sockets) demand nothing: they are
//! empty or refused unless granted.

use metier_core::Manifest;

/// A capability with an import that is its door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// `[[capabilities.http]]`
    Http,
    /// `[capabilities.kv]`
    Kv,
    /// `[[capabilities.files]]`
    Files,
    /// `[capabilities.artifacts]`
    Artifacts,
    /// `[capabilities.config]`
    Config,
    /// `[capabilities.log]`
    Log,
    /// `[capabilities.model]`
    Model,
    /// `[capabilities.calls]`
    Calls,
}

/// Import prefix → the capability it is the door to.
const DOORS: &[(&str, Capability)] = &[
    ("wasi:http/outgoing-handler@", Capability::Http),
    ("wasi:http/handler@", Capability::Http),
    ("wasi:http/client@", Capability::Http),
    ("metier:skill/fetch@", Capability::Http),
    ("wasi:keyvalue/", Capability::Kv),
    ("wasi:config/", Capability::Config),
    ("wasi:logging/", Capability::Log),
    ("metier:skill/model@", Capability::Model),
    ("metier:skill/calls@", Capability::Calls),
    ("metier:skill/artifacts@", Capability::Artifacts),
    ("wasi:filesystem/", Capability::Files),
];

/// A manifest that does not fit its component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The component imports a door that the manifest does not ask for.
    #[error("the component imports `{import}`, but the manifest does not declare `{}`", .capability.table())]
    Undeclared {
        /// The interface.
        import: String,
        /// The capability to declare.
        capability: Capability,
    },
    /// The manifest asks for what the component cannot use.
    #[error("line {line}: the manifest declares `{}`, but the component imports nothing that could use it", .capability.table())]
    Unused {
        /// Line in skill.toml, from 1.
        line: usize,
        /// The capability to remove.
        capability: Capability,
    },
    /// The manifest describes a tool that is not there.
    #[error(
        "line {line}: the manifest describes the tool `{tool}`, but the component does not export it"
    )]
    UnknownTool {
        /// Line in skill.toml, from 1.
        line: usize,
        /// The name in the manifest.
        tool: String,
        /// The exported name most like it.
        nearest: Option<String>,
    },
}

pub(super) fn check(manifest: &Manifest, imports: &[String]) -> Result<(), Mismatch> {
    for import in imports {
        let Some(capability) = Capability::of_import(import) else {
            continue;
        };
        if !capability.is_ambient() && capability.declared(manifest).is_none() {
            return Err(Mismatch::Undeclared {
                import: import.clone(),
                capability,
            });
        }
    }
    for capability in Capability::ALL {
        let usable = imports
            .iter()
            .any(|import| Capability::of_import(import) == Some(capability));
        if let (false, Some(line)) = (usable, capability.declared(manifest)) {
            return Err(Mismatch::Unused { line, capability });
        }
    }
    Ok(())
}

impl Capability {
    const ALL: [Capability; 8] = [
        Capability::Http,
        Capability::Kv,
        Capability::Files,
        Capability::Artifacts,
        Capability::Config,
        Capability::Log,
        Capability::Model,
        Capability::Calls,
    ];

    /// The capability an import is the door to.
    pub fn of_import(import: &str) -> Option<Capability> {
        DOORS
            .iter()
            .find(|(door, _)| import.starts_with(door))
            .map(|(_, capability)| *capability)
    }

    /// Whether `manifest` asks for it.
    pub fn is_declared(self, manifest: &Manifest) -> bool {
        self.declared(manifest).is_some()
    }

    /// Imported by the standard libraries of most languages, used or not.
    fn is_ambient(self) -> bool {
        self == Capability::Files
    }

    /// The line that declares it.
    fn declared(self, manifest: &Manifest) -> Option<usize> {
        let asked = &manifest.capabilities;
        match self {
            Capability::Http => asked.http.first().map(|ask| ask.line),
            Capability::Files => asked.files.first().map(|ask| ask.line),
            Capability::Kv => asked.kv.as_ref().map(|ask| ask.line),
            Capability::Artifacts => asked.artifacts.as_ref().map(|ask| ask.line),
            Capability::Config => asked.config.as_ref().map(|ask| ask.line),
            Capability::Log => asked.log.as_ref().map(|ask| ask.line),
            Capability::Model => asked.model.as_ref().map(|ask| ask.line),
            Capability::Calls => asked.calls.as_ref().map(|ask| ask.line),
        }
    }

    fn table(self) -> &'static str {
        match self {
            Capability::Http => "[[capabilities.http]]",
            Capability::Kv => "[capabilities.kv]",
            Capability::Files => "[[capabilities.files]]",
            Capability::Artifacts => "[capabilities.artifacts]",
            Capability::Config => "[capabilities.config]",
            Capability::Log => "[capabilities.log]",
            Capability::Model => "[capabilities.model]",
            Capability::Calls => "[capabilities.calls]",
        }
    }
}

//! Reads what a skill's file says about itself, before any of it is compiled.
//!
//! Only the file's own custom sections count: a component nested inside cannot speak for the whole.
//! A section that appears twice, is larger than its limit, or starts with `metier:` and is unknown, is refused: whoever
//! reads the file must see the same words as whoever runs it.

use metier_core::package::{self, section};
use wasmparser::{Encoding, Payload};

use super::pieces::pieces;

/// The largest file that is loaded, in bytes. The biggest interpreters measured are under 20 MiB; compiling more
/// than this would hold a core for minutes.
pub const MAX_FILE: usize = 64 << 20;

/// The largest manifest, in bytes: hundreds of rules fit.
const MAX_MANIFEST: usize = 256 << 10;

/// Room for the paths of packed files beside their bytes.
const MAX_RESOURCE_NAMES: usize = 1 << 20;

/// Prefix of every section Metier defines.
const PREFIX: &str = "metier:";

/// The custom sections of one skill, undecoded.
#[derive(Debug, Default, Clone, Copy)]
pub struct Sections<'a> {
    /// `skill.toml`, as text.
    pub manifest: Option<&'a [u8]>,
    /// Tool schemas, as JSON.
    pub tools: Option<&'a [u8]>,
    /// `SKILL.md`, as text.
    pub skill_md: Option<&'a [u8]>,
    /// Packed files, in [`package`]'s format.
    pub resources: Option<&'a [u8]>,
}

/// Why a file is not a skill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SectionError {
    /// Larger than [`MAX_FILE`].
    #[error("the file is {0} bytes; skills may have up to {MAX_FILE}")]
    TooLarge(usize),
    /// Not WebAssembly at all.
    #[error("the file is not WebAssembly: it does not start with `\\0asm`")]
    NotWasm,
    /// A core module.
    #[error("the file is a core module, not a component")]
    CoreModule,
    /// Cut off or damaged.
    #[error("the file is damaged or cut off: {0}")]
    Damaged(String),
    /// A `metier:` section that must not be there, and why.
    #[error("the section `{name}` {problem}")]
    Section {
        /// The section's name.
        name: String,
        /// What is wrong with it, as the end of a sentence.
        problem: &'static str,
    },
}

/// The sections of the component `bytes`.
///
/// # Errors
/// When the bytes are no component, or a section is repeated, too large or unknown.
pub fn read(bytes: &[u8]) -> Result<Sections<'_>, SectionError> {
    if bytes.len() > MAX_FILE {
        return Err(SectionError::TooLarge(bytes.len()));
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(SectionError::NotWasm);
    }
    let mut sections = Sections::default();
    for piece in pieces(bytes) {
        match piece?.payload {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } => return Err(SectionError::CoreModule),
            Payload::CustomSection(section) if section.name().starts_with(PREFIX) => {
                sections.take(section.name(), section.data())?;
            }
            _ => {}
        }
    }
    Ok(sections)
}

impl<'a> Sections<'a> {
    fn take(&mut self, name: &str, data: &'a [u8]) -> Result<(), SectionError> {
        let refuse = |problem| {
            Err(SectionError::Section {
                name: name.to_owned(),
                problem,
            })
        };
        let (slot, limit) = match name {
            section::MANIFEST => (&mut self.manifest, MAX_MANIFEST),
            section::TOOLS => (&mut self.tools, package::MAX_TOOLS_BYTES),
            section::SKILL_MD => (&mut self.skill_md, package::MAX_SKILL_MD_BYTES),
            section::RESOURCES => (
                &mut self.resources,
                package::MAX_RESOURCE_BYTES + MAX_RESOURCE_NAMES,
            ),
            _ => return refuse("is not one this version knows; it may need a newer host"),
        };
        if slot.is_some() {
            return refuse("appears twice");
        }
        if data.len() > limit {
            return refuse("is larger than allowed");
        }
        *slot = Some(data);
        Ok(())
    }
}

/// Does the component, or one nested in it, use WASI 0.3 or component-model concurrency?
///
/// Decides the engine, before anything is compiled. The question is about the outermost imports and canonical
/// options; a component that only *defines* async types without using them runs on either.
pub(super) fn needs_async(bytes: &[u8]) -> bool {
    let mut components = vec![bytes];
    while let Some(component) = components.pop() {
        for piece in pieces(component).map_while(Result::ok) {
            let asks = match piece.payload {
                Payload::ComponentImportSection(imports) => imports
                    .into_iter()
                    .flatten()
                    .any(|import| is_wasi_03(import.name.name)),
                Payload::ComponentCanonicalSection(functions) => functions
                    .into_iter()
                    .flatten()
                    .any(|function| is_async(&function)),
                Payload::ComponentSection { .. } => {
                    components.extend(piece.inside);
                    false
                }
                _ => false,
            };
            if asks {
                return true;
            }
        }
    }
    false
}

fn is_wasi_03(import: &str) -> bool {
    import.starts_with("wasi:")
        && import
            .rsplit_once('@')
            .is_some_and(|(_, version)| version.starts_with("0.3"))
}

fn is_async(function: &wasmparser::CanonicalFunction) -> bool {
    use wasmparser::{CanonicalFunction as F, CanonicalOption};
    match function {
        F::Lift { options, .. } | F::Lower { options, .. } => options
            .iter()
            .any(|option| matches!(option, CanonicalOption::Async)),
        F::ResourceNew { .. } | F::ResourceDrop { .. } | F::ResourceRep { .. } => false,
        // Tasks, streams, futures and waitables exist for concurrency alone.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use metier_core::package::{self, section};

    use super::{MAX_MANIFEST, MAX_RESOURCE_NAMES, SectionError, read};

    /// `wasm` with a custom section behind it.
    fn with(wasm: &[u8], name: &str, data: &[u8]) -> Vec<u8> {
        let mut whole = wasm.to_vec();
        let section = wasm_encoder::CustomSection {
            name: name.into(),
            data: data.into(),
        };
        let mut encoder = wasm_encoder::Component::new();
        encoder.section(&section);
        whole.extend_from_slice(&encoder.finish()[8..]);
        whole
    }

    fn empty() -> Vec<u8> {
        wat::parse_str("(component)").unwrap()
    }

    fn problem(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn each_section_of_ours_is_taken_once_and_others_are_not_ours() {
        for name in section::ALL {
            let once = with(&with(&empty(), "producers", b"x"), name, b"1");
            assert!(read(&once).is_ok(), "{name}");
            assert!(
                problem(&with(&once, name, b"1")).contains("appears twice"),
                "{name}"
            );
            assert!(
                problem(&with(&once, name, b"")).contains("appears twice"),
                "{name}"
            );
        }
        assert!(read(&with(&with(&empty(), "name", b"x"), "name", b"x")).is_ok());
    }

    #[test]
    fn a_section_of_ours_that_nobody_knows_is_critical() {
        for name in [
            "metier:",
            "metier:future",
            "metier:Manifest",
            "metier:manifest ",
        ] {
            assert!(
                problem(&with(&empty(), name, b"")).contains("newer host"),
                "{name}"
            );
        }
        assert!(read(&with(&empty(), "acme:future", b"")).is_ok());
    }

    #[test]
    fn each_section_has_its_own_limit() {
        let limits = [
            (section::MANIFEST, MAX_MANIFEST),
            (section::TOOLS, package::MAX_TOOLS_BYTES),
            (section::SKILL_MD, package::MAX_SKILL_MD_BYTES),
            (
                section::RESOURCES,
                package::MAX_RESOURCE_BYTES + MAX_RESOURCE_NAMES,
            ),
        ];
        for (name, limit) in limits {
            assert!(
                read(&with(&empty(), name, &vec![b' '; limit])).is_ok(),
                "{name}"
            );
            let over = with(&empty(), name, &vec![b' '; limit + 1]);
            assert!(problem(&over).contains("larger than allowed"), "{name}");
        }
    }

    /// What stands behind the component is part of the file, and the file is a component or nothing.
    #[test]
    fn bytes_behind_the_component_are_its_sections_or_damage() {
        let skill = with(&empty(), section::MANIFEST, b"");
        let mut cut = with(&skill, section::SKILL_MD, b"words");
        cut.pop();
        for tail in [&b"\0"[..], b"\0\x05", b"rubbish", b"PK\x03\x04", &[0; 16]] {
            let whole = [&skill[..], tail].concat();
            assert!(
                matches!(read(&whole), Err(SectionError::Damaged(_))),
                "{tail:?}"
            );
        }
        assert!(matches!(read(&cut), Err(SectionError::Damaged(_))));
        let two = [&skill[..], &empty()].concat();
        assert!(matches!(read(&two), Err(SectionError::Damaged(_))));
        let hidden = with(&[&skill[..], &empty()].concat(), section::TOOLS, b"[]");
        assert!(matches!(read(&hidden), Err(SectionError::Damaged(_))));
    }
}

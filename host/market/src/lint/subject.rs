//! What is linted: a folder or a file, as far as it can be read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use metier_core::Manifest;
use metier_core::package::{self, Resources, Tool, section};
use metier_runtime::skill::MAX_FILE;

use super::Findings;
use crate::folder::{self, FolderError};
use crate::pack::sections;

/// What is linted.
#[derive(Debug, Default)]
pub struct Subject {
    /// The folder's name, when it is a folder.
    pub(super) folder_name: Option<String>,
    /// `skill.toml`.
    pub(super) manifest_text: Option<String>,
    /// The same, when it can be read.
    pub(super) manifest: Option<Manifest>,
    /// `SKILL.md`.
    pub(super) skill_md: Option<String>,
    /// The packed files.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// The tools, when the skill is built.
    pub(super) tools: Option<Vec<Tool>>,
    /// What the component imports, when the skill is built.
    pub(super) imports: Vec<String>,
    /// Whether a license file lies in the folder.
    pub(super) license_file: bool,
}

impl Subject {
    pub(super) fn of_folder(folder: &Path, findings: &mut Findings) -> Subject {
        let mut subject = Subject {
            folder_name: folder
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            license_file: ["LICENSE", "LICENSE.md", "LICENSE.txt"]
                .iter()
                .any(|file| folder.join(file).is_file()),
            ..Subject::default()
        };
        subject.read_manifest(
            fs::read_to_string(folder.join(folder::MANIFEST_FILE)).ok(),
            findings,
        );
        subject.skill_md = fs::read_to_string(folder.join(folder::SKILL_MD_FILE)).ok();
        match folder::resources(folder) {
            Ok(files) => subject.files = files,
            Err(error) => findings.add(
                "folder/unpackable",
                place_of(folder, &error),
                sentence(&error),
            ),
        }
        subject.read_built(folder);
        subject
    }

    pub(super) fn of_file(bytes: &[u8], findings: &mut Findings) -> Subject {
        let mut subject = Subject::default();
        let Ok(split) = sections::split(bytes) else {
            findings.add(
                "component/damaged",
                "component",
                "The file is no whole WebAssembly component.",
            );
            return subject;
        };
        for (name, data) in split.sections {
            let text = || String::from_utf8(data.to_vec()).ok();
            match name {
                section::MANIFEST => subject.manifest_text = text(),
                section::SKILL_MD => subject.skill_md = text(),
                section::TOOLS => subject.tools = package::decode_tools(data).ok(),
                section::RESOURCES => subject.files = files(data),
                _ => {}
            }
        }
        let manifest = subject.manifest_text.take();
        subject.read_manifest(manifest, findings);
        subject.imports = imports(&split.component);
        subject
    }

    fn read_manifest(&mut self, text: Option<String>, findings: &mut Findings) {
        let Some(text) = text else {
            return findings.add(
                "manifest/invalid",
                folder::MANIFEST_FILE,
                "There is no skill.toml that is text.",
            );
        };
        match Manifest::parse(&text) {
            Ok(manifest) => self.manifest = Some(manifest),
            Err(error) => findings.add("manifest/invalid", folder::MANIFEST_FILE, sentence(&error)),
        }
        self.manifest_text = Some(text);
    }

    /// What was built: `dist/NAME.wasm`, or the parts of an unpacked skill.
    fn read_built(&mut self, folder: &Path) {
        let name = self.folder_name.clone().unwrap_or_default();
        if let Some(built) = read(&folder.join("dist").join(format!("{name}.wasm"))) {
            let built = Subject::of_file(&built, &mut Findings::default());
            (self.tools, self.imports) = (built.tools, built.imports);
        } else if let Some(component) = read(&folder.join(folder::COMPONENT_FILE)) {
            self.imports = imports(&component);
            self.tools = read(&folder.join(folder::TOOLS_FILE))
                .and_then(|list| package::decode_tools(&list).ok());
        }
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let size = fs::metadata(path).ok()?.len();
    (size <= MAX_FILE as u64)
        .then(|| fs::read(path).ok())
        .flatten()
}

fn files(section: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let Ok(resources) = Resources::decode(section) else {
        return BTreeMap::new();
    };
    let files = resources.iter();
    files
        .map(|(path, bytes)| (path.to_string(), bytes.to_vec()))
        .collect()
}

/// The names of the component's own imports.
fn imports(component: &[u8]) -> Vec<String> {
    use wasmparser::{Parser, Payload};
    let (mut depth, mut names) = (0_usize, Vec::new());
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                names.extend(
                    section
                        .into_iter()
                        .flatten()
                        .map(|import| import.name.name.to_owned()),
                );
            }
            _ => {}
        }
    }
    names
}

fn place_of(folder: &Path, error: &FolderError) -> String {
    let path = match error {
        FolderError::NotAFile { path, .. }
        | FolderError::BadName { path, .. }
        | FolderError::TooLarge { path, .. } => path,
        FolderError::Unreadable(path, _) => path,
        _ => return ".".to_owned(),
    };
    path.strip_prefix(folder)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// An error as a sentence: a capital first and a full stop last.
pub(super) fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let text: String = first.chain(letters).collect();
    format!("{}.", text.trim_end_matches('.'))
}

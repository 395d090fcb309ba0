//! One file → the folder it could have been packed from.
//!
//! The folder has the component without our sections, the list of tools as `tools.json`, and everything else as it was.
//! It is packed again before it is put in its place: what does not come back as the same bytes is not unpacked, so that
//! an unpacked skill is never quietly another one.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use metier_core::package::{Resources, ResourcesError, section};
use metier_core::{Manifest, ManifestError, SkillName};
use metier_runtime::host::Host;
use wasmparser::BinaryReaderError;

use crate::folder::{self, Folder, FolderError, Prepared};
use crate::pack::{self, PackError, sections};

/// How every WebAssembly file begins.
const MAGIC: &[u8] = b"\0asm";

/// Why a file was not unpacked. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It lacks a section that a folder cannot be without.
    #[error(
        "the file carries no {0}: only a skill that `metier build` or `metier pack --skill-md` wrote can be unpacked"
    )]
    Lacks(&'static str),
    /// It is something else.
    #[error("the file is no WebAssembly component")]
    NotAComponent,
    /// The file is damaged.
    #[error("the file is damaged or cut off: {}", .0.message())]
    Damaged(#[from] BinaryReaderError),
    /// A text section is no text.
    #[error("the section `{0}` is not UTF-8 text")]
    NotText(&'static str),
    /// The manifest is wrong.
    #[error("the manifest is wrong: {0}")]
    Manifest(#[from] ManifestError),
    /// The packed files are damaged.
    #[error(transparent)]
    Resources(#[from] ResourcesError),
    /// The list of tools is damaged.
    #[error("the list of tools cannot be read: {0}")]
    Tools(#[from] serde_json::Error),
    /// The folder would not be one of a skill.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The folder would not pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// It would pack into something else.
    #[error(
        "the folder would be packed into other bytes than the file's: another tool wrote or changed it"
    )]
    Differs,
    /// Something is there already.
    #[error("`{}` is there already; nothing was written", .0.display())]
    Occupied(PathBuf),
    /// The folder cannot be written.
    #[error("the folder `{}` cannot be written: {}", .0.display(), .1.kind())]
    Io(PathBuf, io::Error),
}

/// The files of the folder `skill` could have been packed from, and the skill's name.
///
/// # Errors
/// See [`UnpackError`].
pub fn files(skill: &[u8]) -> Result<(SkillName, BTreeMap<String, Vec<u8>>), UnpackError> {
    if !skill.starts_with(MAGIC) {
        return Err(UnpackError::NotAComponent);
    }
    let split = sections::split(skill)?;
    let find = |wanted| split.sections.iter().find(|(name, _)| *name == wanted);
    let need = |wanted, what| {
        find(wanted)
            .map(|(_, data)| data.to_vec())
            .ok_or(UnpackError::Lacks(what))
    };
    let manifest = need(section::MANIFEST, "manifest")?;
    let name = name_in(&manifest)?;
    let tools = need(section::TOOLS, "list of tools")?;
    let mut files = BTreeMap::from([
        (
            folder::SKILL_MD_FILE.to_owned(),
            need(section::SKILL_MD, "SKILL.md")?,
        ),
        (folder::TOOLS_FILE.to_owned(), readable(&tools)?),
        (folder::MANIFEST_FILE.to_owned(), manifest),
    ]);
    if let Some((_, data)) = find(section::RESOURCES) {
        let resources = Resources::decode(data)?;
        files.extend(
            resources
                .iter()
                .map(|(path, bytes)| (place(path.as_str()), bytes.to_vec())),
        );
    }
    files.insert(folder::COMPONENT_FILE.to_owned(), split.component);
    Ok((name, files))
}

/// Unpacks `skill` into `folder`, whole or not at all.
///
/// # Errors
/// See [`UnpackError`].
pub async fn unpack(host: &Host, skill: &[u8], folder: &Path) -> Result<(), UnpackError> {
    let (_, mut files) = files(skill)?;
    let unwritable = |error: io::Error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
            UnpackError::Occupied(folder.to_owned())
        }
        _ => UnpackError::Io(folder.to_owned(), error),
    };
    let prepared = Prepared::write(folder, &files).map_err(unwritable)?;
    let read = Folder::read(prepared.path())?;
    let component = files.remove(folder::COMPONENT_FILE).unwrap_or_default();
    let packed = pack::pack(host, read.into_inputs(component)).await?;
    if packed.bytes != skill {
        return Err(UnpackError::Differs);
    }
    prepared.place().map_err(unwritable)
}

fn name_in(manifest: &[u8]) -> Result<SkillName, UnpackError> {
    let text =
        std::str::from_utf8(manifest).map_err(|_| UnpackError::NotText(section::MANIFEST))?;
    let name = Manifest::parse(text)?.name().cloned();
    name.ok_or(UnpackError::Lacks("name in its manifest"))
}

/// The list with line breaks: the same list, for people who mend a description.
fn readable(tools: &[u8]) -> Result<Vec<u8>, UnpackError> {
    let list: serde_json::Value = serde_json::from_slice(tools)?;
    let mut text = serde_json::to_vec_pretty(&list)?;
    text.push(b'\n');
    Ok(text)
}

/// Where a packed file lies in the folder.
fn place(path: &str) -> String {
    let folder = path.split_once('/').map_or("", |(folder, _)| folder);
    match folder::NAMED_FOLDERS.contains(&folder) {
        true => path.to_owned(),
        false => format!("{}/{path}", folder::BARE_FOLDER),
    }
}

#[cfg(test)]
mod tests;

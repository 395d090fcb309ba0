//! `wit/deps.lock`: the source of every folder and the SHA-256 of every file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::source::{BY_HAND, CRATES};

const HEADER: &str =
    "# Written by `cargo xtask vendor-wit`; `cargo xtask check` compares it with wit/deps.\n";

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The wasmtime release the copies were taken from.
    pub wasmtime: String,
    folder: Vec<Folder>,
}

/// One folder below `wit/deps`, which may be that folder itself.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Folder {
    path: String,
    source: String,
    /// File name to SHA-256 in hexadecimal.
    files: BTreeMap<String, String>,
}

impl Lock {
    /// Pins these files (path below `wit/deps` to digest). A folder without a source is an error.
    pub fn new(wasmtime: &str, files: &BTreeMap<String, String>) -> Result<Self> {
        let mut folders: Vec<Folder> = Vec::new();
        for (file, digest) in files {
            let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
            let position = match folders.iter().position(|f| f.path == folder) {
                Some(position) => position,
                None => {
                    folders.push(Folder {
                        path: folder.to_owned(),
                        source: source_of(folder, wasmtime)?,
                        files: BTreeMap::new(),
                    });
                    folders.len() - 1
                }
            };
            folders[position]
                .files
                .insert(name.to_owned(), digest.clone());
        }
        folders.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self {
            wasmtime: wasmtime.to_owned(),
            folder: folders,
        })
    }

    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("parse {}", path.display()))
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = format!("{HEADER}{}", toml::to_string(self)?);
        std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
    }

    /// Every pinned file: path below `wit/deps` to digest.
    pub fn files(&self) -> BTreeMap<String, &str> {
        let folders = self.folder.iter();
        folders
            .flat_map(|folder| {
                folder.files.iter().map(|(name, digest)| {
                    let path = Path::new(&folder.path).join(name);
                    (path.to_string_lossy().into_owned(), digest.as_str())
                })
            })
            .collect()
    }
}

fn source_of(folder: &str, wasmtime: &str) -> Result<String> {
    if let Some(source) = CRATES.iter().find(|source| source.folder == folder) {
        return Ok(format!(
            "crate {} {wasmtime}, {}",
            source.package, source.inside
        ));
    }
    let by_hand = BY_HAND.iter().find(|(path, _)| *path == folder);
    let (_, source) = by_hand.with_context(|| {
        format!("wit/deps/{folder} has no source in xtask/src/vendor_wit/source.rs")
    })?;
    Ok((*source).to_owned())
}

/// The SHA-256 of every file below a folder, by its path relative to it.
pub fn digests(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
                found.insert(name, sha256(&std::fs::read(&path)?));
            }
        }
    }
    Ok(found)
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! What a client keeps of a market: its trust root, the log as it was seen last, indexes, receipts, components.
//!
//! One folder for each market, by its address. Every file is written beside its place and then put there, so that a full disk or a
//! kill leaves the old one. What must not go backwards (the log, the revocation list, first keys) is read and written under one lock.
//!
//! A dry run ([`Kept::dry`]) reads what is kept and writes elsewhere, where it is thrown away.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use metier_core::{Digest, SkillName};
use serde::{Serialize, de::DeserializeOwned};
use tempfile::{NamedTempFile, TempDir};

use super::ClientError;
use crate::index::Address;

/// Largest file read back, in bytes: an index, or a receipt.
const MAX_READ: u64 = 16 << 20;

/// Characters of an address in a folder's name; the digest behind it tells addresses apart.
const MAX_READABLE: usize = 40;

/// A market's folder.
#[derive(Clone, Debug)]
pub struct Kept {
    folder: PathBuf,
    /// What a dry run writes: it lies over the folder, and ends with the run.
    over: Option<Arc<TempDir>>,
}

/// Held while what must not go backwards is changed.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

impl Kept {
    /// The folder of the market at this address, below `markets`. Nothing is made yet.
    pub fn of(markets: &Path, address: &Address) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let text = address.as_str();
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let readable = bare.trim_end_matches('/').chars().take(MAX_READABLE);
        let readable: String = readable.map(|c| if plain(c) { c } else { '_' }).collect();
        let hex = Digest::of(text.as_bytes()).to_hex();
        let hex = hex.get(..12).unwrap_or_default();
        Kept {
            folder: markets.join(format!("{readable}-{hex}")),
            over: None,
        }
    }

    /// Every market's that there is below `markets`.
    pub fn all(markets: &Path) -> Vec<Self> {
        let entries = fs::read_dir(markets).into_iter().flatten().flatten();
        let folders = entries.map(|entry| entry.path());
        let mut all: Vec<PathBuf> = folders.filter(|path| path.is_dir()).collect();
        all.sort();
        let kept = |folder| Kept { folder, over: None };
        all.into_iter().map(kept).collect()
    }

    /// The same for a dry run: nothing in the folder is changed.
    ///
    /// # Errors
    /// When there is no room for what is thrown away afterwards.
    pub fn dry(self) -> Result<Self, ClientError> {
        let over = tempfile::tempdir().map_err(ClientError::disk("a folder for the dry run"))?;
        let over = Some(Arc::new(over));
        Ok(Kept { over, ..self })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where something is written.
    fn place(&self, name: &str) -> PathBuf {
        let over = self.over.as_ref().map(|over| over.path());
        over.unwrap_or(&self.folder).join(name)
    }

    /// Where it is read.
    pub(super) fn find(&self, name: &str) -> PathBuf {
        let written = self.place(name);
        match written.exists() {
            true => written,
            false => self.folder.join(name),
        }
    }

    /// Waits for other processes, and keeps them out.
    ///
    /// # Errors
    /// The disk's.
    pub fn hold(&self) -> Result<Held, ClientError> {
        let path = self.place("lock");
        let open = || -> io::Result<File> {
            fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        let file = open().map_err(ClientError::disk(format!("`{}`", path.display())))?;
        Ok(Held { _file: file })
    }

    /// The bytes of a file, where it is there and no larger than such a file can be.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        read_file(&self.find(name), MAX_READ)
    }

    /// The same for the list of revocations, which may be larger.
    pub(super) fn read_list(&self, name: &str) -> Option<Vec<u8>> {
        read_file(&self.find(name), crate::revoked::MAX_FILE as u64)
    }

    pub(super) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&self.read(name)?).ok()
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ClientError> {
        write_file(&self.place(name), bytes)
            .map_err(ClientError::disk(format!("`{name}` of the market")))
    }

    pub(super) fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), ClientError> {
        let text = serde_json::to_string(value).unwrap_or_default();
        self.write(name, text.as_bytes())
    }

    pub(super) fn forget(&self, name: &str) {
        // What is not there is forgotten already.
        let _ = fs::remove_file(self.place(name));
    }

    /// A component that is kept, with the receipt it came with; whoever uses it verifies it.
    pub fn component(&self, digest: &Digest) -> Option<Vec<u8>> {
        let path = self.find(&component_name(digest));
        let bytes = read_file(&path, crate::client::MAX_COMPONENT)?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    /// The receipt that a version was kept with.
    pub fn receipt(&self, component: &Digest) -> Option<Vec<u8>> {
        self.read(&format!("receipts/{}.json", component.to_hex()))
    }

    pub(super) fn component_place(&self, digest: &Digest) -> PathBuf {
        self.place(&component_name(digest))
    }
}

fn component_name(digest: &Digest) -> String {
    format!("components/{}", digest.to_hex())
}

/// Where the index of a skill is kept: a name has no dots but inside, and one slash.
pub(super) fn index_name(name: &SkillName) -> String {
    format!("index/{name}")
}

/// A file of at most so many bytes.
pub(super) fn read_file(path: &Path, most: u64) -> Option<Vec<u8>> {
    let size = fs::metadata(path).ok()?.len();
    (size <= most).then(|| fs::read(path).ok()).flatten()
}

/// Whole, or as it was; for its owner alone.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(bytes)?;
    place(file, path)
}

/// A new file in the folder that `path` is in.
pub(super) fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)
}

pub(super) fn place(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

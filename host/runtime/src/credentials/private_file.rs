//! Reads and makes files that hold secrets.
//!
//! A file others may read is refused, with the command that mends it. The checks are made on the open file, so nothing can
//! be swapped in between.

use std::{
    fs::{DirBuilder, File, Metadata, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

/// Largest secret file, in bytes: a private key in PEM form is about 3 KiB.
pub const MAX_SECRET_FILE_BYTES: u64 = 64 << 10;

/// Permissions of everybody but the owner.
const OTHERS: u32 = 0o077;

/// Why a secret file is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrivateFileError {
    /// It is not there.
    #[error("the file `{0}` does not exist")]
    Missing(PathBuf),
    /// It cannot be opened or read.
    #[error("the file `{0}` cannot be read: {1}")]
    Unreadable(PathBuf, io::ErrorKind),
    /// It is a directory, a pipe or a device.
    #[error("`{0}` is not a regular file")]
    NotAFile(PathBuf),
    /// Somebody else may read or write it.
    #[error("the file `{0}` is open to others (mode {1:03o}); run `chmod 600` on it")]
    TooOpen(PathBuf, u32),
    /// It belongs to somebody else.
    #[error("the file `{0}` belongs to another user; make the user who runs the host its owner")]
    NotOurs(PathBuf),
    /// It is larger than any secret.
    #[error("the file `{0}` is larger than {MAX_SECRET_FILE_BYTES} bytes")]
    TooLarge(PathBuf),
    /// It could not be made.
    #[error("the file `{0}` cannot be written: {1}")]
    Unwritable(PathBuf, io::ErrorKind),
}

/// Who must own a secret file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The user the host runs as.
    Us,
    /// Anybody: orchestrators mount secrets that belong to root.
    Anybody,
}

/// The contents of a file only its owner can read.
///
/// # Errors
/// [`PrivateFileError`], one variant per reason.
pub fn read(path: &Path, owner: Owner) -> Result<Zeroizing<Vec<u8>>, PrivateFileError> {
    let file = open(path)?;
    let unreadable = |error: io::Error| PrivateFileError::Unreadable(path.to_owned(), error.kind());
    check(path, &file.metadata().map_err(unreadable)?, owner)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET_FILE_BYTES as usize));
    file.take(MAX_SECRET_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_SECRET_FILE_BYTES {
        return Err(PrivateFileError::TooLarge(path.to_owned()));
    }
    Ok(bytes)
}

/// Opening a pipe must not wait for its other end.
fn open(path: &Path) -> Result<File, PrivateFileError> {
    let no_wait = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new()
        .read(true)
        .custom_flags(no_wait)
        .open(path)
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => PrivateFileError::Missing(path.to_owned()),
            kind => PrivateFileError::Unreadable(path.to_owned(), kind),
        })
}

fn check(path: &Path, meta: &Metadata, owner: Owner) -> Result<(), PrivateFileError> {
    if !meta.is_file() {
        return Err(PrivateFileError::NotAFile(path.to_owned()));
    }
    if meta.mode() & OTHERS != 0 {
        return Err(PrivateFileError::TooOpen(
            path.to_owned(),
            meta.mode() & 0o777,
        ));
    }
    if owner == Owner::Us && meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(PrivateFileError::NotOurs(path.to_owned()));
    }
    Ok(())
}

/// Makes a file only its owner can read, in a directory made for its owner alone. An existing file is left as it is and
/// reported as [`io::ErrorKind::AlreadyExists`].
///
/// # Errors
/// [`PrivateFileError::Unwritable`].
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), PrivateFileError> {
    let write = || {
        create_parent(path)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error: io::Error| PrivateFileError::Unwritable(path.to_owned(), error.kind()))
}

/// Makes the directory a secret file lives in, for its owner alone, when there is none.
pub fn create_parent(path: &Path) -> io::Result<()> {
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => DirBuilder::new().recursive(true).mode(0o700).create(parent),
        None => Ok(()),
    }
}

//! Replaces a file so that a reader, a crash or a full disk only ever sees the old one or the new one.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::credentials::private_file;

/// Writes a new file (mode 0600) beside `path`, flushes it, renames it over `path` and flushes the directory.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, |file| file.write_all(bytes))
}

/// The same with the writing left to the caller, so that a test can make it fail. The new file goes away with an error.
pub fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    private_file::create_parent(path)?;
    let directory = directory_of(path);
    let mut file = NamedTempFile::new_in(&directory)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

/// Opens a lock file, made for its owner alone when there is none.
pub fn open_lock(path: &Path) -> io::Result<File> {
    private_file::create_parent(path)?;
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn directory_of(path: &Path) -> PathBuf {
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => parent.to_owned(),
        None => PathBuf::from("."),
    }
}

//! One entry: a file of code beside a file with its MAC.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use super::key::MacKey;

pub(super) const CODE: &str = "cwasm";
pub(super) const MAC: &str = "mac";

pub(super) struct Entry {
    name: String,
    code: PathBuf,
    mac: PathBuf,
}

impl Entry {
    pub(super) fn new(directory: &Path, name: &str) -> Entry {
        Entry {
            name: name.to_owned(),
            code: directory.join(name).with_extension(CODE),
            mac: directory.join(name).with_extension(MAC),
        }
    }

    /// The file of code, when its MAC is right. To be mapped through this very handle: by its path, it could be another.
    pub(super) fn verified(&self, key: &MacKey) -> Option<File> {
        let tag = fs::read(&self.mac).ok()?;
        let file = File::open(&self.code).ok()?;
        let is_ours = key.verifies_file(&self.name, &handle(&file), &tag);
        is_ours.ok()?.then_some(file)
    }

    /// Replace the entry. Between the two renames the MAC is wrong, which only means "compile again".
    pub(super) fn write(&self, key: &MacKey, code: &[u8]) -> io::Result<()> {
        replace(&self.code, code)?;
        replace(&self.mac, key.sign(&self.name, code).as_bytes())
    }
}

/// A path to this very file, whatever is under its name by now.
pub(super) fn handle(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// Write beside and rename over: a reader sees the old file, the new file or none, never half of one,
/// and a full disk leaves nothing behind.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

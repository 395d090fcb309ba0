//! One entry: a file of code beside a file with its MAC.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::key::MacKey;

pub(super) const CODE: &str = "cwasm";
pub(super) const MAC: &str = "mac";

pub(super) struct Entry {
    code: PathBuf,
    mac: PathBuf,
}

impl Entry {
    pub(super) fn new(directory: &Path, name: &str) -> Entry {
        Entry {
            code: directory.join(name).with_extension(CODE),
            mac: directory.join(name).with_extension(MAC),
        }
    }

    /// The path of the code, when its MAC is right.
    pub(super) fn verified(&self, key: &MacKey) -> Option<&Path> {
        let tag = fs::read(&self.mac).ok()?;
        let code = fs::read(&self.code).ok()?;
        key.verifies(&code, &tag).then_some(&*self.code)
    }

    /// Replace the entry. Between the two renames the MAC is wrong, which only means "compile again".
    pub(super) fn write(&self, key: &MacKey, code: &[u8]) -> io::Result<()> {
        replace(&self.code, code)?;
        replace(&self.mac, key.sign(code).as_ref())
    }
}

/// Write beside and rename over: a reader sees the old file, the new file or none, never half of one,
/// and a full disk leaves nothing behind.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

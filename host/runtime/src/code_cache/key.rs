//! The directory's owner and the key that proves an entry is ours.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use aws_lc_rs::rand;
use blake3::{Hash, Hasher, KEY_LEN};

const KEY_FILE: &str = "mac.key";
/// Nobody but the owner: neither reading the key nor planting an entry.
const OTHERS: u32 = 0o077;

/// Key of the MACs in one cache directory: BLAKE3's keyed mode, several times as fast as a MAC over SHA-256 where a start
/// reads tens of megabytes.
pub(super) struct MacKey([u8; KEY_LEN]);

impl MacKey {
    /// Over the entry's name as well: one skill's code under another's name is as foreign as any.
    pub(super) fn sign(&self, name: &str, code: &[u8]) -> Hash {
        self.begin(name).update(code).finalize()
    }

    /// Whether `tag` is that of these bytes.
    pub(super) fn verifies(&self, name: &str, code: &[u8], tag: &[u8]) -> bool {
        is(self.begin(name).update(code), tag)
    }

    /// The same of a file, which is mapped: an interpreter's tens of megabytes are neither copied nor hashed by one core alone.
    pub(super) fn verifies_file(&self, name: &str, code: &Path, tag: &[u8]) -> io::Result<bool> {
        Ok(is(self.begin(name).update_mmap_rayon(code)?, tag))
    }

    fn begin(&self, name: &str) -> Hasher {
        let mut context = Hasher::new_keyed(&self.0);
        context.update(name.as_bytes()).update(&[0]);
        context
    }
}

/// In constant time, as [`Hash`] compares.
fn is(context: &Hasher, tag: &[u8]) -> bool {
    Hash::from_slice(tag).is_ok_and(|tag| context.finalize() == tag)
}

/// Make or check the directory and its key. The error is the end of the sentence "the code cache at … ".
pub(super) fn claim(directory: &Path) -> Result<MacKey, String> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| format!("cannot be made: {error}"))?;
    let metadata =
        fs::symlink_metadata(directory).map_err(|error| format!("cannot be read: {error}"))?;
    if !metadata.is_dir() {
        return Err("is not a directory".into());
    }
    owned_alone(&metadata)?;
    read_or_make(&directory.join(KEY_FILE)).map(MacKey)
}

fn owned_alone(metadata: &fs::Metadata) -> Result<(), String> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err("belongs to another user".into());
    }
    match metadata.mode() & OTHERS {
        0 => Ok(()),
        _ => Err(format!(
            "is open to other users (mode {:o}); run `chmod go-rwx` on it or remove it",
            metadata.mode() & 0o777
        )),
    }
}

fn read_or_make(path: &Path) -> Result<[u8; KEY_LEN], String> {
    match read(path)? {
        Some(key) => Ok(key),
        None => make(path),
    }
}

fn read(path: &Path) -> Result<Option<[u8; KEY_LEN]>, String> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("has an unreadable key: {error}")),
    };
    owned_alone(&file.metadata().map_err(|error| error.to_string())?)?;
    let mut key = [0; KEY_LEN];
    match file.read_exact(&mut key) {
        Ok(()) => Ok(Some(key)),
        // Half a key after a crash or a full disk: every entry under it is void anyway.
        Err(_) => fs::remove_file(path)
            .map(|()| None)
            .map_err(|error| error.to_string()),
    }
}

/// Several hosts may start at once: the first link wins and everybody reads the winner's key.
fn make(path: &Path) -> Result<[u8; KEY_LEN], String> {
    let mut key = [0; KEY_LEN];
    rand::fill(&mut key).map_err(|_| "has no source of randomness".to_string())?;
    let directory = path.parent().unwrap_or(Path::new("."));
    // A name of its own for every thread of every process, mode 0600 from the start.
    let made = tempfile::NamedTempFile::new_in(directory)
        .and_then(|mut file| {
            file.write_all(&key)
                .and_then(|()| file.as_file().sync_all())
                .map(|()| file)
        })
        .and_then(|file| match file.persist_noclobber(path) {
            Err(lost) if lost.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(lost) => Err(lost.error),
            Ok(_) => Ok(()),
        });
    made.map_err(|error| format!("cannot hold a key: {error}"))?;
    read(path)?.ok_or_else(|| "lost its key while it was made".into())
}

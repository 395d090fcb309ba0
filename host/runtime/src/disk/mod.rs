//! Directories the host keeps data in: made for their owner alone, reached through handles, never on the executor.
//!
//! Everything below a root goes through cap-std, so that no name and no symbolic link leads out of it. All functions
//! but [`off_executor`] block.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilderExt as _, File, OpenOptions, OpenOptionsExt as _};

/// Directories: nobody but the owner, because what lies inside belongs to tenants.
const DIRECTORY_MODE: u32 = 0o700;
/// Files: as the directories, should somebody move them elsewhere.
const FILE_MODE: u32 = 0o600;

/// The root directory at `path`, made with its parents when it is missing.
pub(crate) fn open_root(path: &Path) -> io::Result<Dir> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(path)?;
    Dir::open_ambient_dir(path, ambient_authority())
}

/// The directory below `dir`, made part by part when it is missing. Each part is one plain name.
pub(crate) fn make_below(dir: &Dir, parts: &[&str]) -> io::Result<Dir> {
    let mut builder = cap_std::fs::DirBuilder::new();
    builder.mode(DIRECTORY_MODE);
    let mut here = dir.try_clone()?;
    for part in parts {
        match here.create_dir_with(part, &builder) {
            Ok(()) => sync(&here)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        here = here.open_dir(part)?;
    }
    Ok(here)
}

/// The directory below `dir`, when it is there.
pub(crate) fn open_below(dir: &Dir, parts: &[&str]) -> io::Result<Option<Dir>> {
    missing(dir.open_dir(parts.join("/")))
}

/// The file, when it is there.
pub(crate) fn open(dir: &Dir, name: &str) -> io::Result<Option<File>> {
    missing(dir.open(name))
}

/// A new file of the owner's alone; an error of kind `AlreadyExists` when the name is taken.
pub(crate) fn create_new(dir: &Dir, name: &str) -> io::Result<File> {
    dir.open_with(
        name,
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE),
    )
}

/// A file of the owner's alone to read and write, made when it is missing and left as it is otherwise.
pub(crate) fn open_or_create(dir: &Dir, name: &str) -> io::Result<File> {
    dir.open_with(
        name,
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .mode(FILE_MODE),
    )
}

/// Write the directory itself to the disk: a rename is only durable after it.
pub(crate) fn sync(dir: &Dir) -> io::Result<()> {
    dir.open(".")?.sync_all()
}

/// "Not there" as an answer rather than an error.
pub(crate) fn missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Is it the room that is missing? The operator then does something else than for any other failure.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

/// Do blocking work where it holds up nobody. The work ends even when the future is dropped.
pub(crate) async fn off_executor<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)
}

#[cfg(test)]
mod tests;

//! Writing a folder whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

/// Writes `files` into a new folder at `folder`: beside it first, then moved to its place in one step.
///
/// # Errors
/// [`ErrorKind::DirectoryNotEmpty`] when something is there already that is no empty folder; [`ErrorKind::InvalidInput`]
/// for a path that leaves the folder; else the file system's own. Nothing is left behind.
pub fn write_whole(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    Prepared::write(folder, files)?.place()
}

/// A folder that is written and not in its place yet. Dropped, it was never there.
pub struct Prepared {
    folder: PathBuf,
    beside: TempDir,
    made: PathBuf,
}

impl Prepared {
    /// Writes `files` beside `folder`, in a folder of the same name.
    ///
    /// # Errors
    /// As [`write_whole`].
    pub fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<Prepared> {
        is_free(folder)?;
        let name = folder.file_name().ok_or(ErrorKind::InvalidInput)?;
        let beside = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let beside = tempfile::Builder::new()
            .prefix(".metier-")
            .tempdir_in(beside)?;
        let made = beside.path().join(name);
        fs::create_dir(&made)?;
        for (path, bytes) in files {
            write_below(&made, path, bytes)?;
        }
        Ok(Prepared {
            folder: folder.to_owned(),
            beside,
            made,
        })
    }

    /// Where it is now.
    pub fn path(&self) -> &Path {
        &self.made
    }

    /// Moves it to its place. Replaces an empty folder; one that got a file in the meantime is refused by the system.
    ///
    /// # Errors
    /// The file system's.
    pub fn place(self) -> Result<()> {
        fs::rename(&self.made, &self.folder)?;
        self.beside.close()
    }
}

fn write_below(folder: &Path, path: &str, bytes: &[u8]) -> Result<()> {
    let inside = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !inside {
        let message = format!("`{path}` leaves the folder");
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap_or(folder))?;
    fs::write(file, bytes)
}

fn is_free(folder: &Path) -> Result<()> {
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(meta) if !meta.is_dir() => Err(ErrorKind::AlreadyExists.into()),
        Ok(_) => match fs::read_dir(folder)?.next() {
            None => Ok(()),
            Some(_) => Err(ErrorKind::DirectoryNotEmpty.into()),
        },
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;
    use std::fs;
    use std::io::ErrorKind;

    use super::write_whole;

    fn files(paths: &[&str]) -> BTreeMap<String, Vec<u8>> {
        paths
            .iter()
            .map(|path| ((*path).to_owned(), path.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn an_empty_folder_is_filled_and_any_other_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("weather");
        fs::create_dir(&folder).unwrap();
        write_whole(&folder, &files(&["a", "b/c/d"])).unwrap();
        assert_eq!(fs::read(folder.join("b/c/d")).unwrap(), b"b/c/d");
        let again = write_whole(&folder, &files(&["x"])).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::DirectoryNotEmpty);
        assert!(!folder.join("x").exists());
        let file = home.path().join("file");
        fs::write(&file, "precious").unwrap();
        assert!(write_whole(&file, &files(&["x"])).is_err());
        assert_eq!(fs::read(&file).unwrap(), b"precious");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_failure_half_way_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        // A file where the next one needs a folder.
        let error = write_whole(&home.path().join("w"), &files(&["a", "a/b"])).unwrap_err();
        assert_ne!(error.kind(), ErrorKind::NotFound);
        for path in ["../out", "/out", "a/../../out"] {
            let error = write_whole(&home.path().join("w"), &files(&[path])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path}");
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}

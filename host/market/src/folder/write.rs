//! Writing a folder whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a folder and a file may be used for, before the umask takes away what the user does not want.
const FOLDER_MODE: u32 = 0o777;

/// Writes `files` into a new folder at `folder`: beside it first, then moved to its place in one step.
///
/// # Errors
/// [`ErrorKind::DirectoryNotEmpty`] when something is there already that is no empty folder; [`ErrorKind::InvalidInput`]
/// for a path that leaves the folder; else the file system's own. Nothing is left behind.
pub fn write_whole(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    is_free(folder)?;
    let beside = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let made = tempfile::Builder::new()
        .prefix(".metier-")
        .permissions(fs::Permissions::from_mode(FOLDER_MODE))
        .tempdir_in(beside)?;
    for (path, bytes) in files {
        let inside = Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("`{path}` leaves the folder"),
            ));
        }
        let file = made.path().join(path);
        fs::create_dir_all(file.parent().unwrap_or(made.path()))?;
        fs::write(file, bytes)?;
    }
    // Replaces an empty folder; one that got a file in the meantime is refused by the system.
    fs::rename(made.path(), folder)?;
    let _ = made.keep();
    Ok(())
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

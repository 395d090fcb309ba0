//! Many files into one directory: all of them, or none.
//!
//! All are written beside their places first, so a full disk is met before anything changes; then each takes its place, and what it takes the
//! place of is kept until the last one has. A failure puts all of it back. The last file is the one that makes the others
//! count: a process killed between two leaves an agent that its skills do not fit, which a host refuses and the next install mends.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Writes these files, by their path in the folder.
///
/// # Errors
/// The disk's; the folder is as it was then.
pub fn write(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let is_new = !folder.exists();
    fs::create_dir_all(folder)?;
    let written = staged(folder, files);
    if written.is_err() && is_new {
        // Folders below it are empty by now.
        let _ = fs::remove_dir_all(folder);
    }
    written
}

fn staged(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let stage = tempfile::Builder::new()
        .prefix(".metier-")
        .tempdir_in(folder)?;
    for (at, (_, bytes)) in files.iter().enumerate() {
        let mut file = File::create_new(stage.path().join(format!("new-{at}")))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    let mut done: Vec<Placed> = Vec::new();
    for (at, (path, _)) in files.iter().enumerate() {
        let new = stage.path().join(format!("new-{at}"));
        let old = stage.path().join(format!("old-{at}"));
        match Placed::put(&new, &old, folder.join(path)) {
            Ok(placed) => done.push(placed),
            Err(error) => {
                done.into_iter().rev().for_each(Placed::undo);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// A file in its place, and where the one is that was there.
struct Placed {
    place: PathBuf,
    old: Option<PathBuf>,
}

impl Placed {
    fn put(new: &Path, old: &Path, place: PathBuf) -> io::Result<Placed> {
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        let was_there = place.symlink_metadata().is_ok();
        if was_there {
            fs::rename(&place, old)?;
        }
        let placed = Placed {
            place,
            old: was_there.then(|| old.to_owned()),
        };
        match fs::rename(new, &placed.place) {
            Ok(()) => Ok(placed),
            Err(error) => {
                placed.undo();
                Err(error)
            }
        }
    }

    fn undo(self) {
        // What cannot be put back stays in the stage no longer than the process; the error that led here is told.
        let _ = match &self.old {
            Some(old) => fs::rename(old, &self.place),
            None => fs::remove_file(&self.place),
        };
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs;

    use super::write;

    fn files(names: &[&str], body: &str) -> Vec<(String, Vec<u8>)> {
        let files = names.iter();
        files
            .map(|name| ((*name).to_owned(), body.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn a_file_that_cannot_be_placed_takes_all_others_back() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        write(here, &files(&["a.wasm", "a.toml"], "old")).unwrap();
        // A file where a folder has to be.
        fs::write(here.join("prompts"), "in the way").unwrap();
        let wanted = files(&["new.wasm", "a.wasm", "prompts/x.md", "a.toml"], "new");
        assert!(write(here, &wanted).is_err());
        assert_eq!(fs::read_to_string(here.join("a.wasm")).unwrap(), "old");
        assert_eq!(fs::read_to_string(here.join("a.toml")).unwrap(), "old");
        let mut left: Vec<_> = fs::read_dir(here)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["a.toml", "a.wasm", "prompts"]);
        fs::remove_file(here.join("prompts")).unwrap();
        write(here, &wanted).unwrap();
        assert_eq!(
            fs::read_to_string(here.join("prompts/x.md")).unwrap(),
            "new"
        );
        assert_eq!(fs::read_to_string(here.join("a.wasm")).unwrap(), "new");
    }

    #[test]
    fn a_folder_that_was_not_there_is_not_there_after_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("review");
        assert!(write(&here, &files(&["a", "a/b"], "x")).is_err());
        assert!(!here.exists());
    }
}

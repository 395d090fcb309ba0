//! Reading files below a folder, bounded, without following links.

use std::collections::BTreeMap;
use std::fs::{self, FileType};
use std::path::Path;

use metier_core::package::{MAX_RESOURCE_BYTES, MAX_RESOURCES, ResourcePath};

use super::FolderError;

/// Files that a desktop or an editor leaves behind; nobody means to pack them.
const LITTER: [&str; 3] = [".DS_Store", "Thumbs.db", ".gitkeep"];

/// Every file below `folder`, by relative path.
///
/// # Errors
/// A symbolic link or special file, a name that is no path of a packed file, too many files or bytes.
pub fn read_below(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, FolderError> {
    fs::metadata(folder).map_err(|error| FolderError::Unreadable(folder.to_owned(), error))?;
    let mut files = BTreeMap::new();
    add(&mut files, folder, "")?;
    check_total(&files)?;
    Ok(files)
}

/// Adds the files of `folder`, each under `prefix`; none when there is no such folder.
pub(super) fn add(
    files: &mut BTreeMap<String, Vec<u8>>,
    folder: &Path,
    prefix: &str,
) -> Result<(), FolderError> {
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(FolderError::Unreadable(folder.to_owned(), error)),
        Ok(meta) if !meta.is_dir() => return Err(not_a_file(folder, meta.file_type())),
        Ok(_) => {}
    }
    let mut folders = vec![(folder.to_owned(), prefix.to_owned())];
    while let Some((folder, prefix)) = folders.pop() {
        let unreadable = |error| FolderError::Unreadable(folder.clone(), error);
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let name = entry
                .file_name()
                .into_string()
                .map_err(|_| FolderError::BadName {
                    path: path.clone(),
                    why: "it is not text".to_owned(),
                })?;
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                folders.push((path, format!("{prefix}{name}/")));
            } else if !kind.is_file() {
                return Err(not_a_file(&path, kind));
            } else if !LITTER.contains(&name.as_str()) {
                let packed = packed_path(&path, &format!("{prefix}{name}"))?;
                files.insert(packed, read(&path, MAX_RESOURCE_BYTES)?);
                check_count(files)?;
            }
        }
    }
    Ok(())
}

/// A file of at most `most` bytes.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<u8>, FolderError> {
    let unreadable = |error| FolderError::Unreadable(path.to_owned(), error);
    let meta = fs::symlink_metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(not_a_file(path, meta.file_type()));
    }
    if meta.len() > most as u64 {
        return Err(FolderError::TooLarge {
            path: path.to_owned(),
            most,
        });
    }
    fs::read(path).map_err(unreadable)
}

fn packed_path(path: &Path, packed: &str) -> Result<String, FolderError> {
    match packed.parse::<ResourcePath>() {
        Ok(_) => Ok(packed.to_owned()),
        Err(why) => Err(FolderError::BadName {
            path: path.to_owned(),
            why: why.to_string(),
        }),
    }
}

fn not_a_file(path: &Path, kind: FileType) -> FolderError {
    FolderError::NotAFile {
        path: path.to_owned(),
        what: match (kind.is_symlink(), kind.is_dir(), kind.is_file()) {
            (true, ..) => "a symbolic link",
            (_, true, _) => "a folder",
            (_, _, true) => "a file",
            _ => "a special file",
        },
    }
}

fn check_count(files: &BTreeMap<String, Vec<u8>>) -> Result<(), FolderError> {
    match files.len() > MAX_RESOURCES {
        true => Err(FolderError::TooMuch(format!("{MAX_RESOURCES} files"))),
        false => Ok(()),
    }
}

pub(super) fn check_total(files: &BTreeMap<String, Vec<u8>>) -> Result<(), FolderError> {
    check_count(files)?;
    match files.values().map(Vec::len).sum::<usize>() > MAX_RESOURCE_BYTES {
        true => Err(FolderError::TooMuch(format!("{MAX_RESOURCE_BYTES} bytes"))),
        false => Ok(()),
    }
}

//! An archive that is being written.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use metier_service::directory::now;
use tar::{Builder, EntryType, Header};
use tempfile::NamedTempFile;

use super::manifest::{Entry, FORMAT, Hashed, MAX_FILES, Manifest, NAME};

/// How archives and copies are called before they are whole.
pub const UNFINISHED: &str = ".metier-backup-";

/// Deeper folders than anything here makes.
const MAX_DEPTH: usize = 32;

/// Files with these names hold nothing but a lock.
const LOCKS: [&str; 1] = ["lock"];

/// An archive under another name.
pub struct Writing {
    tar: Builder<NamedTempFile>,
    entries: BTreeMap<String, Entry>,
}

impl Writing {
    /// Begins one in a folder.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        let file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(folder)?;
        Ok(Writing {
            tar: Builder::new(file),
            entries: BTreeMap::new(),
        })
    }

    /// A file as it is now; one that is not there is left out.
    pub fn file(&mut self, name: &str, path: &Path) -> io::Result<()> {
        let Some(file) = opened(path)? else {
            return Ok(());
        };
        let size = file.metadata()?.len();
        self.bytes(name, size, file)
    }

    /// The lines a file has now. What is written meanwhile, perhaps half a line, is left out.
    pub fn lines(&mut self, name: &str, path: &Path) -> io::Result<()> {
        let Some(file) = opened(path)? else {
            return Ok(());
        };
        let size = whole_lines(&file)?;
        self.bytes(name, size, file)
    }

    /// So many bytes.
    pub fn bytes(&mut self, name: &str, size: u64, from: impl Read) -> io::Result<()> {
        if self.entries.len() >= MAX_FILES {
            return Err(io::Error::other(format!(
                "there are more than {MAX_FILES} files"
            )));
        }
        let mut hashed = Hashed::new(from.take(size));
        self.append(name, size, &mut hashed)?;
        let entry = hashed.entry();
        if entry.size != size {
            return Err(io::Error::other(format!(
                "`{name}` became shorter while it was read"
            )));
        }
        self.entries.insert(name.to_owned(), entry);
        Ok(())
    }

    fn append(&mut self, name: &str, size: u64, from: impl Read) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o600);
        header.set_size(size);
        header.set_mtime(0);
        self.tar.append_data(&mut header, name, from)
    }

    /// A folder with everything below it, except what `is_left_out` of its name. Links are not followed.
    pub fn folder(
        &mut self,
        name: &str,
        path: &Path,
        is_left_out: &dyn Fn(&Path) -> bool,
    ) -> io::Result<()> {
        let mut waiting = vec![(name.to_owned(), path.to_owned(), 0)];
        while let Some((name, path, depth)) = waiting.pop() {
            if depth > MAX_DEPTH {
                return Err(io::Error::other(format!("`{name}` is too deep")));
            }
            for (file, path) in sorted(&path)? {
                let name = format!("{name}/{file}");
                let kind = match fs::symlink_metadata(&path) {
                    Ok(told) => told.file_type(),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
                let is_lock = kind.is_file() && LOCKS.contains(&file.as_str());
                if is_left_out(&path) || is_lock {
                    continue;
                }
                if kind.is_dir() {
                    waiting.push((name, path, depth + 1));
                } else if kind.is_file() {
                    self.file(&name, &path)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what it holds, and gives it its name, which nothing has yet. How many files it holds.
    pub fn end(mut self, path: &Path) -> io::Result<usize> {
        let manifest = Manifest {
            format: FORMAT,
            metier: env!("CARGO_PKG_VERSION").to_owned(),
            made: now(),
            entries: std::mem::take(&mut self.entries),
        };
        let bytes = serde_json::to_vec(&manifest).map_err(io::Error::other)?;
        self.append(NAME, bytes.len() as u64, bytes.as_slice())?;
        let file = self.tar.into_inner()?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        File::open(folder_of(path))?.sync_all()?;
        Ok(manifest.entries.len())
    }
}

/// The folder something is in.
pub fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn opened(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// How long a file is up to its last line break.
fn whole_lines(mut file: &File) -> io::Result<u64> {
    use std::io::{Seek, SeekFrom};
    const PIECE: u64 = 64 << 10;
    let mut end = file.metadata()?.len();
    let mut piece = Vec::new();
    let size = loop {
        let start = end.saturating_sub(PIECE);
        file.seek(SeekFrom::Start(start))?;
        piece.clear();
        file.take(end - start).read_to_end(&mut piece)?;
        match piece.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => break start + at as u64 + 1,
            None if start == 0 => break 0,
            None => end = start,
        }
    };
    file.seek(SeekFrom::Start(0))?;
    Ok(size)
}

/// What is in a folder, by name; nothing where it is not there.
fn sorted(folder: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| {
            io::Error::other(format!("the name {} is not UTF-8", name.display()))
        })?;
        found.insert(name, entry.path());
    }
    Ok(found)
}

//! From an archive to a folder beside its place, checked.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
};

use metier_core::{Code, Fault};
use tempfile::TempDir;

use super::{
    DATA, Places,
    archive::folder_of,
    damaged,
    manifest::{Entry, FORMAT, Hashed, MAX_BYTES, MAX_FILES, Manifest, NAME},
};
use crate::errors::Failure;

/// What files may be below.
const ROOTS: [&str; 4] = [DATA, "store", "runs", "vault"];

/// An archive that is whole, unpacked.
pub struct Unpacked {
    /// Where; it is removed when this is dropped.
    pub folder: TempDir,
    /// What it holds.
    pub manifest: Manifest,
}

/// Unpacks an archive beside the data directory, which must not be there.
///
/// # Errors
/// [`Failure`] when the archive is not what was written, or something is in the way. Nothing is left then.
pub fn unpack(places: &Places, archive: &Path) -> Result<Unpacked, Failure> {
    vacant(&places.data)?;
    let file = File::open(archive).map_err(|error| Failure::unreadable(archive, &error))?;
    let beside = folder_of(&places.data);
    let unwritable = |error: io::Error| Failure::unwritable("What is restored", &error);
    make_below(beside).map_err(unwritable)?;
    let folder = tempfile::Builder::new()
        .prefix(".metier-restore-")
        .tempdir_in(beside)
        .map_err(unwritable)?;
    let manifest = unpacked(file, archive, folder.path())?;
    Ok(Unpacked { folder, manifest })
}

/// Nothing is there, or an empty folder.
fn vacant(data: &Path) -> Result<(), Failure> {
    let is_vacant = match fs::read_dir(data) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    match is_vacant {
        true => Ok(()),
        false => Err(super::place::in_the_way(data)),
    }
}

fn unpacked(file: File, archive: &Path, folder: &Path) -> Result<Manifest, Failure> {
    let mut tar = tar::Archive::new(io::BufReader::new(file));
    let wrong = |error: io::Error| damaged(archive, &error.to_string());
    let mut found: BTreeMap<String, Entry> = BTreeMap::new();
    let mut manifest = None;
    for entry in tar.entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let path = entry.path().map_err(wrong)?.into_owned();
        let name = path.to_str().unwrap_or_default().to_owned();
        let is_plain = entry.header().entry_type() == tar::EntryType::Regular;
        if manifest.is_some() || !is_plain || found.len() > MAX_FILES {
            return Err(damaged(archive, &format!("`{name}` does not belong there")));
        }
        if name == NAME {
            manifest = Some(read(&mut entry).map_err(wrong)?);
            continue;
        }
        if !is_ours(&path) || found.contains_key(&name) {
            return Err(damaged(
                archive,
                &format!("`{name}` is no name of a file in it"),
            ));
        }
        let kept = write(&mut entry, &folder.join(&path))?;
        found.insert(name, kept);
    }
    let manifest = manifest.ok_or_else(|| damaged(archive, "its end is missing"))?;
    if manifest.format != FORMAT {
        return Err(newer(archive));
    }
    compare(&manifest.entries, &found).map_err(|why| damaged(archive, &why))?;
    Ok(manifest)
}

fn read(entry: impl Read) -> io::Result<Manifest> {
    let mut bytes = Vec::new();
    entry.take(MAX_BYTES).read_to_end(&mut bytes)?;
    serde_json::from_slice(&bytes).map_err(io::Error::other)
}

/// Below one of our folders, and nowhere else.
fn is_ours(path: &Path) -> bool {
    let mut parts = path.components();
    let first = parts.next();
    let is_root = ROOTS
        .iter()
        .any(|root| first == Some(Component::Normal(root.as_ref())));
    let mut rest = parts.peekable();
    is_root && rest.peek().is_some() && rest.all(|part| matches!(part, Component::Normal(_)))
}

fn write(entry: impl Read, path: &Path) -> Result<Entry, Failure> {
    let mut hashed = Hashed::new(entry);
    let written = make_below(folder_of(path)).and_then(|()| {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        io::copy(&mut hashed, &mut file)?;
        file.sync_all()
    });
    written.map_err(|error| Failure::unwritable("What is restored", &error))?;
    Ok(hashed.entry())
}

fn make_below(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

fn compare(
    expected: &BTreeMap<String, Entry>,
    found: &BTreeMap<String, Entry>,
) -> Result<(), String> {
    for (name, entry) in expected {
        match found.get(name) {
            None => return Err(format!("`{name}` is missing")),
            Some(other) if other != entry => return Err(format!("`{name}` was changed")),
            Some(_) => {}
        }
    }
    match found.keys().find(|name| !expected.contains_key(*name)) {
        Some(name) => Err(format!("`{name}` was added")),
        None => Ok(()),
    }
}

fn newer(archive: &Path) -> Failure {
    let message = format!("The archive `{}` has another format.", archive.display());
    Fault::new(Code::InvalidArguments, message)
        .with_hint("Restore it with the release of `metier` that wrote it, or a later one.")
        .into()
}

/// Files of an unpacked archive, for whoever gives them their names.
impl Unpacked {
    /// Where something of the archive is; nothing when it holds none.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.path().join(name);
        path.exists().then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_ours;

    #[test]
    fn nothing_is_unpacked_elsewhere() {
        for ours in [
            "data/audit/1/head.json",
            "store/store.db",
            "vault/secrets.key",
        ] {
            assert!(is_ours(Path::new(ours)), "{ours}");
        }
        for other in [
            "data",
            "data/..",
            "data/../x",
            "../data/x",
            "/data/x",
            "etc/passwd",
            "manifest.json",
            "",
        ] {
            assert!(!is_ours(Path::new(other)), "{other}");
        }
    }
}

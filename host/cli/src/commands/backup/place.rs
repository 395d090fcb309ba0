//! What was unpacked and checked gets its names.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use metier_core::{Code, Fault};
use metier_store::StoreUrl;

use super::{
    BLOBS, DATA, Places, RUNS, STORE, VAULT, VAULT_KEY, archive::folder_of, beside,
    unpack::Unpacked,
};
use crate::errors::Failure;

/// Puts everything in its place: what belongs elsewhere first, the data directory as the last, in one step.
///
/// # Errors
/// [`Failure`] when something is in the way or cannot be written; nothing new is left then.
pub fn place(places: &Places, unpacked: Unpacked) -> Result<(), Failure> {
    let moves = moves(places, &unpacked)?;
    if let Some((_, taken)) = moves.iter().find(|(_, to)| to.exists()) {
        return Err(in_the_way(taken));
    }
    let data = unpacked.folder.path().join(DATA);
    let mut placed = Vec::new();
    let done = put(places, &data, &moves, &mut placed);
    done.map_err(|error| {
        for path in &placed {
            let _ = fs::remove_dir_all(path).or_else(|_| fs::remove_file(path));
        }
        Failure::unwritable("What is restored", &error)
    })
}

fn put(
    places: &Places,
    data: &Path,
    moves: &[(PathBuf, PathBuf)],
    placed: &mut Vec<PathBuf>,
) -> io::Result<()> {
    fs::create_dir_all(data)?;
    for (from, to) in moves {
        match to.strip_prefix(&places.data) {
            // It comes with the data directory.
            Ok(below) => renamed(from, &data.join(below))?,
            Err(_) => {
                placed.push(to.clone());
                moved(from, to)?;
            }
        }
    }
    if places.data.exists() {
        fs::remove_dir(&places.data)?;
    }
    fs::rename(data, &places.data)?;
    File::open(folder_of(&places.data))?.sync_all()
}

/// What of an archive goes where.
fn moves(places: &Places, unpacked: &Unpacked) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
    let mut moves = Vec::new();
    let mut both = |name: &str, to: &Path| {
        for suffix in ["", BLOBS] {
            let from = unpacked.file(&format!("{name}{suffix}"));
            moves.extend(from.map(|from| (from, beside(to, suffix))));
        }
    };
    if unpacked.file(STORE).is_some() {
        match &places.store {
            StoreUrl::SqliteFile(path) => both(STORE, path),
            _ => {
                return Err(Failure::usage(
                    "The archive holds a SQLite store, and the store is to be elsewhere.",
                    "Name the file it is to be with --store sqlite:PATH.",
                ));
            }
        }
    }
    both(RUNS, &places.runs);
    for (name, to) in [(VAULT, &places.vault), (VAULT_KEY, &places.vault_key)] {
        let from = unpacked.file(name);
        moves.extend(from.map(|from| (from, to.clone())));
    }
    Ok(moves)
}

fn renamed(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(folder_of(to))?;
    fs::rename(from, to)
}

/// To another place, perhaps on another disk: never half a file under its name.
fn moved(from: &Path, to: &Path) -> io::Result<()> {
    match renamed(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        other => return other,
    }
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            moved(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::create_dir_all(folder_of(to))?;
    let mut copy = tempfile::Builder::new().tempfile_in(folder_of(to))?;
    io::copy(&mut File::open(from)?, copy.as_file_mut())?;
    copy.as_file().sync_all()?;
    copy.persist_noclobber(to)
        .map(drop)
        .map_err(|error| error.error)
}

/// Something is where the archive is to be restored to.
pub fn in_the_way(path: &Path) -> Failure {
    let message = format!("There is something at `{}` already.", path.display());
    Fault::new(Code::Conflict, message)
        .with_hint("Nothing is overwritten: move it away, or set XDG_DATA_HOME to another place.")
        .into()
}

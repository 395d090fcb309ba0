//! From a service, at work or not, to an archive.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use metier_core::{Code, Fault, fault::sentence};
use metier_service::audit::trails;
use metier_store::{StoreUrl, sqlite};
use time::{OffsetDateTime, format_description};

use super::{
    BLOBS, DATA, Places, RUNS, STORE, VAULT, VAULT_KEY,
    archive::{UNFINISHED, Writing, folder_of},
    beside,
};
use crate::{args::backup::Backup, errors::Failure};

/// What was written.
pub struct Saved {
    /// Where.
    pub path: PathBuf,
    /// How many files it holds.
    pub files: usize,
    /// Whether a store is among them.
    pub store: bool,
}

/// Writes an archive of everything.
///
/// # Errors
/// [`Failure`]; no archive is there then.
pub fn save(places: &Places, args: &Backup) -> Result<Saved, Failure> {
    let store = store(places, args)?;
    let path = target(&args.to)?;
    let unwritable = |error: io::Error| Failure::unwritable("The archive", &error);
    let mut writing = Writing::begin(folder_of(&path)).map_err(unwritable)?;
    let copies = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(folder_of(&path))
        .map_err(unwritable)?;
    let saved = |writing: &mut Writing, name: &str, database: &Path| {
        database_of(writing, name, database, copies.path())
    };
    if let Some(store) = store {
        saved(&mut writing, STORE, store)?;
    }
    if places.runs.exists() {
        saved(&mut writing, RUNS, &places.runs)?;
    }
    let files = rest(places, args, &mut writing).and_then(|()| writing.end(&path));
    let files = files.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => occupied(&path),
        ErrorKind::Other => {
            Fault::new(Code::StorageUnavailable, sentence(&error.to_string())).into()
        }
        _ => unwritable(error),
    })?;
    Ok(Saved {
        path,
        files,
        store: store.is_some(),
    })
}

/// The SQLite store that is saved; none where it is to be left out.
fn store<'p>(places: &'p Places, args: &Backup) -> Result<Option<&'p Path>, Failure> {
    match &places.store {
        _ if args.without_store => Ok(None),
        StoreUrl::SqliteFile(path) if path.exists() => Ok(Some(path)),
        StoreUrl::SqliteFile(path) => {
            let message = format!("There is no store at {}.", path.display());
            Err(Fault::new(Code::NotFound, message)
                .with_hint(
                    "Name it with --store or --config, or leave it out with --without-store.",
                )
                .into())
        }
        StoreUrl::SqliteMemory => Err(Failure::usage(
            "A store in memory cannot be saved.",
            "Name the store with --store.",
        )),
        StoreUrl::Postgres(_) => Err(Failure::usage(
            "The store is a PostgreSQL, which is saved with its own tools.",
            "Save it with `pg_dump --format=custom`, and the rest with `metier backup --without-store`; first the database, then the rest.",
        )),
    }
}

/// The archive's own name; in a folder that is named, by the time.
fn target(to: &Path) -> Result<PathBuf, Failure> {
    let path = match to.is_dir() {
        true => to.join(format!("metier-{}.tar", moment())),
        false => to.to_owned(),
    };
    match path.exists() {
        true => Err(occupied(&path)),
        false => Ok(path),
    }
}

fn moment() -> String {
    let words =
        format_description::parse_borrowed::<2>("[year][month][day]T[hour][minute][second]Z");
    let told = words
        .ok()
        .and_then(|words| OffsetDateTime::now_utc().format(&words).ok());
    told.unwrap_or_else(|| metier_service::directory::now().to_string())
}

fn occupied(path: &Path) -> Failure {
    let message = format!("The file `{}` is there already.", path.display());
    Fault::new(Code::Conflict, message)
        .with_hint("Name another: nothing is overwritten.")
        .into()
}

/// A database, as it is in one moment, with its blobs.
fn database_of(
    writing: &mut Writing,
    name: &str,
    database: &Path,
    copies: &Path,
) -> Result<(), Failure> {
    let copy = copies.join(name.replace('/', "-"));
    sqlite::backup(database, &copy)
        .map_err(|error| Failure::from(metier_service::faults::of_store(&error)))?;
    let blobs = beside(&copy, BLOBS);
    let kept = writing.file(name, &copy).and_then(|()| {
        writing.folder(&format!("{name}{BLOBS}"), &blobs, &|path| {
            path.ends_with("unfinished")
        })
    });
    kept.map_err(|error| Failure::unwritable("The archive", &error))?;
    // As soon as they are in the archive they need no room twice.
    let _ = fs::remove_dir_all(&blobs);
    let _ = fs::remove_file(&copy);
    Ok(())
}

/// Everything but databases. Trails come last: whatever was saved before is in them.
fn rest(places: &Places, args: &Backup, writing: &mut Writing) -> io::Result<()> {
    writing.file(VAULT, &places.vault)?;
    if !args.without_key {
        writing.file(VAULT_KEY, &places.vault_key)?;
    }
    let audit = places.data.join("audit");
    let is_left_out = |path: &Path| is_elsewhere(places, path) || path == audit;
    writing.folder(DATA, &places.data, &is_left_out)?;
    if !audit.is_dir() {
        return Ok(());
    }
    for trail in trails(&audit)? {
        trail_of(writing, &audit, &trail)?;
    }
    Ok(())
}

/// What has its own place in the archive, or holds nothing that is kept.
fn is_elsewhere(places: &Places, path: &Path) -> bool {
    let mut databases = vec![&places.runs];
    if let StoreUrl::SqliteFile(store) = &places.store {
        databases.push(store);
    }
    let suffixes = ["", BLOBS, "-wal", "-shm", "-journal", ".lock"];
    let is_database = databases.iter().any(|database| {
        suffixes
            .iter()
            .any(|suffix| path == beside(database, suffix))
    });
    let vault = folder_of(&places.vault);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_lock = path
        .extension()
        .is_some_and(|extension| extension == "lock");
    is_database
        || path == places.vault
        || path == places.vault_key
        || (is_lock && folder_of(path) == vault)
        || name.starts_with(UNFINISHED)
}

/// The head first: it may be of an earlier record than the last, never of a later one.
fn trail_of(writing: &mut Writing, audit: &Path, trail: &Path) -> io::Result<()> {
    let below = trail.strip_prefix(audit).unwrap_or(trail);
    let name = |file: &str| {
        let parts = [DATA, "audit"].map(str::to_owned).into_iter();
        let parts = parts.chain(below.iter().map(|part| part.to_string_lossy().into_owned()));
        let parts: Vec<String> = parts.chain([file.to_owned()]).collect();
        parts.join("/")
    };
    writing.file(&name("head.json"), &trail.join("head.json"))?;
    let mut files: Vec<PathBuf> = fs::read_dir(trail)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    files.sort();
    for path in files {
        let Some(file) = path.file_name().and_then(|file| file.to_str()) else {
            continue;
        };
        if file.ends_with(".jsonl") {
            writing.lines(&name(file), &path)?;
        } else if file.ends_with(".torn") {
            writing.file(&name(file), &path)?;
        }
    }
    Ok(())
}

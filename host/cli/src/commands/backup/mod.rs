//! `metier backup` and `metier restore`: everything a host service keeps in one archive, and back.
//!
//! | in the archive | what it is |
//! |---|---|
//! | `store/store.db`, `store/store.db.blobs` | a SQLite store, as it was in one moment, and its blobs |
//! | `runs/runs.db`, `runs/runs.db.blobs` | the same of `metier run` |
//! | `vault/secrets.vault`, `vault/secrets.key` | the vault, and the file that opens it |
//! | `data/…` | the rest of the data directory: artifacts, what skills remember, the audit trail and its key |
//! | `manifest.json` | at the end: the size and the SHA-256 of each file |
//!
//! An archive is a tar file with plain files only. It is written under another name and renamed when it is whole. What is restored is
//! unpacked beside its place and checked against the manifest; only then it gets its names.

mod archive;
mod manifest;
mod place;
mod save;
mod unpack;

use std::path::{Path, PathBuf, absolute};

use metier_core::{Code, Fault};
use metier_store::StoreUrl;

use super::App;
use crate::{
    args::backup::{Backup, Restore, WhichService},
    commands::serve::config::Config,
    errors::Failure,
    exit::Exit,
    folders::vault_key,
};

/// Where a store is in an archive.
const STORE: &str = "store/store.db";

/// Where the store of `metier run` is.
const RUNS: &str = "runs/runs.db";

/// Where the vault is.
const VAULT: &str = "vault/secrets.vault";

/// Where its key is.
const VAULT_KEY: &str = "vault/secrets.key";

/// What is below the data directory.
const DATA: &str = "data";

/// What follows the name of a database for its blobs.
const BLOBS: &str = ".blobs";

/// Where everything of a service is.
struct Places {
    data: PathBuf,
    store: StoreUrl,
    runs: PathBuf,
    vault: PathBuf,
    vault_key: PathBuf,
}

impl Places {
    fn of(app: &App, which: &WhichService) -> Result<Places, Failure> {
        let config = match &which.config {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        let store = match which
            .store
            .clone()
            .map_or_else(|| config.store(), |url| Ok(Some(url)))?
        {
            Some(url) => url,
            None => StoreUrl::SqliteFile(app.folders.service()?),
        };
        let vault = which.vault.vault.clone().or(config.vault.file);
        let vault = whole(vault.map_or_else(|| app.folders.vault(), Ok)?);
        let store = match store {
            StoreUrl::SqliteFile(path) => StoreUrl::SqliteFile(whole(path)),
            other => other,
        };
        let key = which.vault.vault_key.clone().or(config.vault.key);
        Ok(Places {
            data: app.folders.data()?,
            store,
            runs: app.folders.runs()?,
            vault_key: key.map_or_else(|| vault_key(&vault), whole),
            vault,
        })
    }
}

/// Writes an archive.
///
/// # Errors
/// [`Failure`]; no archive is there then.
pub fn backup(app: &App, args: &Backup) -> Result<Exit, Failure> {
    let places = Places::of(app, &args.service)?;
    let saved = save::save(&places, args)?;
    let shown = saved.path.display();
    app.printer.note(&format!(
        "saved {} files in {shown}{}",
        saved.files,
        match saved.store {
            true => "",
            false => ", without the store",
        }
    ));
    app.print(&format!("{shown}\n"))?;
    Ok(Exit::Ok)
}

/// Puts everything of an archive where it belongs.
///
/// # Errors
/// [`Failure`]; nothing is there then that was not there before.
pub fn restore(app: &App, args: &Restore) -> Result<Exit, Failure> {
    let places = Places::of(app, &args.service)?;
    let unpacked = unpack::unpack(&places, &args.from)?;
    let files = unpacked.manifest.entries.len();
    place::place(&places, unpacked)?;
    let data = places.data.display();
    app.printer.note(&format!(
        "restored {files} files; the data directory is {data}"
    ));
    Ok(Exit::Ok)
}

/// From the root, so that it is known again.
fn whole(path: PathBuf) -> PathBuf {
    absolute(&path).unwrap_or(path)
}

/// A path with something behind it.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// An archive that is not what was written.
fn damaged(archive: &Path, why: &str) -> Failure {
    let archive = crate::text::one_line(&archive.display().to_string());
    let why = crate::text::one_line(why);
    let message = format!("The archive `{archive}` is not whole: {why}.");
    Fault::new(Code::InvalidArguments, message)
        .with_hint("Nothing was restored. Use another archive.")
        .into()
}

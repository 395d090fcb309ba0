//! `metier.lock` in the current directory: read whole, written whole, by one process at a time.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use metier_core::{Code, Fault, SkillName};
use metier_market::{
    client::write_file,
    index::{Lock, Locked, Markets},
};

use crate::{
    commands::App,
    errors::{Failure, sentence},
    given,
};

/// The file.
pub const FILE: &str = "metier.lock";

/// Largest lock, in bytes: some ten thousand skills.
const MAX_LOCK: u64 = 8 << 20;

/// Reads the lock; nothing is locked where there is none.
///
/// # Errors
/// When it is of another market, or none.
pub fn read(markets: &Markets) -> Result<Lock, Failure> {
    if !Path::new(FILE).exists() {
        return Ok(Lock::default());
    }
    let text = given::file(Path::new(FILE), "The lock", MAX_LOCK)?;
    Lock::read(&text, markets).map_err(|error| {
        Fault::new(Code::InvalidArguments, sentence(&error.to_string()))
            .with_hint("Use the market it was made with (--market, METIER_MARKET, markets.toml), or work in another directory.")
            .into()
    })
}

/// Locks a skill: reads the lock again, since another install may have written it, and writes it.
///
/// # Errors
/// When it cannot be read any more, or not written.
pub fn set(app: &App, markets: &Markets, name: &SkillName, locked: Locked) -> Result<(), Failure> {
    let _held = hold(app)?;
    let mut lock = read(markets)?;
    lock.set(name.clone(), locked, markets)
        .map_err(|error| Failure::usage(sentence(&error.to_string()), "Name it with --market."))?;
    let written = write_file(&PathBuf::from(FILE), lock.write().as_bytes());
    written.map_err(|error| Failure::unwritable("The lock `metier.lock`", &error))
}

/// One at a time, whichever directory: it takes milliseconds.
fn hold(app: &App) -> Result<File, Failure> {
    let folder = app.folders.markets()?;
    let open = || -> io::Result<File> {
        fs::create_dir_all(&folder)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(|error| Failure::unwritable("The data directory", &error))
}

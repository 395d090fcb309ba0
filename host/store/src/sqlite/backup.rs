//! Backups, while the store is at work, and their way back.

use std::{fs, path::Path, sync::Arc};

use rusqlite::{Connection, backup::Backup};

use super::{
    lock::{FileLock, beside},
    schema,
};
use crate::{
    blobs,
    error::{Refusal, StoreError},
    traits::Result,
};

/// Copies a store to a new file, checked, with its blobs in `DESTINATION.blobs`. The store may be open, here or in another process.
/// Blocks; it is one consistent state, and writers go on meanwhile.
pub fn backup(store: &Path, destination: &Path) -> Result<()> {
    copy(store, destination)?;
    // Blobs are written before what refers to them, and stay: copied last, none that the copy refers to is missing.
    blobs::copy(&beside(store, ".blobs"), &beside(destination, ".blobs"))
}

/// Makes a store from a backup. The file must not exist yet: what is there is never overwritten.
///
/// Runs that went on after the backup was taken are behind what their hosts know:
/// [`Rewound`](crate::StoreError::Rewound) tells those.
pub fn restore(backup: &Path, store: &Path) -> Result<()> {
    let _lock = FileLock::take(store)?;
    copy(backup, store)?;
    blobs::copy(&beside(backup, ".blobs"), &beside(store, ".blobs"))
}

/// Pages are copied under another name first: there is never half a database under the right one.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for (path, must_exist) in [(from, true), (to, false)] {
        if path.exists() != must_exist {
            let what = if must_exist {
                "it is not there"
            } else {
                "it exists already"
            };
            return Err(Refusal::Damaged {
                path: path.display().to_string(),
                what: what.into(),
            }
            .into());
        }
    }
    let source = schema::reader(from)?;
    let unfinished = beside(to, ".unfinished");
    let _ = fs::remove_file(&unfinished);
    let mut target = Connection::open(&unfinished)?;
    Backup::new(&source, &mut target)?.step(-1)?;
    schema::check(&target, Some(from), true)?;
    target
        .close()
        .map_err(|(_, error)| StoreError::from(error))?;
    fs::File::open(&unfinished)
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    fs::rename(&unfinished, to).map_err(io)?;
    let folder = to
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io)
}

fn io(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(Arc::new(error))
}

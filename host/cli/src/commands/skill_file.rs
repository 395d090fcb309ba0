//! A skill's file, loaded.

use std::{fs, path::Path, sync::Arc};

use metier_core::{code::Code, fault::Fault};
use metier_runtime::{
    host::{Host, HostConfig},
    skill::{MAX_FILE, Skill},
};

use super::{App, market::beside};
use crate::{errors::Failure, text};

/// Calls at once: one command makes one call, and its own fetches need no second.
const CALLS: u32 = 2;

/// What the command line's hosts have in common: a small pool, and the code cache if there can be one.
pub fn config(app: &App) -> HostConfig {
    HostConfig {
        calls: CALLS,
        code_cache: app.folders.code(),
        ..HostConfig::default()
    }
}

/// A host from `make`. A code cache that cannot be used costs time, not the call: it is done without, and said.
pub fn host(app: &App, make: impl Fn() -> HostConfig) -> Result<Host, Failure> {
    let config = make();
    if config.code_cache.is_none() {
        app.printer
            .warn("neither XDG_CACHE_HOME nor HOME is set: compiled code is not kept");
    }
    match Host::new(config) {
        Err(fault) if fault.code == Code::CodeCacheUnusable => {
            app.printer.warn(&format!(
                "{} Compiled code is not kept.",
                text::one_line(&fault.message)
            ));
            Ok(Host::new(HostConfig {
                code_cache: None,
                ..make()
            })?)
        }
        made => Ok(made?),
    }
}

/// Reads and loads the skill at `path`. Where a receipt lies beside it, it is that version, or is not loaded.
pub async fn load(app: &App, host: &Host, path: &Path) -> Result<Arc<Skill>, Failure> {
    Ok(host.load(read_vouched(app, path)?).await?)
}

/// The bytes of a file that is about to be loaded: see [`beside`].
pub fn read_vouched(app: &App, path: &Path) -> Result<Vec<u8>, Failure> {
    let component = read(path)?;
    beside::check(app, path, &component)?;
    Ok(component)
}

/// The bytes of the file at `path`, if it is no larger than a skill may be.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::unreadable(path, &error);
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_FILE as u64 {
        let message = format!("The file has {size} bytes; a skill has at most {MAX_FILE}.");
        return Err(Fault::new(Code::SkillTooLarge, message).into());
    }
    fs::read(path).map_err(unreadable)
}

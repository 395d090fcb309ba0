//! Whether a version may still run, by the list of what may not.

use super::ClientError;
use crate::{
    consent::Contents,
    index::Line,
    revoked::{Capability, Installed, List},
};

/// Why a version must not run, as far as its index and the list tell.
pub fn revoked_line(list: &List, line: &Line) -> Option<String> {
    if let Some(why) = &line.void {
        return Some(format!("void: {why}"));
    }
    let hit = list.naming(&line.name, &line.vers, &line.component)?;
    Some(format!("revoked: {}", hit.why))
}

/// Refuses a skill that the list hits, by whatever.
///
/// # Errors
/// [`ClientError::Revoked`].
pub fn check_revoked(list: &List, contents: &Contents) -> Result<(), ClientError> {
    let installed = Installed {
        name: contents.name().clone(),
        version: contents.version().clone(),
        digest: *contents.component(),
        capabilities: Capability::asked(&contents.manifest().capabilities),
    };
    match list.hits(&installed).first() {
        None => Ok(()),
        Some(entry) => Err(ClientError::Revoked {
            name: installed.name,
            version: installed.version,
            why: entry.why.to_string(),
        }),
    }
}

//! A receipt beside a skill's file: whoever put it there wants the file to be that version, so nothing else is loaded in its place.
//!
//! A file without one is the developer's own: it runs as it is. So the receipt is no wall against somebody who can write into the folder, who
//! can take it away too; it is one against files that were mixed up, changed or cut off, and against versions that were revoked since.
//! Nobody is asked: it is held against the markets that are trusted on this machine and the revocation list that was taken last.

use std::path::Path;

use metier_market::{
    client::{ClientError, Known, Vouched, vouch},
    index::Address,
    receipt::MAX_RECEIPT,
};

use super::{place, session::now, verify::beside};
use crate::{
    commands::{App, pack},
    errors::Failure,
    text,
};

/// Verifies a file before it is loaded, where a receipt lies beside it.
///
/// # Errors
/// When the file is not what the receipt says, when it is revoked as far as is known here, or when nobody here trusts the receipt's market.
pub fn check(app: &App, path: &Path, component: &[u8]) -> Result<(), Failure> {
    let beside = beside(path);
    if !beside.exists() {
        return Ok(());
    }
    let receipt = pack::read(&beside, MAX_RECEIPT as u64)?;
    vouched(app, &receipt, component).map_err(|mut failure| {
        let (file, receipt) = (
            text::one_line(&path.display().to_string()),
            text::one_line(&beside.display().to_string()),
        );
        let fault = &mut failure.fault;
        fault.message = format!("`{file}` was not loaded. {}", fault.message);
        fault.hint = Some(format!(
            "{}\nIf the file is your own and no version of a market, remove `{receipt}`.",
            fault.hint()
        ));
        failure
    })
}

/// By any market that is trusted here; where markets.toml gives the skill's namespace one of its own, by that one.
fn vouched(app: &App, receipt: &[u8], component: &[u8]) -> Result<(), Failure> {
    let folder = app.folders.markets()?;
    let by = |address: Option<&Address>| -> Result<Vouched, ClientError> {
        let markets = Known::all(&folder, address)?;
        vouch(&markets, receipt, component, now())
    };
    let name = by(None)?.proven.publication.name;
    if let Some(address) = place::pinned(app, &name)? {
        by(Some(&address))?;
    }
    Ok(())
}

//! `metier namespace approve` of an agent: what it pins, what it may do itself, and what that changes.

use metier_market::{
    agent::{Package, compare, sentences},
    client::FirstKey,
    consent::Change,
};

use super::find::known;
use crate::{
    commands::market::{find::Looked, info, session::Session},
    errors::Failure,
};

/// Each skill it pins, and what it may do beside them.
pub fn asks(package: &Package) -> Vec<String> {
    let pins = package.pins().iter();
    let pins = pins.map(|(alias, pin)| {
        let words = format!("{} {}, {}", pin.name, pin.version, pin.digest);
        (alias.as_str(), words)
    });
    let mut said: Vec<(&str, String)> = pins.collect();
    said.extend(sentences(package));
    info::listed(&said)
}

/// What it changes against the one that is published.
///
/// # Errors
/// When that, or a skill of either, cannot be had.
pub async fn against(
    session: &Session<'_>,
    published: Looked,
    package: Package,
) -> Result<Change, Failure> {
    let Looked { seen, line, .. } = published;
    let old = seen
        .client
        .fetch_as::<Package>(&line, &seen.witness, FirstKey::Remembered);
    let old = known(session, old.await?.contents).await?;
    let new = known(session, package).await?;
    Ok(compare(&old, &new))
}

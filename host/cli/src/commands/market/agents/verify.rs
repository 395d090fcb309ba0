//! `metier verify` of an agent: its package and each of its skills, in a market or in the directory an install made.

use std::path::Path;

use metier_core::{Code, Digest, Fault};
use metier_market::{
    agent::{MAX_PACKAGE, Package},
    client::{ClientError, FirstKey, Known},
    receipt::{MAX_RECEIPT, Receipt},
    revoked::List,
};

use super::find::find;
use crate::{
    commands::{
        market::{
            find::Looked,
            session::{Session, now},
            verify::{Verified, beside, revoked_since},
        },
        pack, skill_file,
    },
    errors::{Failure, sentence},
    text,
};

/// A version in a market, with its skills.
///
/// # Errors
/// When one of them is not what it should be.
pub async fn verified(session: &Session<'_>, looked: Looked) -> Result<Verified, Failure> {
    let found = find(session, looked, FirstKey::Remembered).await?;
    let mut verified = Verified::of(found.fetched.proven);
    let skills = found.skills.values();
    let named = skills.map(|skill| format!("its skill {} {}", skill.line.name, skill.line.vers));
    verified.checked.extend(named);
    Ok(verified)
}

/// A package, with what lies beside it. With its receipt it needs no network: what was revoked since is asked for.
///
/// # Errors
/// When something is not what it should be.
pub async fn verify(
    session: &Session<'_>,
    path: &Path,
    receipt: Option<&Path>,
) -> Result<Verified, Failure> {
    let bytes = pack::read(path, MAX_PACKAGE as u64)?;
    let package = Package::of_file(&bytes).map_err(|error| {
        Failure::from(
            Fault::new(Code::SkillUnverified, sentence(&error.to_string()))
                .with_hint("Install the agent once more."),
        )
    })?;
    let client = session.market_of(package.name()).await?;
    let told = receipt.map_or_else(|| beside(path), Path::to_owned);
    let receipt = Receipt::read(&pack::read(&told, MAX_RECEIPT as u64)?);
    let receipt = receipt.map_err(|error| error.fault())?;
    let known = Known::new(client.root().clone(), client.kept().clone());
    let vouched = known.shown(&receipt, &Digest::of(&bytes), now())?;
    files(path.parent().unwrap_or(Path::new("")), &package)?;
    let check = |list: &List| unrevoked(list, &package);
    vouched.list.as_ref().map(check).transpose()?;
    let mut verified = Verified::offline(vouched);
    verified.checked.push(FILES.to_owned());
    revoked_since(session, &client, &check, &mut verified).await?;
    Ok(verified)
}

const FILES: &str = "the definition, the files it reads, and its skills";

/// What runs there is what was signed: the definition, the files it reads, and the skills.
fn files(folder: &Path, package: &Package) -> Result<(), Failure> {
    let definition = format!("{}.toml", package.name().short());
    let texts = package.files().iter();
    let texts = texts.map(|(path, text)| (path.as_str(), text.as_str()));
    for (path, text) in texts.chain([(definition.as_str(), package.text())]) {
        let there = pack::read(&folder.join(path), MAX_PACKAGE as u64)?;
        is_same(path, there == text.as_bytes())?;
    }
    for (alias, pin) in package.pins() {
        let path = format!("{}.wasm", alias.as_str());
        let there = skill_file::read(&folder.join(&path))?;
        is_same(&path, Digest::of(&there) == pin.digest)?;
    }
    Ok(())
}

fn is_same(path: &str, is_same: bool) -> Result<(), Failure> {
    if is_same {
        return Ok(());
    }
    let message = format!(
        "The file `{}` is not the one of the package.",
        text::one_line(path)
    );
    Err(Fault::new(Code::SkillUnverified, message)
        .with_hint("Do not run it unless you changed it yourself; another directory with --to gets it anew.")
        .into())
}

fn unrevoked(list: &List, package: &Package) -> Result<(), ClientError> {
    let own = (package.name(), package.version(), package.digest());
    let pins = package.pins().values();
    let all = pins.map(|pin| (&pin.name, &pin.version, &pin.digest));
    for (name, version, digest) in all.chain([own]) {
        let mut entries = list.entries().iter();
        if let Some(entry) = entries.find(|entry| entry.target.names(name, version, digest)) {
            return Err(ClientError::Revoked {
                name: name.clone(),
                version: version.clone(),
                why: entry.why.to_string(),
            });
        }
    }
    Ok(())
}

//! `metier verify`: whether a file, or a version in a market, is what the market's log says.

use std::path::{Path, PathBuf};

use metier_core::{Code, Digest, Fault};
use metier_market::{
    client::{Ask, FirstKey, check_revoked},
    index::Requirement,
    kind::Kind,
    receipt::{MAX_RECEIPT, Proven, Receipt},
};
use serde_json::json;

use super::{
    account::tell,
    agents,
    info::{self, fresh},
    publish::contents,
    session::{Session, now},
};
use crate::{
    args::market_client::Verify,
    commands::{self, App, pack, skill_file},
    errors::{Failure, sentence},
    exit::Exit,
};

/// Verifies.
///
/// # Errors
/// [`Failure`] when it is not what it should be.
pub fn run(app: &App, args: &Verify) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    let path = Path::new(&args.what);
    commands::runtime()?.block_on(async {
        let proven = match path.is_file() {
            true if agents::is_package(path) => {
                agents::verify(&session, path, args.receipt.as_deref()).await?
            }
            true => file(&session, path, args.receipt.as_deref()).await?,
            false => version(&session, &args.what).await?,
        };
        say(app, &proven)
    })
}

async fn version(session: &Session<'_>, what: &str) -> Result<Proven, Failure> {
    let wanted = what.parse::<Requirement>().map_err(|error| {
        Failure::usage(
            sentence(&error.to_string()),
            "Name a file that is there, or NAME[@REQ].",
        )
    })?;
    let client = session.market_of(&wanted.name).await?;
    let looked = info::look(session, &client, &wanted, None).await?;
    if looked.line.kind == Kind::Agent {
        return agents::proven(session, &client, looked).await;
    }
    let found = looked.fetch(&client, FirstKey::Remembered).await?;
    Ok(found.fetched.proven)
}

/// With a receipt it needs no network: what was revoked since is asked for, and that nobody could be asked is said.
async fn file(
    session: &Session<'_>,
    path: &Path,
    receipt: Option<&Path>,
) -> Result<Proven, Failure> {
    let component = skill_file::read(path)?;
    let contents = contents(&component)?;
    let client = session.market_of(contents.name()).await?;
    let beside = beside(path);
    let receipt = match receipt {
        Some(receipt) => Some(pack::read(receipt, MAX_RECEIPT as u64)?),
        None if beside.is_file() => Some(pack::read(&beside, MAX_RECEIPT as u64)?),
        None => client.kept_receipt(contents.component()),
    };
    let proven = match receipt {
        Some(receipt) => {
            let read = Receipt::read(&receipt).map_err(|error| error.fault())?;
            let proven = read.verify(client.root(), &Digest::of(&component));
            proven.map_err(|error| error.fault())?
        }
        None => {
            let (witness, index) = tokio::join!(
                client.advance(),
                client.index(contents.name(), Ask::WhenCold)
            );
            let (witness, index) = (witness?, index?);
            let mut lines = index.lines().iter();
            let line = lines.rfind(|line| line.component == *contents.component());
            let line = line.ok_or_else(|| unknown(&contents))?;
            client
                .fetch(line, &witness, FirstKey::Remembered)
                .await?
                .proven
        }
    };
    match client.revocations(now()).await {
        Ok(accepted) => check_revoked(&fresh(session, accepted), &contents)?,
        Err(error @ metier_market::client::ClientError::Unreachable { .. }) => {
            session
                .app
                .printer
                .warn(&format!("whether it was revoked is not known: {error}"));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(proven)
}

fn unknown(contents: &metier_market::consent::Contents) -> Failure {
    let message = format!(
        "The market has {}, and no version of it is this file.",
        contents.name()
    );
    Fault::new(Code::SkillUnverified, message)
        .with_hint("Do not use it unless you built it yourself.")
        .into()
}

/// `salesforce.receipt.json` beside `salesforce.wasm`.
pub fn beside(path: &Path) -> PathBuf {
    path.with_extension("receipt.json")
}

fn say(app: &App, proven: &Proven) -> Result<Exit, Failure> {
    let publication = &proven.publication;
    let line = json!({
        "name": publication.name,
        "version": publication.version,
        "component": publication.digest,
        "key": publication.key,
        "first-key": proven.first_key,
        "recovered": proven.recovered,
        "published": proven.at,
        "leaf": proven.index,
    });
    let words = format!(
        "{} {} as published at {} by the key {}: leaf {} of a log of {}.",
        publication.name,
        publication.version,
        proven.at,
        publication.key,
        proven.index,
        proven.size
    );
    if proven.recovered {
        app.printer.warn(&format!(
            "`{}` lost all its keys once: no earlier key vouches for {}. Ask the publisher elsewhere whether it is theirs.",
            publication.name.namespace(),
            proven.first_key
        ));
    }
    tell(app, &line, &words)
}

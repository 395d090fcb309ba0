//! An agent with its skills, each fetched and verified as it is when it is installed alone.

use std::{collections::BTreeMap, rc::Rc};

use metier_agent::definition::Name;
use metier_core::{Code, Fault};
use metier_market::{
    agent::{Bundle, OtherPin, Package, Pin},
    client::{Ask, Client, Fetched, FirstKey, revoked_line},
    consent::Contents,
    index::{IndexFile, Line},
    revoked::List,
};

use crate::{
    commands::market::{
        before::{self, Before},
        find::{Found, Looked, fetch_all},
        publish::contents,
        session::{Seen, Session},
    },
    errors::Failure,
};

/// An agent that was found, fetched and verified, with its skills.
pub struct FoundAgent {
    /// The market, as it was seen.
    pub seen: Rc<Seen>,
    /// The whole index.
    pub index: IndexFile,
    /// Its line.
    pub line: Line,
    /// The package and what shows it to be it.
    pub fetched: Fetched<Package>,
    /// Its skills, by alias.
    pub skills: BTreeMap<Name, Found>,
    /// What all of them say.
    pub bundle: Bundle,
}

impl FoundAgent {
    /// The market it is of.
    pub fn client(&self) -> &Client {
        &self.seen.client
    }

    /// What is revoked there.
    pub fn list(&self) -> &List {
        &self.seen.list
    }
}

/// Fetches an agent and every skill it pins.
///
/// # Errors
/// When one of them is not what it should be, or revoked: then there is nothing to install.
pub async fn find(
    session: &Session<'_>,
    looked: Looked,
    said: FirstKey,
) -> Result<FoundAgent, Failure> {
    let Looked { seen, index, line } = looked;
    let fetched = seen.client.fetch_as::<Package>(&line, &seen.witness, said);
    let fetched = fetched.await?;
    let mut pinned = Vec::new();
    for (alias, pin) in fetched.contents.pins() {
        pinned.push(look(session, alias, pin).await?);
    }
    let aliases = fetched.contents.pins().keys().cloned();
    let mut skills = BTreeMap::new();
    for (alias, found) in aliases.zip(fetch_all(pinned, said).await) {
        skills.insert(alias, found?);
    }
    let said = skills
        .iter()
        .map(|(alias, found)| (alias.clone(), found.fetched.contents.clone()));
    let bundle = put_together(Bundle::new(fetched.contents.clone(), said.collect()))?;
    Ok(FoundAgent {
        seen,
        index,
        line,
        fetched,
        skills,
        bundle,
    })
}

/// What was consented to before: the skills as they are kept, or fetched once more. That one is revoked since changes nothing of it; of
/// one that is void, nobody shows anything.
///
/// # Errors
/// When one is there no more.
pub async fn known(session: &Session<'_>, package: Package) -> Result<Bundle, Failure> {
    let (mut skills, mut unshown) = (BTreeMap::new(), BTreeMap::new());
    for (alias, pin) in package.pins() {
        match known_skill(session, alias, pin).await? {
            Before::Known(contents) => drop(skills.insert(alias.clone(), contents)),
            Before::Unshown(why) => drop(unshown.insert(alias.clone(), why)),
        }
    }
    put_together(Bundle::remembered(package, skills, unshown))
}

async fn known_skill(
    session: &Session<'_>,
    alias: &Name,
    pin: &Pin,
) -> Result<Before<Contents>, Failure> {
    let client = session.market_of(&pin.name).await?;
    if let Some(kept) = client.kept().component(&pin.digest) {
        return contents(&kept).map(Before::Known);
    }
    let seen = session.seen(&pin.name).await?;
    let (_, line) = line(&client, alias, pin).await?;
    before::fetch(&seen, &line).await
}

fn put_together(bundle: Result<Bundle, Box<OtherPin>>) -> Result<Bundle, Failure> {
    bundle.map_err(|other| metier_market::client::ClientError::from(other).into())
}

/// What a pin means, unless somebody says that it must not be used. Each market's log and list are asked for once.
async fn look(session: &Session<'_>, alias: &Name, pin: &Pin) -> Result<Looked, Failure> {
    let seen = session.seen(&pin.name).await?;
    let (index, line) = line(&seen.client, alias, pin).await?;
    let void = line.void.as_ref().map(|why| format!("void: {why}"));
    if let Some(why) = void.or_else(|| revoked_line(&seen.list, &line)) {
        return Err(revoked(alias, pin, &why));
    }
    if let Some(why) = &line.yanked {
        session.app.printer.warn(&format!(
            "the skill `{}`, {} {}, is yanked: {why}",
            alias.as_str(),
            pin.name,
            pin.version
        ));
    }
    Ok(Looked { seen, index, line })
}

/// The line of exactly this version, with exactly this file.
async fn line(client: &Client, alias: &Name, pin: &Pin) -> Result<(IndexFile, Line), Failure> {
    for ask in [Ask::WhenCold, Ask::Always] {
        let index = client.index(&pin.name, ask).await?;
        // What is kept may be a minute old.
        let Some(line) = index.line(&pin.version).cloned() else {
            continue;
        };
        return match line.component == pin.digest {
            true => Ok((index, line)),
            false => Err(other_file(alias, pin, &line)),
        };
    }
    let message = format!(
        "The agent pins the skill `{}` to {} {}, which the market does not have.",
        alias.as_str(),
        pin.name,
        pin.version
    );
    Err(Fault::new(Code::NotFound, message)
        .with_hint("Nothing was installed. Say where it is in markets.toml, or tell the agent's publisher.")
        .into())
}

fn other_file(alias: &Name, pin: &Pin, line: &Line) -> Failure {
    let message = format!(
        "The agent pins the skill `{}` to {} {} with the digest {}, and in the market it is {}.",
        alias.as_str(),
        pin.name,
        pin.version,
        pin.digest,
        line.component
    );
    Fault::new(Code::SkillUnverified, message)
        .with_hint("Do not use it: tell the agent's publisher and whoever runs the market.")
        .into()
}

fn revoked(alias: &Name, pin: &Pin, why: &str) -> Failure {
    let message = format!(
        "The skill `{}` of the agent, {} {}, is {why}.",
        alias.as_str(),
        pin.name,
        pin.version
    );
    Fault::new(Code::SkillRevoked, message)
        .with_hint("Nothing was installed: wait for a version of the agent that pins another, or ask its publisher for one.")
        .into()
}

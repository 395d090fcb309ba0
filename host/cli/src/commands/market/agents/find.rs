//! An agent with its skills, each fetched and verified as it is when it is installed alone.

use std::collections::BTreeMap;

use metier_agent::definition::Name;
use metier_core::{Code, Fault};
use metier_market::{
    agent::{Bundle, Package, Pin},
    client::{Ask, Client, Fetched, FirstKey, check_revoked, revoked_line},
    consent::Contents,
    index::{IndexFile, Line, Market},
    log::Witness,
    revoked::List,
};

use crate::{
    commands::market::{
        info::{Found, Looked, fresh},
        publish::contents,
        session::{Session, now},
    },
    errors::Failure,
};

/// An agent that was found, fetched and verified, with its skills.
pub struct FoundAgent {
    /// The whole index.
    pub index: IndexFile,
    /// Its line.
    pub line: Line,
    /// What is revoked.
    pub list: List,
    /// The package and what shows it to be it.
    pub fetched: Fetched<Package>,
    /// Its skills, by alias.
    pub skills: BTreeMap<Name, Found>,
    /// What all of them say.
    pub bundle: Bundle,
}

/// Fetches an agent and every skill it pins.
///
/// # Errors
/// When one of them is not what it should be, or revoked: then there is nothing to install.
pub async fn find(
    session: &Session<'_>,
    client: &Client,
    looked: Looked,
    said: FirstKey,
) -> Result<FoundAgent, Failure> {
    let Looked {
        index,
        line,
        list,
        witness,
    } = looked;
    let fetched = client.fetch_as::<Package>(&line, &witness, said).await?;
    let mut pins = Pins::new(session, said);
    pins.seen
        .push((client.market().clone(), witness, list.clone()));
    let mut skills = BTreeMap::new();
    for (alias, pin) in fetched.contents.pins() {
        skills.insert(alias.clone(), pins.fetch(alias, pin).await?);
    }
    let said = skills
        .iter()
        .map(|(alias, found)| (alias.clone(), found.fetched.contents.clone()));
    let bundle = bundle(fetched.contents.clone(), said.collect())?;
    Ok(FoundAgent {
        index,
        line,
        list,
        fetched,
        skills,
        bundle,
    })
}

/// What was consented to before: the skills as they are kept, or fetched once more. That one is revoked since changes nothing of it.
///
/// # Errors
/// When one is there no more.
pub async fn known(session: &Session<'_>, package: Package) -> Result<Bundle, Failure> {
    let mut pins = Pins::new(session, FirstKey::Remembered);
    let mut skills = BTreeMap::new();
    for (alias, pin) in package.pins() {
        skills.insert(alias.clone(), pins.known(alias, pin).await?);
    }
    bundle(package, skills)
}

fn bundle(package: Package, skills: BTreeMap<Name, Contents>) -> Result<Bundle, Failure> {
    let bundle = Bundle::new(package, skills);
    bundle.map_err(|other| metier_market::client::ClientError::from(other).into())
}

/// Skills by their pins. Each market's log and list are asked for once.
struct Pins<'s> {
    session: &'s Session<'s>,
    said: FirstKey,
    seen: Vec<(Market, Witness, List)>,
}

impl<'s> Pins<'s> {
    fn new(session: &'s Session<'s>, said: FirstKey) -> Self {
        Pins {
            session,
            said,
            seen: Vec::new(),
        }
    }

    async fn fetch(&mut self, alias: &Name, pin: &Pin) -> Result<Found, Failure> {
        let client = self.session.market_of(&pin.name).await?;
        let (witness, list) = self.market(&client).await?;
        let (index, line) = line(&client, alias, pin).await?;
        if let Some(why) = revoked_line(&list, &line) {
            return Err(revoked(alias, pin, &why));
        }
        if let Some(why) = &line.yanked {
            self.session.app.printer.warn(&format!(
                "the skill `{}`, {} {}, is yanked: {why}",
                alias.as_str(),
                pin.name,
                pin.version
            ));
        }
        let fetched = client.fetch(&line, &witness, self.said).await?;
        check_revoked(&list, &fetched.contents)?;
        Ok(Found {
            index,
            line,
            fetched,
            list,
        })
    }

    async fn known(&mut self, alias: &Name, pin: &Pin) -> Result<Contents, Failure> {
        let client = self.session.market_of(&pin.name).await?;
        if let Some(kept) = client.kept().component(&pin.digest) {
            return contents(&kept);
        }
        let (witness, _) = self.market(&client).await?;
        let (_, line) = line(&client, alias, pin).await?;
        Ok(client.fetch(&line, &witness, self.said).await?.contents)
    }

    async fn market(&mut self, client: &Client) -> Result<(Witness, List), Failure> {
        let seen = self
            .seen
            .iter()
            .find(|(market, ..)| market == client.market());
        if let Some((_, witness, list)) = seen {
            return Ok((witness.clone(), list.clone()));
        }
        let (witness, list) = tokio::join!(client.advance(), client.revocations(now()));
        let (witness, list) = (witness?, fresh(self.session, list?));
        let market = client.market().clone();
        self.seen.push((market, witness.clone(), list.clone()));
        Ok((witness, list))
    }
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

//! `metier install`: shows, asks, places, locks; skills, and agents with theirs.

use std::collections::BTreeSet;

use metier_agent::definition::Name;
use metier_core::SkillName;
use metier_market::{
    client::FirstKey,
    consent::Record,
    index::{Line, Lock, Locked, Markets, Placed},
    kind::Kind,
};
use serde_json::{Value, json};

use super::{
    agents::{self, FoundAgent},
    find::{Found, Looked, Wanted, fetch_all, look_all},
    grant, info, lock,
    placing::{Placing, alias},
    session::Session,
    update::exactly,
};
use crate::{
    args::market_client::{Install, Target},
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    printer::Format,
    text,
};

/// Installs what is named, or what the lock says.
///
/// # Errors
/// [`Failure`]; of several that were found, those before stay installed.
pub fn run(app: &App, args: &Install) -> Result<Exit, Failure> {
    named_once(args)?;
    let session = Session::new(app, &args.place)?;
    // Before anything is asked for: whether there is a way to where it goes.
    let named = args.skills.first();
    named.map(|_| Placing::of(app, &args.target)).transpose()?;
    commands::runtime()?.block_on(async {
        let markets = session.markets().await?;
        let lock = lock::read(&markets)?;
        let wanted = wanted(args, &lock)?;
        let said = first_key(&args.target);
        let looked = whole(app, look_all(&session, &wanted).await)?;
        let wares = whole(app, fetch(&session, looked, said).await)?;
        let installing = Installing {
            session: &session,
            args,
            markets: &markets,
            said,
        };
        for (ware, wanted) in wares.iter().zip(&wanted) {
            let known = wanted.locked.as_ref();
            match ware {
                Ware::Skill(found) => installing.install(found, known).await?,
                Ware::Agent(found) => agents::install(&installing, found, known).await?,
            }
        }
        Ok(Exit::Ok)
    })
}

fn named_once(args: &Install) -> Result<(), Failure> {
    let names: BTreeSet<&SkillName> = args.skills.iter().map(|skill| &skill.name).collect();
    if names.len() != args.skills.len() {
        return Err(Failure::usage(
            "A skill is named twice.",
            "Name each once, with the versions you want.",
        ));
    }
    if args.alias.is_some() && args.skills.len() != 1 {
        return Err(Failure::usage(
            "`--as` is for one skill.",
            "Install the others by themselves.",
        ));
    }
    Ok(())
}

/// What is named, with what is locked of it; all that is locked, at its version, where nothing is.
fn wanted(args: &Install, lock: &Lock) -> Result<Vec<Wanted>, Failure> {
    if !args.skills.is_empty() {
        let named = args.skills.iter().map(|skill| Wanted {
            requirement: skill.clone(),
            locked: lock.get(&skill.name).cloned(),
        });
        return Ok(named.collect());
    }
    let all = lock.iter().map(|(_, name, locked)| Wanted {
        requirement: exactly(name, locked),
        locked: Some(locked.clone()),
    });
    let all: Vec<Wanted> = all.collect();
    match all.is_empty() {
        true => Err(Failure::usage(
            "No skill is named, and metier.lock has none.",
            "metier install com.acme/salesforce",
        )),
        false => Ok(all),
    }
}

/// What is there to be installed.
enum Ware {
    Skill(Box<Found>),
    Agent(Box<FoundAgent>),
}

/// Fetches all: skills at once, and each agent with its own.
async fn fetch(
    session: &Session<'_>,
    looked: Vec<Looked>,
    said: FirstKey,
) -> Vec<Result<Ware, Failure>> {
    let is_agent: Vec<bool> = looked
        .iter()
        .map(|one| one.line.kind == Kind::Agent)
        .collect();
    let (agents, skills): (Vec<Looked>, Vec<Looked>) = looked
        .into_iter()
        .partition(|one| one.line.kind == Kind::Agent);
    let mut skills = fetch_all(skills, said).await.into_iter();
    let mut agents = agents.into_iter();
    let mut all = Vec::new();
    for is_agent in is_agent {
        let ware = match is_agent {
            false => skills
                .next()
                .map(|one| one.map(|one| Ware::Skill(Box::new(one)))),
            true => match agents.next() {
                Some(agent) => {
                    let found = agents::find(session, agent, said).await;
                    Some(found.map(|one| Ware::Agent(Box::new(one))))
                }
                None => None,
            },
        };
        all.extend(ware);
    }
    all
}

/// All of them, or nothing is installed: each failure is told.
fn whole<T>(app: &App, all: Vec<Result<T, Failure>>) -> Result<Vec<T>, Failure> {
    let mut found = Vec::new();
    let mut failed = Vec::new();
    for one in all {
        match one {
            Ok(one) => found.push(one),
            Err(failure) => failed.push(failure),
        }
    }
    let Some(last) = failed.pop() else {
        return Ok(found);
    };
    failed.iter().for_each(|failure| failure.tell(&app.printer));
    if !found.is_empty() {
        app.printer.note("Nothing was installed.");
    }
    Err(last)
}

/// What all of them have in common.
pub struct Installing<'i> {
    /// Who is asked.
    pub session: &'i Session<'i>,
    /// What was said.
    pub args: &'i Install,
    /// Every market that is configured.
    pub markets: &'i Markets,
    said: FirstKey,
}

impl Installing<'_> {
    /// What was placed, where it goes again: what the command line names goes where it says, what the lock says goes where it was.
    fn placed<'k>(&self, known: Option<&'k Locked>) -> Option<&'k Placed> {
        let placed = known.and_then(|known| known.placed.as_ref());
        placed.filter(|_| self.args.skills.is_empty())
    }

    /// Where it goes.
    ///
    /// # Errors
    /// As [`Placing::again`].
    pub fn placing(&self, name: &SkillName, known: Option<&Locked>) -> Result<Placing, Failure> {
        let app = self.session.app;
        Placing::again(app, &self.args.target, name, self.placed(known))
    }

    async fn install(&self, found: &Found, known: Option<&Locked>) -> Result<(), Failure> {
        let app = self.session.app;
        let name = &found.line.name;
        let placing = self.placing(name, known)?;
        let alias = alias(self.args.alias.as_ref(), name, self.placed(known))?;
        let locked = locked(found, &placing, &alias);
        // What was said yes to in this directory is not asked for again.
        if known.is_none_or(|known| known.consent != locked.consent) {
            ask(self.session, found)?;
        }
        let put = placing.put(&alias, &found.fetched, self.said).await?;
        lock::set(app, self.markets, name, locked)?;
        told(app, &found.line, &put)?;
        next(app, found, &placing);
        Ok(())
    }
}

/// What is said about a namespace whose keys begin anew.
pub fn first_key(target: &Target) -> FirstKey {
    target
        .accept_key
        .map_or(FirstKey::Remembered, FirstKey::Accepted)
}

/// What the lock keeps of it.
pub fn locked(found: &Found, placing: &Placing, alias: &Name) -> Locked {
    Locked {
        version: found.line.vers.clone(),
        component: found.line.component,
        consent: Record::of(&found.fetched.contents).digest(),
        leaf: found.line.leaf,
        placed: placing.placed(alias),
    }
}

fn ask(session: &Session<'_>, found: &Found) -> Result<(), Failure> {
    let printer = &session.app.printer;
    printer.note(info::page(found, &printer.terminal.stderr).trim_end());
    let question = format!("Install {} {}?", found.line.name, found.line.vers);
    session.ask(&question, "--yes")
}

/// Says what was installed.
pub fn told(app: &App, line: &Line, placed: &Value) -> Result<(), Failure> {
    let all = json!({
        "name": line.name,
        "version": line.vers,
        "component": line.component,
    });
    told_place(app, line, all, placed)?;
    if app.printer.format == Format::Human && placed["grant-kept"].as_bool() == Some(true) {
        app.printer
            .note("The grant that was there stays: `metier inspect --grant-template` shows what it asks for now.");
    }
    Ok(())
}

/// Says where something was installed; to programs with all that is said of it.
pub fn told_place(app: &App, line: &Line, mut all: Value, placed: &Value) -> Result<(), Failure> {
    if app.printer.format == Format::Json {
        if let (Some(all), Some(placed)) = (all.as_object_mut(), placed.as_object()) {
            all.extend(placed.clone());
        }
        return app.print(&format!("{all}\n"));
    }
    let mut places = ["file", "alias", "agent"].into_iter();
    let place = places.find_map(|key| placed[key].as_str());
    let place = text::one_line(place.unwrap_or_default());
    app.printer.note(&format!(
        "{} {} is installed as `{place}`, and in {}.",
        line.name,
        line.vers,
        lock::FILE
    ));
    Ok(())
}

/// Says what to do next.
pub fn next(app: &App, found: &Found, placing: &Placing) {
    for step in grant::next(found.fetched.contents.manifest(), placing.is_service()) {
        app.printer.note(&format!("Next: {step}"));
    }
}

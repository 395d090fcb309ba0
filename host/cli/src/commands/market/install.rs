//! `metier install`: shows, asks, places, locks.

use std::collections::BTreeSet;

use metier_agent::definition::Name;
use metier_core::SkillName;
use metier_market::{
    client::FirstKey,
    consent::Record,
    index::{Line, Lock, Locked, Markets},
};
use serde_json::{Value, json};

use super::{
    find::{Found, Wanted, find_all},
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
        let found = whole(app, find_all(&session, &wanted, said).await)?;
        for (found, wanted) in found.iter().zip(&wanted) {
            let installing = Installing {
                session: &session,
                args,
                markets: &markets,
                said,
            };
            installing.install(found, wanted.locked.as_ref()).await?;
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

/// All of them, or nothing is installed: each failure is told.
fn whole(app: &App, all: Vec<Result<Found, Failure>>) -> Result<Vec<Found>, Failure> {
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

struct Installing<'i> {
    session: &'i Session<'i>,
    args: &'i Install,
    markets: &'i Markets,
    said: FirstKey,
}

impl Installing<'_> {
    async fn install(&self, found: &Found, known: Option<&Locked>) -> Result<(), Failure> {
        let (app, target) = (self.session.app, &self.args.target);
        let name = &found.line.name;
        // What the command line names goes where it says; what the lock says goes where it was.
        let placed = known.and_then(|known| known.placed.as_ref());
        let placed = placed.filter(|_| self.args.skills.is_empty());
        let placing = Placing::again(app, target, name, placed)?;
        let alias = alias(self.args.alias.as_ref(), name, placed)?;
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
    if app.printer.format == Format::Json {
        let mut all = json!({
            "name": line.name,
            "version": line.vers,
            "component": line.component,
        });
        if let (Some(all), Some(placed)) = (all.as_object_mut(), placed.as_object()) {
            all.extend(placed.clone());
        }
        return app.print(&format!("{all}\n"));
    }
    let place = placed["file"].as_str().or(placed["alias"].as_str());
    let place = text::one_line(place.unwrap_or_default());
    app.printer.note(&format!(
        "{} {} is installed as `{place}`, and in {}.",
        line.name,
        line.vers,
        lock::FILE
    ));
    if placed["grant-kept"].as_bool() == Some(true) {
        app.printer
            .note("The grant that was there stays: `metier inspect --grant-template` shows what it asks for now.");
    }
    Ok(())
}

/// Says what to do next.
pub fn next(app: &App, found: &Found, placing: &Placing) {
    for step in grant::next(found.fetched.contents.manifest(), placing.is_service()) {
        app.printer.note(&format!("Next: {step}"));
    }
}

//! `metier install`: shows, asks, places, locks.

use metier_market::{
    client::{Client, FirstKey},
    consent::Record,
    index::{Line, Locked},
    kind::Kind,
};
use serde_json::{Value, json};

use super::{
    agents, grant,
    info::{self, Found},
    lock,
    placing::{Placing, alias},
    session::Session,
};
use crate::{
    args::market_client::{Install, Target},
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    printer::Format,
    text,
};

/// Installs.
///
/// # Errors
/// [`Failure`]; nothing is installed then.
pub fn run(app: &App, args: &Install) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    let placing = Placing::of(app, &args.target)?;
    commands::runtime()?.block_on(async {
        let name = &args.skill.name;
        let client = session.market_of(name).await?;
        let markets = session.markets().await?;
        let lock = lock::read(&markets)?;
        let said = first_key(&args.target);
        let looked = info::look(&session, &client, &args.skill, lock.get(name)).await?;
        if looked.line.kind == Kind::Agent {
            return agents::install(&session, args, &placing, &client, looked).await;
        }
        let alias = alias(args.alias.as_ref(), name)?;
        let found = looked.fetch(&client, said).await?;
        // What was said yes to in this directory is not asked for again.
        let locked = locked(&found);
        if lock
            .get(name)
            .is_none_or(|known| known.consent != locked.consent)
        {
            ask(&session, &client, &found)?;
        }
        let placed = placing.put(&alias, &found.fetched, said).await?;
        lock::set(app, &markets, name, locked)?;
        told(app, &found.line, &placed)?;
        next(app, &found, &placing);
        Ok(Exit::Ok)
    })
}

/// What is said about a namespace whose keys begin anew.
pub fn first_key(target: &Target) -> FirstKey {
    target
        .accept_key
        .map_or(FirstKey::Remembered, FirstKey::Accepted)
}

/// What the lock keeps of it.
pub fn locked(found: &Found) -> Locked {
    Locked {
        version: found.line.vers.clone(),
        component: found.line.component,
        consent: Record::of(&found.fetched.contents).digest(),
        leaf: found.line.leaf,
    }
}

fn ask(session: &Session<'_>, client: &Client, found: &Found) -> Result<(), Failure> {
    let printer = &session.app.printer;
    printer.note(info::page(client, found, &printer.terminal.stderr).trim_end());
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
pub fn next(app: &App, found: &Found, placing: &Placing<'_>) {
    for step in grant::next(found.fetched.contents.manifest(), placing.is_service()) {
        app.printer.note(&format!("Next: {step}"));
    }
}

//! `metier install` of an agent: shows all of it, asks once, and installs all of it or nothing.

use metier_market::{
    agent::{Package, Record},
    client::{Client, Kept},
    index::Locked,
};
use serde_json::{Value, json};

use super::{
    files::{self, Put},
    find::{FoundAgent, find},
    page::page,
    service,
};
use crate::{
    args::market_client::{Install, Target},
    commands::{
        App,
        market::{
            grant, info::Looked, install::first_key, lock, placing::Placing, session::Session,
        },
    },
    errors::Failure,
    exit::Exit,
    printer::Format,
    text,
};

/// Installs.
///
/// # Errors
/// [`Failure`]; nothing is installed then.
pub async fn install(
    session: &Session<'_>,
    args: &Install,
    placing: &Placing<'_>,
    client: &Client,
    looked: Looked,
) -> Result<Exit, Failure> {
    let app = session.app;
    if args.alias.is_some() {
        return Err(Failure::usage(
            "An agent is called what its own file says.",
            "Leave out --as.",
        ));
    }
    let name = &args.skill.name;
    let found = find(session, client, looked, first_key(&args.target)).await?;
    let markets = session.markets().await?;
    let lock = lock::read(&markets)?;
    let known = lock.get(name);
    let locked = locked(&found);
    // What was said yes to in this directory is not asked for again.
    if known.is_none_or(|known| known.consent != locked.consent) {
        let printer = &app.printer;
        printer.note(page(client, &found, &printer.terminal.stderr).trim_end());
        let question = format!(
            "Install {name} {} with {} of its own?",
            found.line.vers,
            skills(found.skills.len())
        );
        session.ask(&question, "--yes")?;
    }
    let before = known.and_then(|known| kept(client.kept(), known));
    let placed = put(
        app,
        placing,
        &args.target,
        &found,
        before.as_ref(),
        client.kept(),
    )
    .await?;
    lock::set(app, &markets, name, locked)?;
    told(app, &found, &placed)?;
    next(app, &found, placing);
    Ok(Exit::Ok)
}

fn skills(count: usize) -> String {
    match count {
        0 => "no skill".to_owned(),
        count => crate::render::count(count, "skill"),
    }
}

/// What the lock keeps of it.
pub fn locked(found: &FoundAgent) -> Locked {
    Locked {
        version: found.line.vers.clone(),
        component: found.line.component,
        consent: Record::of(&found.bundle).digest(),
        leaf: found.line.leaf,
    }
}

/// The package that is locked, if it is still kept.
pub fn kept(kept: &Kept, locked: &Locked) -> Option<Package> {
    Package::of_file(&kept.component(&locked.component)?).ok()
}

/// Puts it where it goes.
///
/// # Errors
/// The service's, or the disk's; nothing is changed then.
pub async fn put(
    app: &App,
    placing: &Placing<'_>,
    target: &Target,
    found: &FoundAgent,
    before: Option<&Package>,
    kept: &Kept,
) -> Result<Value, Failure> {
    match placing {
        Placing::Directory(folder) => {
            let Put {
                definition,
                grants_kept,
            } = files::put(folder, found)?;
            let file = folder.join(definition);
            Ok(json!({"file": file, "grants-kept": grants_kept}))
        }
        Placing::Service(client) => {
            let before = before.map(|before| (before, kept));
            service::deploy(app, placing, client, found, before, first_key(target)).await
        }
    }
}

/// Says what was installed.
pub fn told(app: &App, found: &FoundAgent, placed: &Value) -> Result<(), Failure> {
    let line = &found.line;
    if app.printer.format == Format::Json {
        let mut all = json!({
            "name": line.name,
            "kind": line.kind,
            "version": line.vers,
            "component": line.component,
        });
        if let (Some(all), Some(placed)) = (all.as_object_mut(), placed.as_object()) {
            all.extend(placed.clone());
        }
        return app.print(&format!("{all}\n"));
    }
    let place = placed["file"].as_str().or(placed["agent"].as_str());
    let place = text::one_line(place.unwrap_or_default());
    app.printer.note(&format!(
        "{} {} is installed as `{place}`, and in {}.",
        line.name,
        line.vers,
        lock::FILE
    ));
    for alias in placed["grants-kept"].as_array().into_iter().flatten() {
        let alias = text::one_line(alias.as_str().unwrap_or_default());
        app.printer.note(&format!(
            "The grant of `{alias}` that was there stays: `metier inspect --grant-template` shows what the skill asks for now."
        ));
    }
    Ok(())
}

/// Says what to do next, for each skill apart.
pub fn next(app: &App, found: &FoundAgent, placing: &Placing<'_>) {
    for (alias, skill) in &found.skills {
        for step in grant::next(skill.fetched.contents.manifest(), placing.is_service()) {
            app.printer
                .note(&format!("Next, for `{}`: {step}", alias.as_str()));
        }
    }
}

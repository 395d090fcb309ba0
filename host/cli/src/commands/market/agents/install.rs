//! `metier install` of an agent: shows all of it, asks once, and installs all of it or nothing.

use metier_core::SkillName;
use metier_market::{
    agent::{Package, Record},
    client::Kept,
    index::Locked,
};
use serde_json::{Value, json};

use super::{
    files::{self, Put},
    find::FoundAgent,
    page::page,
    service,
};
use crate::{
    args::market_client::Target,
    commands::{
        App,
        market::{
            grant,
            install::{Installing, first_key, told_place},
            lock,
            placing::Placing,
        },
    },
    errors::Failure,
    printer::Format,
    text,
};

/// Installs what was found.
///
/// # Errors
/// [`Failure`]; nothing is installed then.
pub async fn install(
    installing: &Installing<'_>,
    found: &FoundAgent,
    known: Option<&Locked>,
) -> Result<(), Failure> {
    let Installing { session, args, .. } = installing;
    let app = session.app;
    if args.alias.is_some() {
        return Err(Failure::usage(
            "An agent is called what its own file says.",
            "Leave out --as.",
        ));
    }
    let name = &found.line.name;
    let placing = installing.placing(name, known)?;
    let locked = locked(found, &placing);
    // What was said yes to in this directory is not asked for again.
    if known.is_none_or(|known| known.consent != locked.consent) {
        let printer = &app.printer;
        printer.note(page(found, &printer.terminal.stderr).trim_end());
        let question = format!(
            "Install {name} {} with {} of its own?",
            found.line.vers,
            skills(found.skills.len())
        );
        session.ask(&question, "--yes")?;
    }
    let before = known.and_then(|known| kept(found.client().kept(), known));
    let placed = put(app, &placing, &args.target, found, before.as_ref()).await?;
    lock::set(app, installing.markets, name, locked)?;
    told(app, found, &placed)?;
    next(app, found, &placing);
    Ok(())
}

fn skills(count: usize) -> String {
    match count {
        0 => "no skill".to_owned(),
        count => crate::render::count(count, "skill"),
    }
}

/// What the lock keeps of it.
pub fn locked(found: &FoundAgent, placing: &Placing) -> Locked {
    let alias = found.line.name.short().parse().ok();
    Locked {
        version: found.line.vers.clone(),
        component: found.line.component,
        consent: Record::of(&found.bundle).digest(),
        leaf: found.line.leaf,
        placed: alias.and_then(|alias| placing.placed(&alias)),
    }
}

/// The package that is locked, if it is still kept.
pub fn kept(kept: &Kept, locked: &Locked) -> Option<Package> {
    Package::of_file(&kept.component(&locked.component)?).ok()
}

/// The package that is locked, as it is where it was installed: it has the digest that was consented to.
///
/// # Errors
/// The service's.
pub async fn placed(
    placing: &Placing,
    name: &SkillName,
    locked: &Locked,
) -> Result<Option<Package>, Failure> {
    let there = match placing {
        Placing::Directory(folder) => files::there(folder, name),
        Placing::Service(client, _) => service::source(client, name).await?,
    };
    Ok(there.filter(|package| *package.digest() == locked.component))
}

/// Puts it where it goes.
///
/// # Errors
/// The service's, or the disk's; nothing is changed then.
pub async fn put(
    app: &App,
    placing: &Placing,
    target: &Target,
    found: &FoundAgent,
    before: Option<&Package>,
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
        Placing::Service(client, _) => {
            let before = before.map(|before| (before, found.client().kept()));
            service::deploy(app, placing, client, found, before, first_key(target)).await
        }
    }
}

/// Says what was installed.
pub fn told(app: &App, found: &FoundAgent, placed: &Value) -> Result<(), Failure> {
    let line = &found.line;
    let all = json!({
        "name": line.name,
        "kind": line.kind,
        "version": line.vers,
        "component": line.component,
    });
    told_place(app, line, all, placed)?;
    if app.printer.format == Format::Json {
        return Ok(());
    }
    for alias in placed["grants-kept"].as_array().into_iter().flatten() {
        let alias = text::one_line(alias.as_str().unwrap_or_default());
        app.printer.note(&format!(
            "The grant of `{alias}` that was there stays: `metier inspect --grant-template` shows what the skill asks for now."
        ));
    }
    Ok(())
}

/// Says what to do next, for each skill apart.
pub fn next(app: &App, found: &FoundAgent, placing: &Placing) {
    for (alias, skill) in &found.skills {
        for step in grant::next(skill.fetched.contents.manifest(), placing.is_service()) {
            app.printer
                .note(&format!("Next, for `{}`: {step}", alias.as_str()));
        }
    }
}

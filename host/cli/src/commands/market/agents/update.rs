//! `metier update` of an agent: a pin of a wider skill is as much as a wider skill.

use metier_core::SkillName;
use metier_market::{
    agent::{Bundle, Package, compare},
    client::{Client, FirstKey, revoked_line},
    consent::Class,
    index::{IndexFile, Line, Locked, ResolveError},
    log::Witness,
    revoked::List,
};
use serde_json::{Value, json};

use super::{find, find::FoundAgent, install};
use crate::{
    args::market_client::Update,
    commands::market::{
        info::{Looked, unresolved},
        install::first_key,
        lock,
        placing::Placing,
        session::Session,
        update::{Updating, show},
    },
    errors::Failure,
    printer::Format,
};

/// Updates one agent.
///
/// # Errors
/// [`Failure`]; it is as it was then.
pub async fn update(
    updating: &Updating<'_>,
    client: &Client,
    locked: &Locked,
    looked: Looked,
) -> Result<Value, Failure> {
    let Updating {
        session,
        args,
        name,
        ..
    } = *updating;
    let app = session.app;
    let Looked {
        index,
        list,
        witness,
        line: current,
    } = looked;
    let old = old(session, client, name, locked, (&index, &witness)).await?;
    warn_of_revoked(session, &old, &list, &current);
    let line = updating.newest(&index, locked, &list)?;
    if line.vers == locked.version {
        let words = format!("{name} {} is the newest that will do.", locked.version);
        let value = json!({"status": "current", "version": locked.version});
        return Ok(updating.done(value, &words));
    }
    let looked = Looked {
        index,
        list,
        witness,
        line,
    };
    let found = find::find(session, client, looked, first_key(&args.target)).await?;
    let change = compare(&old, &found.bundle);
    show(app, name, &locked.version, &found.line.vers, &change);
    let mut value = json!({
        "class": change.class,
        "from": locked.version,
        "version": found.line.vers,
        "why": change.why,
    });
    let Some(placing) = updating.placing else {
        let is_auto = change.class == Class::Auto;
        value["status"] = if is_auto {
            "would-update"
        } else {
            "would-hold"
        }
        .into();
        return Ok(updating.done(value, "Nothing was done: this was a dry run."));
    };
    if change.class != Class::Auto {
        let question = format!("Update {name} to {}?", found.line.vers);
        if session.agrees(&question)? != Some(true) {
            value["status"] = "held".into();
            let words = format!(
                "{name} stays at {}: the update waits for your yes.",
                locked.version
            );
            return Ok(updating.done(value, &words));
        }
    }
    apply(session, args, client, placing, &old.package, &found).await?;
    value["status"] = "updated".into();
    Ok(updating.done(value, ""))
}

async fn apply(
    session: &Session<'_>,
    args: &Update,
    client: &Client,
    placing: &Placing<'_>,
    before: &Package,
    found: &FoundAgent,
) -> Result<(), Failure> {
    let app = session.app;
    let kept = client.kept();
    let placed = install::put(app, placing, &args.target, found, Some(before), kept).await?;
    let markets = session.markets().await?;
    lock::set(app, &markets, &found.line.name, install::locked(found))?;
    if app.printer.format == Format::Human {
        install::told(app, found, &placed)?;
        install::next(app, found, placing);
    }
    Ok(())
}

/// What was consented to: kept, or fetched once more.
async fn old(
    session: &Session<'_>,
    client: &Client,
    name: &SkillName,
    locked: &Locked,
    (index, witness): (&IndexFile, &Witness),
) -> Result<Bundle, Failure> {
    if let Some(package) = install::kept(client.kept(), locked) {
        return find::known(session, package).await;
    }
    let line = index.line(&locked.version);
    let line = line.filter(|line| line.component == locked.component);
    let line = line.ok_or_else(|| {
        unresolved(&ResolveError::Vanished {
            name: name.clone(),
            version: locked.version.clone(),
        })
    })?;
    let fetched = client.fetch_as::<Package>(line, witness, FirstKey::Remembered);
    find::known(session, fetched.await?.contents).await
}

/// What is installed and must not run any more is said, whatever comes of the update.
fn warn_of_revoked(session: &Session<'_>, old: &Bundle, list: &List, line: &Line) {
    let printer = &session.app.printer;
    if let Some(why) = revoked_line(list, line) {
        printer.warn(&format!("{} {} is {why}", line.name, line.vers));
    }
    for (alias, skill) in old.skills() {
        if let Err(error) = metier_market::client::check_revoked(list, skill) {
            printer.warn(&format!("its skill `{}`: {error}", alias.as_str()));
        }
    }
}

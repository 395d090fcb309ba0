//! `metier update` of an agent: a pin of a wider skill is as much as a wider skill.

use metier_market::{
    agent::{Bundle, Package, compare},
    client::{FirstKey, check_revoked, revoked_line},
};
use serde_json::Value;

use super::{
    find::{FoundAgent, find, known},
    install,
};
use crate::{
    commands::market::{
        find::Looked,
        install::first_key,
        lock,
        placing::Placing,
        update::step::{Agreed, Done, Step, Updating},
    },
    errors::Failure,
    printer::{Format, Printer},
};

/// Updates one agent.
///
/// # Errors
/// [`Failure`]; it is as it was then.
pub async fn update(
    updating: &Updating<'_>,
    step: &Step,
    placing: Option<&Placing>,
) -> Result<(Done, Value), Failure> {
    let session = updating.session;
    let old = old(updating, step).await?;
    warn_of_revoked(&session.app.printer, step, &old);
    if step.line.vers == step.locked.version {
        return Ok(updating.is_current(step));
    }
    let looked = Looked {
        seen: step.seen.clone(),
        index: step.index.clone(),
        line: step.line.clone(),
    };
    let found = find(session, looked, first_key(&updating.args.target)).await?;
    let change = compare(&old, &found.bundle);
    updating.show(step, &change);
    let (placing, mut value) = match updating.agreed(step, &change, placing)? {
        Agreed::Yes(placing, value) => (placing, value),
        Agreed::No(done, value) => return Ok((done, value)),
    };
    apply(updating, placing, &old.package, &found).await?;
    value["status"] = "updated".into();
    Ok((Done::Nothing, value))
}

async fn apply(
    updating: &Updating<'_>,
    placing: &Placing,
    before: &Package,
    found: &FoundAgent,
) -> Result<(), Failure> {
    let app = updating.session.app;
    let target = &updating.args.target;
    let placed = install::put(app, placing, target, found, Some(before)).await?;
    let locked = install::locked(found, placing);
    lock::set(app, updating.markets, &found.line.name, locked)?;
    if app.printer.format == Format::Human {
        install::told(app, found, &placed)?;
        install::next(app, found, placing);
    }
    Ok(())
}

/// What was consented to: kept, or fetched once more.
async fn old(updating: &Updating<'_>, step: &Step) -> Result<Bundle, Failure> {
    let client = &step.seen.client;
    if let Some(package) = install::kept(client.kept(), &step.locked) {
        return known(updating.session, package).await;
    }
    let (line, witness) = (step.installed()?, &step.seen.witness);
    let fetched = client.fetch_as::<Package>(line, witness, FirstKey::Remembered);
    known(updating.session, fetched.await?.contents).await
}

/// What is installed and must not run any more is said, whatever comes of the update.
fn warn_of_revoked(printer: &Printer, step: &Step, old: &Bundle) {
    let list = &step.seen.list;
    if let Some(line) = step.index.line(&step.locked.version)
        && let Some(why) = revoked_line(list, line)
    {
        printer.warn(&format!("{} {} is {why}", line.name, line.vers));
    }
    for (alias, skill) in old.skills() {
        if let Err(error) = check_revoked(list, skill) {
            printer.warn(&format!("its skill `{}`: {error}", alias.as_str()));
        }
    }
}

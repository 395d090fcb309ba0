//! `metier update` of an agent: a pin of a wider skill is as much as a wider skill.

use metier_market::{
    agent::{Bundle, Package, compare, compare_unshown},
    client::{check_revoked, revoked_line},
};
use serde_json::Value;

use super::{
    find::{FoundAgent, find, known},
    install,
    page::page,
};
use crate::{
    commands::market::{
        before::{self, Before},
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
    let old = old(updating, step, placing).await?;
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
    let change = match &old {
        Before::Known(old) => compare(old, &found.bundle),
        Before::Unshown(why) => {
            let printer = &session.app.printer;
            printer.note(page(&found, &printer.terminal.stderr).trim_end());
            compare_unshown(&step.locked.version, why, &found.bundle)
        }
    };
    updating.show(step, &change);
    let (placing, mut value) = match updating.agreed(step, &change, placing)? {
        Agreed::Yes(placing, value) => (placing, value),
        Agreed::No(done, value) => return Ok((done, value)),
    };
    let before = match &old {
        Before::Known(old) => Some(&old.package),
        Before::Unshown(_) => None,
    };
    apply(updating, placing, before, &found).await?;
    value["status"] = "updated".into();
    Ok((Done::Nothing, value))
}

async fn apply(
    updating: &Updating<'_>,
    placing: &Placing,
    before: Option<&Package>,
    found: &FoundAgent,
) -> Result<(), Failure> {
    let app = updating.session.app;
    let target = &updating.args.target;
    let placed = install::put(app, placing, target, found, before).await?;
    let locked = install::locked(found, placing);
    lock::set(app, updating.markets, &found.line.name, locked)?;
    if app.printer.format == Format::Human {
        install::told(app, found, &placed)?;
        install::next(app, found, placing);
    }
    Ok(())
}

/// What was consented to: kept, as it is where it was installed, or fetched once more.
async fn old(
    updating: &Updating<'_>,
    step: &Step,
    placing: Option<&Placing>,
) -> Result<Before<Bundle>, Failure> {
    let (session, locked) = (updating.session, &step.locked);
    let mut package = install::kept(step.seen.client.kept(), locked);
    if package.is_none()
        && let Some(placing) = placing
    {
        package = install::placed(placing, &step.line.name, locked).await?;
    }
    let package = match package {
        Some(package) => package,
        None => match before::fetch(&step.seen, step.installed()?).await? {
            Before::Known(package) => package,
            Before::Unshown(why) => return Ok(Before::Unshown(why)),
        },
    };
    known(session, package).await.map(Before::Known)
}

/// What is installed and must not run any more is said, whatever comes of the update.
fn warn_of_revoked(printer: &Printer, step: &Step, old: &Before<Bundle>) {
    let list = &step.seen.list;
    if let Some(line) = step.index.line(&step.locked.version)
        && let Some(why) = revoked_line(list, line)
    {
        printer.warn(&format!("{} {} is {why}", line.name, line.vers));
    }
    let Before::Known(old) = old else {
        return;
    };
    for (alias, why) in old.unshown() {
        printer.warn(&format!("its skill `{}` is {why}", alias.as_str()));
    }
    for (alias, skill) in old.skills() {
        if let Err(error) = check_revoked(list, skill) {
            printer.warn(&format!("its skill `{}`: {error}", alias.as_str()));
        }
    }
}

//! One skill of an update.

use std::rc::Rc;

use metier_core::SkillName;
use metier_market::{
    client::{Fetched, FirstKey, check_revoked, revoked_line},
    consent::{Change, Class, Contents, compare},
    index::{IndexFile, Line, Locked, Markets, Prefer, ResolveError, Rules, Why, resolve},
    revoked::List,
};
use semver::VersionReq;
use serde_json::{Value, json};

use super::{
    super::{
        changes,
        find::{Found, unresolved},
        install::{first_key, locked as locked_of, next, told},
        lock,
        placing::{Placing, alias},
        publish,
        session::{Seen, Session, seconds},
    },
    compatible,
};
use crate::{args::market_client::Update, errors::Failure, printer::Format, text};

/// What all of them have in common.
pub struct Updating<'u> {
    /// Who is asked.
    pub session: &'u Session<'u>,
    /// What was said.
    pub args: &'u Update,
    /// Every market that is configured.
    pub markets: &'u Markets,
}

/// One skill, with what there is for it.
pub struct Step {
    /// Its market.
    pub seen: Rc<Seen>,
    /// What is installed.
    pub locked: Locked,
    /// All versions.
    pub index: IndexFile,
    /// The one to have.
    pub line: Line,
    /// The same, verified; nothing where it is installed.
    pub fetched: Option<Fetched>,
}

/// What came of it.
pub enum Done {
    /// It is updated, or was up to date.
    Nothing,
    /// It waits for a yes.
    Held,
    /// A dry run found something to do.
    ToDo,
}

impl Updating<'_> {
    /// Updates it, or says why not.
    pub async fn update(&self, step: &Step) -> Result<(Done, Value), Failure> {
        let (app, locked) = (self.session.app, &step.locked);
        let name = step.index.name();
        // Before anything is shown: whether there is a way to where it is.
        let placing = match self.args.dry_run {
            true => None,
            false => {
                let (target, placed) = (&self.args.target, locked.placed.as_ref());
                Some(Placing::again(app, target, name, placed)?)
            }
        };
        let old = self.old(step).await?;
        if let Err(error) = check_revoked(&step.seen.list, &old) {
            app.printer.warn(&error.to_string());
        }
        let Some(fetched) = &step.fetched else {
            app.printer.note(&format!(
                "{name} {} is the newest that will do.",
                locked.version
            ));
            let value = json!({"status": "current", "version": locked.version});
            return Ok((Done::Nothing, value));
        };
        check_revoked(&step.seen.list, &fetched.contents)?;
        let change = compare(&old, &fetched.contents);
        self.show(locked, &step.line, &change);
        let found = Found {
            seen: step.seen.clone(),
            index: step.index.clone(),
            line: step.line.clone(),
            fetched: fetched.clone(),
        };
        self.apply(locked, &found, &change, placing.as_ref()).await
    }

    /// What was consented to: kept, or fetched once more.
    async fn old(&self, step: &Step) -> Result<Contents, Failure> {
        let (client, locked) = (&step.seen.client, &step.locked);
        if let Some(kept) = client.kept().component(&locked.component) {
            return publish::contents(&kept);
        }
        let line = step.index.line(&locked.version);
        let line = line.filter(|line| line.component == locked.component);
        let line = line.ok_or_else(|| {
            unresolved(&ResolveError::Vanished {
                name: step.index.name().clone(),
                version: locked.version.clone(),
            })
        })?;
        let said = FirstKey::Remembered;
        let fetched = client.fetch(line, &step.seen.witness, said).await?;
        Ok(fetched.contents)
    }

    /// The newest that is compatible, or that was asked for; younger ones wait, and it is said.
    pub fn newest(
        &self,
        index: &IndexFile,
        name: &SkillName,
        locked: &Locked,
        list: &List,
    ) -> Result<Line, Failure> {
        let wanted = match &self.args.skill {
            Some(wanted) if wanted.versions != VersionReq::STAR => wanted.clone(),
            _ => compatible(name, locked),
        };
        let refused = |line: &Line| revoked_line(list, line);
        let rules = Rules {
            locked: Some(locked),
            prefer: Prefer::Newest,
            refused: &refused,
            ..Rules::at(seconds())
        };
        let resolved = resolve(&wanted, index, &rules).map_err(|error| unresolved(&error))?;
        for passed in &resolved.passed {
            if matches!(
                passed.why,
                Why::Cooling(_) | Why::Refused(_) | Why::Yanked(_)
            ) {
                let words = format!("{name} {passed}.");
                self.session.app.printer.note(&text::one_line(&words));
            }
        }
        Ok(resolved.line.clone())
    }

    fn show(&self, locked: &Locked, line: &Line, change: &Change) {
        let printer = &self.session.app.printer;
        let class = changes::class(change.class);
        printer.note(&format!(
            "{} {} → {}: {class}",
            line.name, locked.version, line.vers
        ));
        let paint = printer.terminal.stderr.paint();
        if !change.why.is_empty() {
            printer.note(&changes::lines(change, paint));
        }
    }

    async fn apply(
        &self,
        locked: &Locked,
        found: &Found,
        change: &Change,
        placing: Option<&Placing>,
    ) -> Result<(Done, Value), Failure> {
        let (app, line) = (self.session.app, &found.line);
        let name = &line.name;
        let mut value = json!({
            "class": change.class,
            "from": locked.version,
            "version": line.vers,
            "why": change.why,
        });
        let Some(placing) = placing else {
            value["status"] = match change.class {
                Class::Auto => "would-update",
                _ => "would-hold",
            }
            .into();
            app.printer.note("Nothing was done: this was a dry run.");
            return Ok((Done::ToDo, value));
        };
        if change.class != Class::Auto {
            let question = format!("Update {name} to {}?", line.vers);
            if self.session.agrees(&question)? != Some(true) {
                value["status"] = "held".into();
                app.printer.note(&format!(
                    "{name} stays at {}: the update waits for your yes.",
                    locked.version
                ));
                return Ok((Done::Held, value));
            }
        }
        let alias = alias(self.args.alias.as_ref(), name, locked.placed.as_ref())?;
        let said = first_key(&self.args.target);
        let placed = placing.put(&alias, &found.fetched, said).await?;
        lock::set(app, self.markets, name, locked_of(found, placing, &alias))?;
        if app.printer.format == Format::Human {
            told(app, line, &placed)?;
            next(app, found, placing);
        }
        value["status"] = "updated".into();
        Ok((Done::Nothing, value))
    }
}

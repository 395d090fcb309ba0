//! One skill of an update, and what that of an agent has in common with it.

use std::rc::Rc;

use metier_core::SkillName;
use metier_market::{
    client::{Fetched, check_revoked, revoked_line},
    consent::{Change, Class, Contents, compare},
    index::{IndexFile, Line, Locked, Markets, Prefer, ResolveError, Rules, Why, resolve},
    kind::Kind,
    revoked::List,
};
use semver::VersionReq;
use serde_json::{Value, json};

use super::{
    super::{
        agents,
        before::{self, Before},
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
    /// The same, verified; nothing where it is installed, or an agent.
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

/// Whether an update is done.
pub enum Agreed<'p> {
    /// There, and what is said of it to programs.
    Yes(&'p Placing, Value),
    /// What came of it instead.
    No(Done, Value),
}

impl Updating<'_> {
    /// Updates it, or says why not.
    pub async fn update(&self, step: &Step) -> Result<(Done, Value), Failure> {
        let (app, locked) = (self.session.app, &step.locked);
        let placing = self.placing(step)?;
        if step.line.kind == Kind::Agent {
            return agents::update(self, step, placing.as_ref()).await;
        }
        let old = self.old(step).await?;
        match &old {
            Before::Known(old) => {
                if let Err(error) = check_revoked(&step.seen.list, old) {
                    app.printer.warn(&error.to_string());
                }
            }
            Before::Unshown(why) => {
                let name = &step.line.name;
                app.printer
                    .warn(&format!("{name} {} is {why}", locked.version));
            }
        }
        let Some(fetched) = &step.fetched else {
            return Ok(self.is_current(step));
        };
        check_revoked(&step.seen.list, &fetched.contents)?;
        let change = match &old {
            Before::Known(old) => compare(old, &fetched.contents),
            Before::Unshown(why) => Change::unshown(&locked.version, why, &fetched.contents),
        };
        self.show(step, &change);
        let found = Found {
            seen: step.seen.clone(),
            index: step.index.clone(),
            line: step.line.clone(),
            fetched: fetched.clone(),
        };
        let (placing, mut value) = match self.agreed(step, &change, placing.as_ref())? {
            Agreed::Yes(placing, value) => (placing, value),
            Agreed::No(done, value) => return Ok((done, value)),
        };
        self.apply(locked, &found, placing).await?;
        value["status"] = "updated".into();
        Ok((Done::Nothing, value))
    }

    /// Where it is. Found out before anything is shown: whether there is a way to it. Nowhere in a dry run.
    fn placing(&self, step: &Step) -> Result<Option<Placing>, Failure> {
        if self.args.dry_run {
            return Ok(None);
        }
        let (target, placed) = (&self.args.target, step.locked.placed.as_ref());
        Placing::again(self.session.app, target, step.index.name(), placed).map(Some)
    }

    /// Nothing to do.
    pub fn is_current(&self, step: &Step) -> (Done, Value) {
        let (name, version) = (step.index.name(), &step.locked.version);
        let printer = &self.session.app.printer;
        printer.note(&format!("{name} {version} is the newest that will do."));
        let value = json!({"status": "current", "version": version});
        (Done::Nothing, value)
    }

    /// What was consented to: kept, or fetched once more.
    async fn old(&self, step: &Step) -> Result<Before<Contents>, Failure> {
        let (client, locked) = (&step.seen.client, &step.locked);
        if let Some(kept) = client.kept().component(&locked.component) {
            return publish::contents(&kept).map(Before::Known);
        }
        before::fetch(&step.seen, step.installed()?).await
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

    /// What an update changes, on standard error.
    pub fn show(&self, step: &Step, change: &Change) {
        let printer = &self.session.app.printer;
        let class = changes::class(change.class);
        printer.note(&format!(
            "{} {} → {}: {class}",
            step.line.name, step.locked.version, step.line.vers
        ));
        let paint = printer.terminal.stderr.paint();
        if !change.why.is_empty() {
            printer.note(&changes::lines(change, paint));
        }
    }

    /// Whether it is done: what asks for no more is, what asks for more when a person says yes.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub fn agreed<'p>(
        &self,
        step: &Step,
        change: &Change,
        placing: Option<&'p Placing>,
    ) -> Result<Agreed<'p>, Failure> {
        let (app, line, locked) = (self.session.app, &step.line, &step.locked);
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
            return Ok(Agreed::No(Done::ToDo, value));
        };
        if change.class != Class::Auto {
            let question = format!("Update {name} to {}?", line.vers);
            if self.session.agrees(&question)? != Some(true) {
                value["status"] = "held".into();
                app.printer.note(&format!(
                    "{name} stays at {}: the update waits for your yes.",
                    locked.version
                ));
                return Ok(Agreed::No(Done::Held, value));
            }
        }
        Ok(Agreed::Yes(placing, value))
    }

    async fn apply(
        &self,
        locked: &Locked,
        found: &Found,
        placing: &Placing,
    ) -> Result<(), Failure> {
        let (app, line) = (self.session.app, &found.line);
        let name = &line.name;
        let alias = alias(self.args.alias.as_ref(), name, locked.placed.as_ref())?;
        let said = first_key(&self.args.target);
        let placed = placing.put(&alias, &found.fetched, said).await?;
        lock::set(app, self.markets, name, locked_of(found, placing, &alias))?;
        if app.printer.format == Format::Human {
            told(app, line, &placed)?;
            next(app, found, placing);
        }
        Ok(())
    }
}

impl Step {
    /// The line of what is installed, as it was when it was.
    ///
    /// # Errors
    /// When the market has it no more.
    pub fn installed(&self) -> Result<&Line, Failure> {
        let locked = &self.locked;
        let line = self.index.line(&locked.version);
        let line = line.filter(|line| line.component == locked.component);
        line.ok_or_else(|| {
            unresolved(&ResolveError::Vanished {
                name: self.index.name().clone(),
                version: locked.version.clone(),
            })
        })
    }
}

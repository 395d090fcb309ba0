//! `metier update`: what asks for no more is done, what asks for more waits for a yes.

use metier_core::SkillName;
use metier_market::{
    client::{Ask, Client, FirstKey, check_revoked, revoked_line},
    consent::{Change, Class, Contents, compare},
    index::{IndexFile, Line, Lock, Locked, Prefer, Requirement, Rules, Why, resolve},
    kind::Kind,
    log::Witness,
    revoked::List,
};
use semver::{Comparator, Op, Version, VersionReq};
use serde_json::{Value, json};

use super::{
    agents, changes,
    info::{Found, Looked, fresh, unresolved},
    install::{first_key, locked as locked_of, next, told},
    lock,
    placing::{Placing, alias},
    session::{Session, now, seconds},
};
use crate::{
    args::market_client::Update,
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    printer::Format,
    text,
};

/// Updates what is locked in this directory.
///
/// # Errors
/// [`Failure`]; what was updated before stays updated.
pub fn run(app: &App, args: &Update) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    let placing = match args.dry_run {
        true => None,
        false => Some(Placing::of(app, &args.target)?),
    };
    commands::runtime()?.block_on(async {
        let markets = session.markets().await?;
        let lock = lock::read(&markets)?;
        let names = names(args, &lock)?;
        if names.is_empty() {
            app.printer.note("Nothing is installed here.");
        }
        let mut said = Vec::new();
        for name in &names {
            let updating = Updating {
                session: &session,
                args,
                placing: placing.as_ref(),
                name,
            };
            said.push(updating.update(&lock).await?);
        }
        if app.printer.format == Format::Json {
            app.print(&format!("{}\n", Value::from(said)))?;
        }
        Ok(Exit::Ok)
    })
}

fn names(args: &Update, lock: &Lock) -> Result<Vec<SkillName>, Failure> {
    match &args.skill {
        Some(wanted) if lock.get(&wanted.name).is_none() => Err(Failure::usage(
            format!("{} is not installed here.", wanted.name),
            format!("metier install {}", wanted.name),
        )),
        Some(wanted) => Ok(vec![wanted.name.clone()]),
        None => Ok(lock.iter().map(|(_, name, _)| name.clone()).collect()),
    }
}

/// One update.
pub struct Updating<'u> {
    /// What is asked.
    pub session: &'u Session<'u>,
    /// As the command line says.
    pub args: &'u Update,
    /// Where it goes; nowhere in a dry run.
    pub placing: Option<&'u Placing<'u>>,
    /// What is updated.
    pub name: &'u SkillName,
}

impl Updating<'_> {
    async fn update(&self, lock: &Lock) -> Result<Value, Failure> {
        let (app, name) = (self.session.app, self.name);
        let client = self.session.market_of(name).await?;
        let Some(locked) = lock.get(name) else {
            return Ok(Value::Null);
        };
        let (witness, list, index) = tokio::join!(
            client.advance(),
            client.revocations(now()),
            client.index(name, Ask::Always),
        );
        let (witness, list, index) = (witness?, fresh(self.session, list?), index?);
        if let Some(line) = index
            .line(&locked.version)
            .filter(|line| line.kind == Kind::Agent)
        {
            let line = line.clone();
            let looked = Looked {
                index,
                line,
                list,
                witness,
            };
            return agents::update(self, &client, locked, looked).await;
        }
        let old = self.old(&client, &index, locked, &witness).await?;
        if let Err(error) = check_revoked(&list, &old) {
            app.printer.warn(&error.to_string());
        }
        let line = self.newest(&index, locked, &list)?;
        if line.vers == locked.version {
            let words = format!("{name} {} is the newest that will do.", locked.version);
            return Ok(self.done(
                json!({"status": "current", "version": locked.version}),
                &words,
            ));
        }
        let said = first_key(&self.args.target);
        let fetched = client.fetch(&line, &witness, said).await?;
        check_revoked(&list, &fetched.contents)?;
        let change = compare(&old, &fetched.contents);
        show(app, name, &locked.version, &line.vers, &change);
        let found = Found {
            index,
            line,
            fetched,
            list,
        };
        self.apply(locked, &found, &change).await
    }

    /// What was consented to: kept, or fetched once more.
    async fn old(
        &self,
        client: &Client,
        index: &IndexFile,
        locked: &Locked,
        witness: &Witness,
    ) -> Result<Contents, Failure> {
        if let Some(kept) = client.kept().component(&locked.component) {
            return super::publish::contents(&kept);
        }
        let line = index.line(&locked.version);
        let line = line.filter(|line| line.component == locked.component);
        let line = line.ok_or_else(|| {
            unresolved(&metier_market::index::ResolveError::Vanished {
                name: self.name.clone(),
                version: locked.version.clone(),
            })
        })?;
        let fetched = client.fetch(line, witness, FirstKey::Remembered).await?;
        Ok(fetched.contents)
    }

    /// The newest that is compatible, or that was asked for; younger ones wait, and it is said.
    pub fn newest(&self, index: &IndexFile, locked: &Locked, list: &List) -> Result<Line, Failure> {
        let wanted = match &self.args.skill {
            Some(wanted) if wanted.versions != VersionReq::STAR => wanted.clone(),
            _ => compatible(self.name, locked),
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
                let words = format!("{} {passed}.", self.name);
                self.session.app.printer.note(&text::one_line(&words));
            }
        }
        Ok(resolved.line.clone())
    }

    async fn apply(
        &self,
        locked: &Locked,
        found: &Found,
        change: &Change,
    ) -> Result<Value, Failure> {
        let (app, line) = (self.session.app, &found.line);
        let mut value = json!({
            "class": change.class,
            "from": locked.version,
            "version": line.vers,
            "why": change.why,
        });
        let Some(placing) = self.placing else {
            value["status"] = match change.class {
                Class::Auto => "would-update",
                _ => "would-hold",
            }
            .into();
            return Ok(self.done(value, "Nothing was done: this was a dry run."));
        };
        if change.class != Class::Auto {
            let question = format!("Update {} to {}?", self.name, line.vers);
            if self.session.agrees(&question)? != Some(true) {
                value["status"] = "held".into();
                let words = format!(
                    "{} stays at {}: the update waits for your yes.",
                    self.name, locked.version
                );
                return Ok(self.done(value, &words));
            }
        }
        let alias = alias(self.args.alias.as_ref(), self.name)?;
        let placed = placing
            .put(&alias, &found.fetched, first_key(&self.args.target))
            .await?;
        let markets = self.session.markets().await?;
        lock::set(app, &markets, self.name, locked_of(found))?;
        if app.printer.format == Format::Human {
            told(app, line, &placed)?;
            next(app, found, placing);
        }
        value["status"] = "updated".into();
        Ok(self.done(value, ""))
    }

    pub fn done(&self, mut value: Value, words: &str) -> Value {
        if !words.is_empty() {
            self.session.app.printer.note(words);
        }
        value["name"] = json!(self.name);
        value
    }
}

/// What an update changes, on standard error.
pub fn show(app: &App, name: &SkillName, from: &Version, to: &Version, change: &Change) {
    let printer = &app.printer;
    let class = changes::class(change.class);
    printer.note(&format!("{name} {from} → {to}: {class}"));
    let paint = printer.terminal.stderr.paint();
    if !change.why.is_empty() {
        printer.note(&changes::lines(change, paint));
    }
}

/// `^1.2.3`: what cargo would take too.
fn compatible(name: &SkillName, locked: &Locked) -> Requirement {
    let version = &locked.version;
    let comparator = Comparator {
        op: Op::Caret,
        major: version.major,
        minor: Some(version.minor),
        patch: Some(version.patch),
        pre: version.pre.clone(),
    };
    Requirement {
        name: name.clone(),
        versions: VersionReq {
            comparators: vec![comparator],
        },
    }
}

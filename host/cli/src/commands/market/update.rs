//! `metier update`: what asks for no more is done, what asks for more waits for a yes.
//!
//! Each skill is updated where it is. One that cannot be does not stop the others: it is told, and is the exit code at the end.

pub mod step;

use metier_core::SkillName;
use metier_market::{
    client::{Ask, Fetched, FirstKey},
    index::{IndexFile, Line, Lock, Locked, Requirement},
    kind::Kind,
};
use semver::{Comparator, Op, VersionReq};
use serde_json::{Value, json};

use self::step::{Done, Step, Updating};
use super::{install::first_key, lock, session::Session};
use crate::{
    args::market_client::Update,
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    printer::Format,
    render::count,
};

/// Updates what is locked in this directory.
///
/// # Errors
/// [`Failure`] when nothing was tried, or the one skill that was named failed.
pub fn run(app: &App, args: &Update) -> Result<Exit, Failure> {
    let session = match args.dry_run {
        true => Session::dry(app, &args.place)?,
        false => Session::new(app, &args.place)?,
    };
    commands::runtime()?.block_on(async {
        let markets = session.markets().await?;
        let lock = lock::read(&markets)?;
        let names = names(args, &lock)?;
        if names.is_empty() {
            app.printer.note("Nothing is installed here.");
        }
        let updating = Updating {
            session: &session,
            args,
            markets: &markets,
        };
        let mut tally = Tally::default();
        for (name, step) in steps(&updating, &names, &lock).await {
            let done = match step {
                Ok(step) => updating.update(&step).await,
                Err(failure) => Err(failure),
            };
            match done {
                Err(failure) if args.skill.is_some() => return Err(failure),
                done => tally.add(app, name, done),
            }
        }
        tally.end(app, args)
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

/// What there is for each: indexes, receipts and components are asked for at once, market by market.
async fn steps(
    updating: &Updating<'_>,
    names: &[SkillName],
    lock: &Lock,
) -> Vec<(SkillName, Result<Step, Failure>)> {
    let mut steps = Vec::new();
    let mut left: Vec<&SkillName> = names.iter().collect();
    while let Some(first) = left.first().copied() {
        let seen = match updating.session.seen(first).await {
            Ok(seen) => seen,
            Err(failure) => {
                left.remove(0);
                steps.push((first.clone(), Err(failure)));
                continue;
            }
        };
        let market = seen.client.market();
        let mut here = Vec::new();
        let mut elsewhere = Vec::new();
        for name in left {
            let is_here = updating.session.market_of(name).await;
            match is_here.is_ok_and(|client| client.market() == market) {
                true => here.push(name.clone()),
                false => elsewhere.push(name),
            }
        }
        left = elsewhere;
        let indexes = seen.client.indexes(&here, Ask::Always).await;
        let mut chosen = Vec::new();
        for (name, index) in here.iter().zip(indexes) {
            let index = index.map_err(Failure::from);
            chosen.push(index.and_then(|index| choose(updating, &seen.list, name, lock, index)));
        }
        let fetched = fetch(updating, &seen, &chosen).await;
        let mut fetched = fetched.into_iter();
        for (name, chosen) in here.into_iter().zip(chosen) {
            let step = chosen.and_then(|(locked, index, line)| {
                let fetched = match is_new_skill(&locked, &line) {
                    true => fetched.next().transpose()?,
                    false => None,
                };
                Ok(Step {
                    seen: seen.clone(),
                    locked,
                    index,
                    line,
                    fetched,
                })
            });
            steps.push((name, step));
        }
    }
    steps
}

type Chosen = Result<(Locked, IndexFile, Line), Failure>;

fn choose(
    updating: &Updating<'_>,
    list: &metier_market::revoked::List,
    name: &SkillName,
    lock: &Lock,
    index: IndexFile,
) -> Chosen {
    let locked = lock.get(name).cloned();
    let locked = locked.ok_or_else(|| Failure::usage("It is not locked.", "metier install"))?;
    let line = updating.newest(&index, name, &locked, list)?;
    Ok((locked, index, line))
}

/// The new versions, at once.
async fn fetch(
    updating: &Updating<'_>,
    seen: &super::session::Seen,
    chosen: &[Chosen],
) -> Vec<Result<Fetched, Failure>> {
    let new = chosen.iter().flatten();
    let new = new.filter(|(locked, _, line)| is_new_skill(locked, line));
    let lines: Vec<Line> = new.map(|(_, _, line)| line.clone()).collect();
    let said: FirstKey = first_key(&updating.args.target);
    let fetched = seen.client.fetch_all(&lines, &seen.witness, said).await;
    let fetched = fetched.into_iter();
    fetched.map(|one| one.map_err(Failure::from)).collect()
}

/// Whether it is fetched here; an agent is fetched with its skills.
fn is_new_skill(locked: &Locked, line: &Line) -> bool {
    line.kind == Kind::Skill && line.vers != locked.version
}

/// How it went, one by one.
#[derive(Default)]
struct Tally {
    said: Vec<Value>,
    held: Vec<SkillName>,
    to_do: usize,
    failed: Vec<(SkillName, Exit)>,
}

impl Tally {
    fn add(&mut self, app: &App, name: SkillName, done: Result<(Done, Value), Failure>) {
        let mut value = match done {
            Err(failure) => {
                app.printer.note(&format!("{name} was not updated:"));
                failure.tell(&app.printer);
                self.failed.push((name.clone(), failure.exit));
                json!({"status": "failed", "error": failure.wire()})
            }
            Ok((done, value)) => {
                match done {
                    Done::Nothing => {}
                    Done::Held => self.held.push(name.clone()),
                    Done::ToDo => self.to_do += 1,
                }
                value
            }
        };
        value["name"] = json!(name);
        self.said.push(value);
    }

    /// Who failed is told once more, at the end, where it is seen.
    fn end(&self, app: &App, args: &Update) -> Result<Exit, Failure> {
        if app.printer.format == Format::Json {
            app.print(&format!("{}\n", Value::from(self.said.clone())))?;
        }
        if !self.held.is_empty() {
            app.printer.note(&format!(
                "{} for your yes: {}. Say it on a terminal, or with `metier update NAME --yes`.",
                match self.held.len() {
                    1 => "1 update waits".to_owned(),
                    many => format!("{many} updates wait"),
                },
                names_of(self.held.iter())
            ));
        }
        if let Some((_, exit)) = self.failed.first() {
            let names = names_of(self.failed.iter().map(|(name, _)| name));
            let of = count(self.said.len(), "skill");
            let failed = self.failed.len();
            app.printer
                .note(&format!("{failed} of {of} could not be updated: {names}."));
            return Ok(*exit);
        }
        match args.exit_code && (!self.held.is_empty() || self.to_do > 0) {
            true => Ok(Exit::Waits),
            false => Ok(Exit::Ok),
        }
    }
}

fn names_of<'n>(names: impl Iterator<Item = &'n SkillName>) -> String {
    let names: Vec<&str> = names.map(SkillName::as_str).collect();
    names.join(", ")
}

/// `=1.2.3`: what is locked.
pub fn exactly(name: &SkillName, locked: &Locked) -> Requirement {
    of(name, locked, Op::Exact)
}

/// `^1.2.3`: what cargo would take too.
fn compatible(name: &SkillName, locked: &Locked) -> Requirement {
    of(name, locked, Op::Caret)
}

fn of(name: &SkillName, locked: &Locked, op: Op) -> Requirement {
    let version = &locked.version;
    let comparator = Comparator {
        op,
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

//! Versions in their markets: resolved, then fetched and verified, many at once.

use std::{rc::Rc, time::Duration};

use metier_core::{Code, Fault, SkillName};
use metier_market::{
    client::{Ask, Client, ClientError, Fetched, FirstKey, check_revoked, revoked_line},
    index::{
        IndexFile, Line, Locked, Market, PassedOver, Requirement, ResolveError, Rules, Why, resolve,
    },
    revoked::List,
};

use super::session::{Seen, Session, seconds};
use crate::errors::{Failure, sentence};

/// A version that was found, fetched and verified.
pub struct Found {
    /// The market, as it was seen.
    pub seen: Rc<Seen>,
    /// The whole index.
    pub index: IndexFile,
    /// Its line.
    pub line: Line,
    /// The file and what shows it to be it.
    pub fetched: Fetched,
}

impl Found {
    /// The market it is of.
    pub fn client(&self) -> &Client {
        &self.seen.client
    }

    /// What is revoked there.
    pub fn list(&self) -> &List {
        &self.seen.list
    }
}

/// What is looked for.
#[derive(Clone)]
pub struct Wanted {
    /// The skill and its versions.
    pub requirement: Requirement,
    /// What is locked of it.
    pub locked: Option<Locked>,
}

/// A version that a requirement means, of a skill or an agent; nothing of it is fetched yet.
pub struct Looked {
    /// The market, as it was seen.
    pub seen: Rc<Seen>,
    /// The whole index.
    pub index: IndexFile,
    /// Its line.
    pub line: Line,
}

impl Looked {
    /// Fetches it as a skill.
    ///
    /// # Errors
    /// When it is not what it should be.
    pub async fn fetch(self, said: FirstKey) -> Result<Found, Failure> {
        let mut all = fetch_all(vec![self], said).await;
        all.pop().unwrap_or_else(|| Err(nothing()))
    }
}

/// The version that a requirement means: one that had its cooldown, or, where there is none yet, the newest, which is said.
///
/// # Errors
/// When there is none.
pub async fn look(session: &Session<'_>, wanted: Wanted) -> Result<Looked, Failure> {
    let mut all = look_all(session, &[wanted]).await;
    all.pop().unwrap_or_else(|| Err(nothing()))
}

/// The same for many: each market is asked for all of its indexes at once. In their order.
pub async fn look_all(session: &Session<'_>, wanted: &[Wanted]) -> Vec<Result<Looked, Failure>> {
    let mut all: Vec<Option<Result<Looked, Failure>>> = wanted.iter().map(|_| None).collect();
    let mut markets: Vec<(Market, Rc<Seen>, Vec<usize>)> = Vec::new();
    for (at, one) in wanted.iter().enumerate() {
        let seen = match session.seen(&one.requirement.name).await {
            Ok(seen) => seen,
            Err(failure) => {
                put(&mut all, at, Err(failure));
                continue;
            }
        };
        let market = seen.client.market();
        match markets.iter_mut().find(|(known, ..)| known == market) {
            Some((_, _, places)) => places.push(at),
            None => markets.push((market.clone(), seen, vec![at])),
        }
    }
    for (_, seen, places) in markets {
        let asked: Vec<&Wanted> = places.iter().filter_map(|at| wanted.get(*at)).collect();
        let found = in_market(session, &seen, &asked).await;
        for (at, found) in places.into_iter().zip(found) {
            put(&mut all, at, found);
        }
    }
    taken(all)
}

/// What is fetched of one market, each with its place among all.
type Placed = Vec<(usize, Looked)>;

/// Fetches skills: each market is asked for all of its receipts and components at once. In their order.
pub async fn fetch_all(looked: Vec<Looked>, said: FirstKey) -> Vec<Result<Found, Failure>> {
    let mut all: Vec<Option<Result<Found, Failure>>> = looked.iter().map(|_| None).collect();
    let mut markets: Vec<(Rc<Seen>, Placed)> = Vec::new();
    for (at, one) in looked.into_iter().enumerate() {
        let market = one.seen.client.market();
        let mut known = markets.iter_mut();
        match known.find(|(seen, _)| seen.client.market() == market) {
            Some((_, places)) => places.push((at, one)),
            None => markets.push((one.seen.clone(), vec![(at, one)])),
        }
    }
    for (seen, places) in markets {
        let lines: Vec<Line> = places.iter().map(|(_, one)| one.line.clone()).collect();
        let fetched = seen.client.fetch_all(&lines, &seen.witness, said).await;
        for ((at, one), fetched) in places.into_iter().zip(fetched) {
            put(&mut all, at, checked(one, fetched));
        }
    }
    taken(all)
}

fn put<T>(all: &mut [Option<T>], at: usize, one: T) {
    if let Some(place) = all.get_mut(at) {
        *place = Some(one);
    }
}

fn taken<T>(all: Vec<Option<Result<T, Failure>>>) -> Vec<Result<T, Failure>> {
    let all = all.into_iter();
    all.map(|one| one.unwrap_or_else(|| Err(nothing())))
        .collect()
}

fn nothing() -> Failure {
    Fault::new(Code::HostInternal, "Nothing was looked for.").into()
}

async fn in_market(
    session: &Session<'_>,
    seen: &Rc<Seen>,
    wanted: &[&Wanted],
) -> Vec<Result<Looked, Failure>> {
    let names: Vec<SkillName> = wanted
        .iter()
        .map(|one| one.requirement.name.clone())
        .collect();
    let indexes = seen.client.indexes(&names, Ask::WhenCold).await;
    let mut resolved = Vec::new();
    for (one, index) in wanted.iter().zip(indexes) {
        resolved.push(match index {
            Ok(index) => resolve_one(session, seen, one, index).await,
            Err(error) => Err(error.into()),
        });
    }
    let looked = resolved.into_iter().map(|resolved| {
        let (index, line) = resolved?;
        Ok(Looked {
            seen: seen.clone(),
            index,
            line,
        })
    });
    looked.collect()
}

fn checked(looked: Looked, fetched: Result<Fetched, ClientError>) -> Result<Found, Failure> {
    let fetched = fetched?;
    let Looked { seen, index, line } = looked;
    check_revoked(&seen.list, &fetched.contents)?;
    Ok(Found {
        seen,
        index,
        line,
        fetched,
    })
}

async fn resolve_one(
    session: &Session<'_>,
    seen: &Seen,
    wanted: &Wanted,
    index: IndexFile,
) -> Result<(IndexFile, Line), Failure> {
    match line(seen, wanted, &index) {
        Ok(found) => Ok((index, found)),
        // What is kept may be a minute old.
        Err(_) => {
            let name = &wanted.requirement.name;
            let index = seen.client.index(name, Ask::Always).await?;
            let found = line(seen, wanted, &index);
            let line = found.or_else(|error| young(session, seen, wanted, &index, error))?;
            Ok((index, line))
        }
    }
}

fn line(seen: &Seen, wanted: &Wanted, index: &IndexFile) -> Result<Line, ResolveError> {
    let refused = |line: &Line| revoked_line(&seen.list, line);
    let rules = Rules {
        locked: wanted.locked.as_ref(),
        refused: &refused,
        ..Rules::at(seconds())
    };
    resolve(&wanted.requirement, index, &rules).map(|found| found.line.clone())
}

/// The newest although it is young, where there is no older one; which is said.
fn young(
    session: &Session<'_>,
    seen: &Seen,
    wanted: &Wanted,
    index: &IndexFile,
    error: ResolveError,
) -> Result<Line, Failure> {
    if !is_cooling(&error) {
        return Err(unresolved(&error));
    }
    let refused = |line: &Line| revoked_line(&seen.list, line);
    let rules = Rules {
        locked: wanted.locked.as_ref(),
        refused: &refused,
        cooldown: Duration::ZERO,
        ..Rules::at(seconds())
    };
    let found = resolve(&wanted.requirement, index, &rules);
    let line = found.map_err(|error| unresolved(&error))?.line;
    session.app.printer.warn(&format!(
        "{} {} is less than three days old, and there is no older version: nobody may have noticed yet what is wrong with it",
        line.name, line.vers
    ));
    Ok(line.clone())
}

fn is_cooling(error: &ResolveError) -> bool {
    match error {
        ResolveError::None { passed, .. } => passed
            .iter()
            .any(|passed| matches!(passed.why, Why::Cooling(_))),
        _ => false,
    }
}

/// Why there is no version, for whoever asked.
pub fn unresolved(error: &ResolveError) -> Failure {
    let (code, hint) = match error {
        ResolveError::Empty(_) | ResolveError::OtherSkill { .. } => (
            Code::NotFound,
            "`metier search WORDS` finds what there is.".to_owned(),
        ),
        ResolveError::None { wanted, passed } => (none(passed), versions(&wanted.name)),
        ResolveError::LockedRefused { name, .. } => (Code::SkillRevoked, versions(name)),
        ResolveError::Stale { .. }
        | ResolveError::Vanished { .. }
        | ResolveError::Changed { .. } => (
            Code::SkillUnverified,
            "Do not use it: tell whoever runs the market, and show them metier.lock.".to_owned(),
        ),
    };
    Fault::new(code, sentence(&error.to_string()))
        .with_hint(hint)
        .into()
}

fn none(passed: &[PassedOver]) -> Code {
    let is_refused = |passed: &PassedOver| matches!(passed.why, Why::Refused(_) | Why::Void(_));
    match passed.iter().all(is_refused) {
        true => Code::SkillRevoked,
        false => Code::NotFound,
    }
}

fn versions(name: &SkillName) -> String {
    format!(
        "`metier info {name}` lists all versions and why each is not installed; `{name}@=VERSION` names one."
    )
}

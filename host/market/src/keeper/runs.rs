//! Runs of a CI service: an ID token, once, for a token that publishes and does nothing else.
//!
//! Whoever comes with one brings the public key it made for this run. The token it gets is good for [`TOKEN_LIFE`], for what is signed with that
//! key, for the skills that a [trusted publisher](crate::state::TrustedPublisher) of the namespace covers. Tokens are in memory alone; which ID
//! tokens were taken is on the disk, so that none is taken twice because the market was started anew.

use std::{
    collections::{BTreeMap, HashMap},
    fmt, io,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use metier_core::{Digest, SkillName};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Market,
    accounts::PublisherId,
    keys::replace,
    ledger::moment,
    sessions::{make_room, random},
};
use crate::{
    fixtures::Moment,
    state::{KnownPublisher, Namespace, Run, Word},
    trust::PublicKey,
};

/// How long the token of a run is good.
pub const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// What such tokens begin with: scanners find one that got lost.
const PREFIX: &str = "metier_run_";

/// Which ID tokens were taken.
const TAKEN: &str = "id-tokens.json";

/// Most ID tokens that are remembered: as long as they would be good.
const MAX_TAKEN: usize = 4_096;

/// Most tokens that are good.
const MAX_TOKENS: usize = 4_096;

/// Longest life of an ID token: those of runs have minutes, or as long as a job may take.
const MAX_LIFE: u64 = 24 * 3_600;

/// How far the clock of an issuer may be ahead, in seconds.
const LEEWAY: u64 = 60;

/// Claims about a run, and about no person: what the log says of it beside what its trusted publisher names.
const TOLD: [&str; 18] = [
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow_ref",
    "workflow_sha",
    "job_workflow_ref",
    "ref",
    "sha",
    "run_id",
    "run_attempt",
    "environment",
    "event_name",
    "project_path",
    "project_id",
    "ci_config_ref_uri",
    "pipeline_id",
    "pipeline_source",
    "job_id",
];

/// What a run says that somebody began who only proposes a change: their code is in it, and nobody has looked.
const PROPOSED: [(&str, &str); 5] = [
    ("event_name", "pull_request"),
    ("event_name", "merge_group"),
    ("ref", "refs/pull/"),
    ("ref", "refs/merge-requests/"),
    ("pipeline_source", "merge_request_event"),
];

/// An ID token that was verified: signed by its issuer, for this market, and good now.
#[derive(Clone, Debug, PartialEq)]
pub struct IdToken {
    /// Who says so.
    pub issuer: String,
    /// What.
    pub claims: Map<String, Value>,
}

/// Verifies ID tokens.
#[async_trait]
pub trait IdTokens: fmt::Debug + Send + Sync {
    /// Those whose tokens are verified here.
    fn issuers(&self) -> Vec<String>;

    /// What a token says; nothing where it does not open. Why not is for the log of whoever verifies.
    async fn verify(&self, token: &str) -> Option<IdToken>;
}

/// For a market that trusts no CI service.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoIdTokens;

#[async_trait]
impl IdTokens for NoIdTokens {
    fn issuers(&self) -> Vec<String> {
        Vec::new()
    }

    async fn verify(&self, _: &str) -> Option<IdToken> {
        None
    }
}

/// The body of `POST /api/v1/market/oidc/tokens`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What the CI service gave the run, for this market.
    pub token: String,
    /// Where it wants to publish.
    pub namespace: Namespace,
    /// What it signs with.
    pub key: PublicKey,
}

/// What a run gets.
#[derive(Clone, Serialize)]
pub struct RunToken {
    /// Its text.
    pub token: String,
    /// Until when it is good.
    pub expires: Moment,
    /// Which run it is taken for, in words.
    pub run: String,
}

/// Why a run gets nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeRefused {
    /// Whatever it is: who verifies writes down why.
    #[error("the ID token does not open")]
    Closed,
    /// Twice.
    #[error("the ID token was taken before: each is taken once")]
    Taken,
    /// It lacks what makes it one that can be taken.
    #[error("the ID token {0}")]
    Shape(&'static str),
    /// A proposed change.
    #[error(
        "the run is of a proposed change (`{0}` is `{1}`): what nobody has looked at yet publishes nothing"
    )]
    Proposed(&'static str, Word),
    /// Nobody trusts it.
    #[error("{0}")]
    Nobody(String),
    /// Not a key for that.
    #[error("the key belongs to the market or the namespace: make one for this run alone")]
    Key,
    /// Enough.
    #[error("the market has taken as many ID tokens as it can remember; try again in some minutes")]
    Busy,
    /// The system's.
    #[error("the ID token cannot be taken now: {0}")]
    Unavailable(#[from] io::Error),
}

/// A run that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunBearer {
    /// As the registry knows it.
    pub id: PublisherId,
    /// Where it publishes.
    pub namespace: Namespace,
    /// It, once for each trusted publisher that covers it.
    pub runs: Vec<Run>,
}

/// Runs that were let in, and ID tokens that were taken.
#[derive(Debug)]
pub struct Runs {
    folder: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    tokens: HashMap<Digest, (RunBearer, Moment)>,
    /// By the digests of issuer and `jti`, until when they are good, in seconds since 1970.
    taken: BTreeMap<Digest, u64>,
}

impl Runs {
    /// Reads which ID tokens were taken.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path) -> io::Result<Runs> {
        let taken = match std::fs::read(folder.join(TAKEN)) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Runs {
            folder: folder.to_owned(),
            open: Mutex::new(Open {
                taken,
                ..Open::default()
            }),
        })
    }

    /// Takes an ID token, if it was not taken before. It is on the disk before anybody has anything of it.
    fn take(&self, id: Digest, until: u64, now: u64) -> Result<(), ExchangeRefused> {
        self.with(|open| {
            open.taken.retain(|_, until| *until > now);
            if open.taken.contains_key(&id) {
                return Err(ExchangeRefused::Taken);
            }
            if open.taken.len() >= MAX_TAKEN {
                return Err(ExchangeRefused::Busy);
            }
            open.taken.insert(id, until);
            let bytes = serde_json::to_vec(&open.taken).map_err(io::Error::from);
            let kept = bytes.and_then(|bytes| replace(&self.folder, TAKEN, &bytes));
            kept.map_err(|error| {
                open.taken.remove(&id);
                error.into()
            })
        })
    }

    fn let_in(
        &self,
        namespace: Namespace,
        runs: Vec<Run>,
        now: Moment,
    ) -> Result<(String, Moment), ExchangeRefused> {
        let token = format!("{PREFIX}{}", random()?);
        let digest = Digest::of(token.as_bytes());
        // No account has an `@`.
        let id = format!("run@{}", digest.to_hex().get(..32).unwrap_or_default());
        let id = id.parse().map_err(io::Error::other)?;
        let bearer = RunBearer {
            id,
            namespace,
            runs,
        };
        let expires = now.plus(TOKEN_LIFE);
        self.with(|open| {
            make_room(&mut open.tokens, MAX_TOKENS, now, |(_, expires)| *expires);
            open.tokens.insert(digest, (bearer, expires));
        });
        Ok((token, expires))
    }

    fn of(&self, token: &str, now: Moment) -> Option<RunBearer> {
        let digest = Digest::of(token.as_bytes());
        self.with(|open| {
            let (bearer, expires) = open.tokens.get(&digest)?;
            (*expires > now).then(|| bearer.clone())
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Open) -> T) -> T {
        act(&mut self.open.lock().unwrap_or_else(|error| error.into_inner()))
    }
}

impl Market {
    /// Lets a run in that has an ID token.
    ///
    /// # Errors
    /// [`ExchangeRefused`].
    pub async fn exchange(&self, exchange: &Exchange) -> Result<RunToken, ExchangeRefused> {
        let Exchange {
            token,
            namespace,
            key,
        } = exchange;
        let verified = self.id_tokens.verify(token).await;
        let verified = verified.ok_or(ExchangeRefused::Closed)?;
        let said = said(&verified.claims);
        not_proposed(&said)?;
        let now = moment(&*self.clock);
        let trusted = self.trusting(namespace, &verified.issuer, &said, now)?;
        self.is_free(namespace, key)?;
        let seconds = super::acts::seconds(now);
        let (id, until) = once(&verified, seconds)?;
        self.runs.take(id, until, seconds)?;
        let runs: Vec<Run> = trusted
            .iter()
            .map(|known| Run {
                publisher: known.id,
                key: key.clone(),
                at: now,
                claims: told(&said, known),
            })
            .collect();
        let words = runs.first().map(Run::words).unwrap_or_default();
        let (token, expires) = self.runs.let_in(namespace.clone(), runs, now)?;
        Ok(RunToken {
            token,
            expires,
            run: words,
        })
    }

    /// The run whose token it is.
    pub fn run_of(&self, token: &str) -> Option<RunBearer> {
        match token.starts_with(PREFIX) {
            true => self.runs.of(token, moment(&*self.clock)),
            false => None,
        }
    }

    /// Whether a run may push files of a skill.
    pub fn run_may_push(&self, bearer: &RunBearer, skill: &SkillName) -> bool {
        self.run_for(bearer, skill).is_ok()
    }

    /// The trusted publishers that cover a run.
    fn trusting(
        &self,
        namespace: &Namespace,
        issuer: &str,
        said: &BTreeMap<Word, Word>,
        now: Moment,
    ) -> Result<Vec<KnownPublisher>, ExchangeRefused> {
        let nobody = |why| Err(ExchangeRefused::Nobody(why));
        let known: Vec<KnownPublisher> = self.ledger.look(|view| {
            let owned = view.state.namespace(namespace).into_iter();
            let known = owned.flat_map(|owned| owned.publishers_at(now));
            known.cloned().collect()
        });
        let of_issuer = known
            .into_iter()
            .filter(|known| known.publisher.issuer.as_str() == issuer);
        let of_issuer: Vec<_> = of_issuer.collect();
        if of_issuer.is_empty() {
            return nobody(format!("`{namespace}` trusts no publisher of this issuer"));
        }
        let mut differing = Vec::new();
        let mut covering = Vec::new();
        for known in of_issuer {
            match known.publisher.differs(said).map(Word::to_string) {
                Some(claim) => differing.push(format!("`{claim}`")),
                None => covering.push(known),
            }
        }
        match covering.is_empty() {
            false => Ok(covering),
            true => nobody(format!(
                "no publisher that `{namespace}` trusts covers this run: it has another {}",
                differing.join(", another ")
            )),
        }
    }

    fn is_free(&self, namespace: &Namespace, key: &PublicKey) -> Result<(), ExchangeRefused> {
        let hint = key.hint();
        let is_namespaces = self.ledger.look(|view| {
            let owned = view.state.namespace(namespace);
            owned.is_some_and(|owned| owned.key(hint).is_some())
        });
        match is_namespaces || self.keys.root.has_hint(hint) {
            true => Err(ExchangeRefused::Key),
            false => Ok(()),
        }
    }
}

/// Claims as texts; what is none is nothing that can be compared.
fn said(claims: &Map<String, Value>) -> BTreeMap<Word, Word> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let said = claims
        .iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, text(value)?.parse().ok()?)));
    said.collect()
}

fn not_proposed(said: &BTreeMap<Word, Word>) -> Result<(), ExchangeRefused> {
    for (name, begins) in PROPOSED {
        let mut claims = said.iter();
        let found = claims.find(|(claim, _)| claim.as_str() == name);
        if let Some((_, said)) = found.filter(|(_, said)| said.as_str().starts_with(begins)) {
            return Err(ExchangeRefused::Proposed(name, said.clone()));
        }
    }
    Ok(())
}

/// What a token is known by when it comes again, and until when it could.
fn once(verified: &IdToken, now: u64) -> Result<(Digest, u64), ExchangeRefused> {
    let wrong = |why| Err(ExchangeRefused::Shape(why));
    let number = |name: &str| verified.claims.get(name).and_then(Value::as_u64);
    let (Some(iat), Some(exp)) = (number("iat"), number("exp")) else {
        return wrong("does not say when it was made (`iat`) and when it ends (`exp`)");
    };
    if iat > now.saturating_add(LEEWAY) {
        return wrong("is made later than now");
    }
    if exp.saturating_sub(iat) > MAX_LIFE {
        return wrong("is good for more than a day, which none of a run is");
    }
    if exp.saturating_add(LEEWAY) <= now {
        return wrong("is over");
    }
    let jti = verified.claims.get("jti").and_then(Value::as_str);
    let Some(jti) = jti.filter(|jti| !jti.is_empty()) else {
        return wrong("has no number of its own (`jti`), so that it could be used twice");
    };
    let id = serde_json::json!([verified.issuer, jti]).to_string();
    // Whoever verifies it lets it be over for as long as clocks may differ.
    Ok((Digest::of(id.as_bytes()), exp.saturating_add(2 * LEEWAY)))
}

fn told(said: &BTreeMap<Word, Word>, known: &KnownPublisher) -> BTreeMap<Word, Word> {
    let is_told =
        |name: &Word| TOLD.contains(&name.as_str()) || known.publisher.claims.contains_key(name);
    let told = said.iter().filter(|(name, _)| is_told(name));
    told.map(|(name, said)| (name.clone(), said.clone()))
        .collect()
}

//! Runs of a CI service: an ID token, once, for a token that publishes and does nothing else.
//!
//! Whoever comes with one brings the public key it made for this run. The token it gets is good for [`TOKEN_LIFE`], for what is signed with that
//! key, for the skills that a [trusted publisher](crate::state::TrustedPublisher) of the namespace covers. Tokens are in memory alone; which ID
//! tokens were taken is on the disk, so that none is taken twice because the market was started anew.

mod open;
mod said;
mod taken;

use std::{collections::BTreeMap, fmt, io, time::Duration};

use async_trait::async_trait;
use metier_core::SkillName;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

pub use self::{open::Runs, taken::TakenLimits};
use self::{
    said::{not_proposed, once, said, told},
    taken::One,
};
use super::{
    Market,
    accounts::PublisherId,
    acts::seconds,
    ledger::moment,
    sessions::{CHALLENGE_LIFE, Source},
};
use crate::{
    fixtures::Moment,
    state::{KnownPublisher, Namespace, Owned, Run, Word},
    trust::{KeyHint, PublicKey},
};

/// How long the token of a run is good.
pub const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// What an ID token for a market at this address names as its audience: the address, without a slash behind it. With a key behind it, it is
/// worth something to whoever has that key alone: where a run says what its ID token is for, a token that got lost publishes nothing.
pub fn audience(market: &Url, key: Option<KeyHint>) -> String {
    let market = market.as_str().trim_end_matches('/');
    match key {
        None => market.to_owned(),
        Some(key) => format!("{market}#{key}"),
    }
}

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
    /// Those whose tokens are taken here for what is published in a namespace.
    fn issuers(&self, namespace: &Namespace) -> Vec<String>;

    /// What a token says that is for this market, or for this market and this key ([`audience`]); nothing where it does not open. Why not
    /// is for the log of whoever verifies.
    async fn verify(&self, token: &str, key: KeyHint) -> Option<IdToken>;
}

/// For a market that trusts no CI service.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoIdTokens;

#[async_trait]
impl IdTokens for NoIdTokens {
    fn issuers(&self, _: &Namespace) -> Vec<String> {
        Vec::new()
    }

    async fn verify(&self, _: &str, _: KeyHint) -> Option<IdToken> {
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
    /// Begun by whoever likes to.
    #[error(
        "the run is one that strangers can begin (`{0}` is `{1}`), with a proposed change or their words: it publishes nothing"
    )]
    Strangers(&'static str, Word),
    /// Nobody trusts it.
    #[error("{0}")]
    Nobody(String),
    /// Not a key for that.
    #[error("the key belongs to the market or the namespace: make one for this run alone")]
    Key,
    /// Enough of one namespace, or of one that it trusts.
    #[error("the runs of {0} have used {1} ID tokens that are still good, and no more are taken")]
    TooMany(&'static str, usize, Duration),
    /// Enough of one address.
    #[error("too many ID tokens from this address were refused of late")]
    TooManyHere(Duration),
    /// Enough of all.
    #[error("the market has taken as many ID tokens as it can remember")]
    Busy,
    /// The system's.
    #[error("the ID token cannot be taken now: {0}")]
    Unavailable(#[from] io::Error),
}

/// A run that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunBearer {
    /// As the registry knows it: its files count in the share of whoever has the namespace.
    pub id: PublisherId,
    /// Where it publishes.
    pub namespace: Namespace,
    /// It, once for each trusted publisher that covers it.
    pub runs: Vec<Run>,
}

impl Market {
    /// Lets a run in that has an ID token. Who is refused again and again is not listened to for a while, as whoever logs in.
    ///
    /// # Errors
    /// [`ExchangeRefused`].
    pub async fn exchange(
        &self,
        exchange: &Exchange,
        from: Source,
    ) -> Result<RunToken, ExchangeRefused> {
        let now = moment(&*self.clock);
        let number = self.runs.counts(from, now);
        let number = number.ok_or(ExchangeRefused::TooManyHere(CHALLENGE_LIFE))?;
        let exchanged = self.exchange_one(exchange).await;
        if let Ok(_) | Err(ExchangeRefused::Busy | ExchangeRefused::Unavailable(_)) = &exchanged {
            self.runs.is_well(number, now);
        }
        exchanged
    }

    /// Forgets ID tokens that can come no more. Whoever keeps a market calls it now and then.
    ///
    /// # Errors
    /// The disk's.
    pub async fn sweep_id_tokens(&self) -> io::Result<()> {
        let now = seconds(moment(&*self.clock));
        self.runs.taken.sweep(now).await
    }

    async fn exchange_one(&self, exchange: &Exchange) -> Result<RunToken, ExchangeRefused> {
        let Exchange {
            token,
            namespace,
            key,
        } = exchange;
        let verified = self.id_tokens.verify(token, key.hint()).await;
        let verified = verified.ok_or(ExchangeRefused::Closed)?;
        let said = said(&verified.claims);
        not_proposed(&said)?;
        let now = moment(&*self.clock);
        let owned = self.state(|state| state.namespace(namespace).cloned());
        let nobody = || ExchangeRefused::Nobody(format!("nobody has the namespace `{namespace}`"));
        let owned = owned.ok_or_else(nobody)?;
        // Whoever keeps the market may have said so since.
        if !self.id_tokens.issuers(namespace).contains(&verified.issuer) {
            let issuer = &verified.issuer;
            let message = format!("no ID tokens of {issuer} are taken for `{namespace}`");
            return Err(ExchangeRefused::Nobody(message));
        }
        let trusted = trusting(&owned, namespace, &verified.issuer, &said, now)?;
        self.is_free(&owned, key)?;
        let (id, until) = once(&verified, seconds(now))?;
        let publisher = trusted.first().map_or(id, |known| known.id);
        let one = One {
            namespace: namespace.clone(),
            publisher,
            until: until.max(seconds(now.plus(TOKEN_LIFE))),
        };
        self.runs.taken.take(id, one, seconds(now)).await?;
        let runs = trusted.iter().map(|known| Run {
            publisher: known.id,
            key: key.clone(),
            at: now,
            claims: told(&said, known),
        });
        let bearer = RunBearer {
            id: owned.owner.as_str().parse().map_err(io::Error::other)?,
            namespace: namespace.clone(),
            runs: runs.collect(),
        };
        let words = bearer.runs.first().map(Run::words).unwrap_or_default();
        let (token, expires) = self.runs.let_in(bearer, now)?;
        Ok(RunToken {
            token,
            expires,
            run: words,
        })
    }

    /// The run whose token it is.
    pub fn run_of(&self, token: &str) -> Option<RunBearer> {
        self.runs.of(token, moment(&*self.clock))
    }

    /// Whether a run may push files of a skill.
    pub fn run_may_push(&self, bearer: &RunBearer, skill: &SkillName) -> bool {
        self.run_for(bearer, skill).is_ok()
    }

    /// A key that is known as another one's is none of a run.
    fn is_free(&self, owned: &Owned, key: &PublicKey) -> Result<(), ExchangeRefused> {
        let hint = key.hint();
        match owned.key(hint).is_some() || self.keys.root.has_hint(hint) {
            true => Err(ExchangeRefused::Key),
            false => Ok(()),
        }
    }
}

/// The trusted publishers that cover a run.
fn trusting<'o>(
    owned: &'o Owned,
    namespace: &Namespace,
    issuer: &str,
    said: &BTreeMap<Word, Word>,
    now: Moment,
) -> Result<Vec<&'o KnownPublisher>, ExchangeRefused> {
    let of_issuer = owned
        .publishers_at(now)
        .filter(|known| known.publisher.issuer.as_str() == issuer);
    let mut differing = Vec::new();
    let mut covering = Vec::new();
    for known in of_issuer {
        match known.publisher.differs(said) {
            Some(claim) => differing.push(format!("`{claim}`")),
            None => covering.push(known),
        }
    }
    if !covering.is_empty() {
        return Ok(covering);
    }
    Err(ExchangeRefused::Nobody(match differing.is_empty() {
        true => format!("`{namespace}` trusts no publisher of this issuer"),
        false => format!(
            "no publisher that `{namespace}` trusts covers this run: it has another {}",
            differing.join(", another ")
        ),
    }))
}

//! Who is let in: challenges, accounts and the tokens they get.
//!
//! An account is its key's: whoever names a free one first has it, without a password that could be lost. Challenges and tokens are in memory
//! alone, tokens by their digest; after a restart everybody signs a new challenge.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use metier_core::Digest;
use metier_store::{Clock, names::Names};
use serde::Serialize;
use url::Url;

use super::{ledger::moment, login::Login};
use crate::{fixtures::Moment, state::Account, trust::PublicKey};

/// How long a challenge may be answered.
pub const CHALLENGE_LIFE: Duration = Duration::from_secs(300);

/// How long a token is good.
pub const TOKEN_LIFE: Duration = Duration::from_secs(3_600);

/// Challenges nobody has answered yet, and tokens that are good. They are given out to anybody, so there is an end; the oldest go first.
const MAX_CHALLENGES: usize = 65_536;
const MAX_TOKENS: usize = 65_536;

/// New accounts in a day: each is a file for ever.
const MAX_NEW_ACCOUNTS: u32 = 5_000;
const DAY: Duration = Duration::from_secs(86_400);

/// What tokens of this kind begin with: scanners find one that got lost.
const PREFIX: &str = "metier_session_";

/// What is to be signed, and until when.
#[derive(Clone, Debug, Serialize)]
pub struct Challenge {
    /// 32 random bytes in base64.
    pub challenge: String,
    /// Until when.
    pub expires: Moment,
}

/// A token, and until when it is good.
#[derive(Clone, Debug, Serialize)]
pub struct Token {
    /// Its text.
    pub token: String,
    /// Until when.
    pub expires: Moment,
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefused {
    /// Never given out, answered already, or too old.
    #[error(
        "the challenge is none of this market's, was answered before, or is older than five minutes"
    )]
    Challenge,
    /// Not by the key, or for another market.
    #[error("the key did not sign this challenge for this market and account")]
    Signature,
    /// Somebody else's.
    #[error("the account `{0}` has another key")]
    Taken(Account),
    /// Enough for a day.
    #[error("the market takes no more new accounts today")]
    TooMany,
    /// The system's.
    #[error("the accounts cannot be used now: {0}")]
    Unavailable(#[from] std::io::Error),
}

/// Challenges, accounts and tokens of a market.
#[derive(Debug)]
pub struct Sessions {
    accounts: Names,
    clock: Arc<dyn Clock>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    challenges: HashMap<String, Moment>,
    tokens: HashMap<Digest, (Account, Moment)>,
    /// New accounts since a moment.
    new: Option<(Moment, u32)>,
}

impl Sessions {
    /// Opens the folder with the accounts' keys.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> std::io::Result<Sessions> {
        Ok(Sessions {
            accounts: Names::open(folder)?,
            clock,
            open: Mutex::default(),
        })
    }

    /// Gives out a challenge.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn challenge(&self) -> std::io::Result<Challenge> {
        let challenge = random()?;
        let now = moment(&*self.clock);
        let expires = now.plus(CHALLENGE_LIFE);
        self.with(|open| {
            make_room(&mut open.challenges, MAX_CHALLENGES, now, |expires| {
                *expires
            });
            open.challenges.insert(challenge.clone(), expires);
        });
        Ok(Challenge { challenge, expires })
    }

    /// Lets an account in that has signed a challenge. `is_reserved` says that the account is an operator's.
    ///
    /// # Errors
    /// [`LoginRefused`]. The challenge is used up in any case.
    pub async fn login(
        &self,
        login: &Login,
        market: &Url,
        is_reserved: bool,
        is_owner: bool,
    ) -> Result<Token, LoginRefused> {
        let now = moment(&*self.clock);
        let until = self.with(|open| open.challenges.remove(&login.challenge));
        if until.is_none_or(|until| until <= now) {
            return Err(LoginRefused::Challenge);
        }
        if !login.is_signed(market) {
            return Err(LoginRefused::Signature);
        }
        if is_reserved {
            return Err(LoginRefused::Taken(login.account.clone()));
        }
        self.own(&login.account, &login.key, is_owner, now).await?;
        let token = format!("{PREFIX}{}", random()?);
        let expires = now.plus(TOKEN_LIFE);
        let digest = Digest::of(token.as_bytes());
        self.with(|open| {
            make_room(&mut open.tokens, MAX_TOKENS, now, |(_, expires)| *expires);
            open.tokens.insert(digest, (login.account.clone(), expires));
        });
        Ok(Token { token, expires })
    }

    /// Makes sure the account is the key's, and takes it where it is free.
    async fn own(
        &self,
        account: &Account,
        key: &PublicKey,
        is_owner: bool,
        now: Moment,
    ) -> Result<(), LoginRefused> {
        let name = [account.as_str()];
        let text = String::from(key.clone()).into_bytes();
        let there = match self.accounts.get(&name).await? {
            Some(there) => Some(there),
            // Whose key was lost here, or taken from the operator's file: nobody gets its namespaces by being first.
            None if is_owner => return Err(LoginRefused::Taken(account.clone())),
            None if !self.may_be_new(now) => return Err(LoginRefused::TooMany),
            None => self.accounts.first(&name, text.clone()).await?,
        };
        match there.is_none_or(|there| there == text) {
            true => Ok(()),
            false => Err(LoginRefused::Taken(account.clone())),
        }
    }

    fn may_be_new(&self, now: Moment) -> bool {
        self.with(|open| {
            let (since, count) = open.new.unwrap_or((now, 0));
            let is_over = now.since(since).is_some_and(|gone| gone >= DAY);
            let (since, count) = if is_over { (now, 0) } else { (since, count) };
            open.new = Some((since, count.saturating_add(1)));
            count < MAX_NEW_ACCOUNTS
        })
    }

    /// Whose token it is.
    pub fn whose(&self, token: &str) -> Option<Account> {
        let now = moment(&*self.clock);
        let digest = Digest::of(token.as_bytes());
        self.with(|open| {
            let (account, expires) = open.tokens.get(&digest)?;
            (*expires > now).then(|| account.clone())
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Open) -> T) -> T {
        act(&mut self.open.lock().unwrap_or_else(|error| error.into_inner()))
    }
}

/// Drops what is over when there are many, and the oldest where all are good.
pub(super) fn make_room<K: Clone + Eq + std::hash::Hash, V>(
    there: &mut HashMap<K, V>,
    most: usize,
    now: Moment,
    expires: impl Fn(&V) -> Moment,
) {
    if there.len() < most {
        return;
    }
    there.retain(|_, value| expires(value) > now);
    if there.len() < most {
        return;
    }
    // A quarter at once: the next ones find room without a search.
    let mut ends: Vec<Moment> = there.values().map(&expires).collect();
    let (_, end, _) = ends.select_nth_unstable(most / 4);
    let end = *end;
    there.retain(|_, value| expires(value) > end);
}

pub(super) fn random() -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| std::io::Error::other("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

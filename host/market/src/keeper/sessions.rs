//! Who is let in: challenges, accounts and the tokens they get.
//!
//! An account is its key's: whoever names a free one first has it, without a password that could be lost. Challenges and tokens are in memory
//! alone, tokens by their digest; after a restart everybody signs a new challenge. Of everything there is an end ([`LoginLimits`]), for all and
//! for each address.

mod room;

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

pub use self::room::Source;
pub(in crate::keeper) use self::room::{Most, Room};
use super::{ledger::moment, login::Login};
use crate::{fixtures::Moment, state::Account};

/// How long a challenge may be answered.
pub const CHALLENGE_LIFE: Duration = Duration::from_secs(300);

/// How long a token is good.
pub const TOKEN_LIFE: Duration = Duration::from_secs(3_600);

const DAY: Duration = Duration::from_secs(86_400);

/// What tokens of this kind begin with: scanners find one that got lost.
const PREFIX: &str = "metier_session_";

/// What is given out, for all and for each address that asks.
#[derive(Clone, Copy, Debug)]
pub struct LoginLimits {
    /// Challenges nobody has answered yet. One address that has as many as it may is given no more.
    pub challenges: usize,
    /// The same of one address.
    pub challenges_each: usize,
    /// Tokens that are good. Where one address has as many as it may, its oldest ends.
    pub tokens: usize,
    /// The same of one address.
    pub tokens_each: usize,
    /// New accounts in a day: each is a file for ever.
    pub new_accounts: u32,
    /// The same of one address.
    pub new_accounts_each: u32,
    /// ID tokens of runs that were refused of late, or are being looked at. One address that has as many as it may is not listened to.
    pub exchanges: usize,
    /// The same of one address.
    pub exchanges_each: usize,
}

impl Default for LoginLimits {
    fn default() -> Self {
        LoginLimits {
            challenges: 65_536,
            challenges_each: 128,
            tokens: 65_536,
            tokens_each: 1_024,
            new_accounts: 5_000,
            new_accounts_each: 100,
            exchanges: 65_536,
            exchanges_each: 128,
        }
    }
}

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
    /// Enough from one address.
    #[error("the market takes no more {0} from this address")]
    TooManyHere(&'static str, Duration),
    /// The system's.
    #[error("the accounts cannot be used now: {0}")]
    Unavailable(#[from] std::io::Error),
}

/// Challenges, accounts and tokens of a market.
#[derive(Debug)]
pub struct Sessions {
    accounts: Names,
    limits: LoginLimits,
    clock: Arc<dyn Clock>,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    challenges: Room<String, ()>,
    tokens: Room<Digest, Account>,
    new: New,
}

/// New accounts of a day.
#[derive(Debug, Default)]
struct New {
    since: Moment,
    all: u32,
    each: HashMap<Source, u32>,
}

impl Sessions {
    /// Opens the folder with the accounts' keys.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(
        folder: &Path,
        limits: LoginLimits,
        clock: Arc<dyn Clock>,
    ) -> std::io::Result<Sessions> {
        let open = Open {
            challenges: Room::new(limits.challenges, limits.challenges_each, Most::Refuses),
            tokens: Room::new(limits.tokens, limits.tokens_each, Most::Forgets),
            new: New::default(),
        };
        Ok(Sessions {
            accounts: Names::open(folder)?,
            limits,
            clock,
            open: Mutex::new(open),
        })
    }

    /// Gives out a challenge.
    ///
    /// # Errors
    /// [`LoginRefused::TooManyHere`], and when the system has no randomness.
    pub fn challenge(&self, from: Source) -> Result<Challenge, LoginRefused> {
        let challenge = random()?;
        let now = moment(&*self.clock);
        let expires = now.plus(CHALLENGE_LIFE);
        let times = (now, expires);
        let insert = |open: &mut Open| open.challenges.insert(challenge.clone(), (), from, times);
        match self.with(insert) {
            true => Ok(Challenge { challenge, expires }),
            false => Err(LoginRefused::TooManyHere("challenges", CHALLENGE_LIFE)),
        }
    }

    /// Lets an account in that has signed a challenge. `is_reserved` says that the account is an operator's.
    ///
    /// # Errors
    /// [`LoginRefused`]. The challenge is used up in any case.
    pub async fn login(
        &self,
        login: &Login,
        from: Source,
        market: &Url,
        is_reserved: bool,
        is_owner: bool,
    ) -> Result<Token, LoginRefused> {
        let now = moment(&*self.clock);
        let given = self.with(|open| open.challenges.remove(&login.challenge, now));
        given.ok_or(LoginRefused::Challenge)?;
        if !login.is_signed(market) {
            return Err(LoginRefused::Signature);
        }
        if is_reserved {
            return Err(LoginRefused::Taken(login.account.clone()));
        }
        self.own(login, from, is_owner, now).await?;
        let token = format!("{PREFIX}{}", random()?);
        let expires = now.plus(TOKEN_LIFE);
        let (digest, account) = (Digest::of(token.as_bytes()), login.account.clone());
        self.with(|open| open.tokens.insert(digest, account, from, (now, expires)));
        Ok(Token { token, expires })
    }

    /// Whether somebody has the account.
    ///
    /// # Errors
    /// The disk's.
    pub async fn knows(&self, account: &Account) -> std::io::Result<bool> {
        Ok(self.accounts.get(&[account.as_str()]).await?.is_some())
    }

    /// Makes sure the account is the key's, and takes it where it is free.
    async fn own(
        &self,
        login: &Login,
        from: Source,
        is_owner: bool,
        now: Moment,
    ) -> Result<(), LoginRefused> {
        let account = &login.account;
        let name = [account.as_str()];
        let text = String::from(login.key.clone()).into_bytes();
        let there = match self.accounts.get(&name).await? {
            Some(there) => Some(there),
            // Whose key was lost here, or taken from the operator's file: nobody gets its namespaces by being first.
            None if is_owner => return Err(LoginRefused::Taken(account.clone())),
            None => {
                self.count_new(from, now)?;
                self.accounts.first(&name, text.clone()).await?
            }
        };
        match there.is_none_or(|there| there == text) {
            true => Ok(()),
            false => Err(LoginRefused::Taken(account.clone())),
        }
    }

    /// Counts a new account, if the day has room for it.
    fn count_new(&self, from: Source, now: Moment) -> Result<(), LoginRefused> {
        self.with(|open| {
            let new = &mut open.new;
            if now.since(new.since).is_none_or(|gone| gone >= DAY) {
                *new = New {
                    since: now,
                    ..New::default()
                };
            }
            let here = new.each.get(&from).copied().unwrap_or_default();
            if here >= self.limits.new_accounts_each {
                let gone = now.since(new.since).unwrap_or_default();
                let wait = DAY.saturating_sub(gone);
                return Err(LoginRefused::TooManyHere("new accounts", wait));
            }
            if new.all >= self.limits.new_accounts {
                return Err(LoginRefused::TooMany);
            }
            new.all += 1;
            new.each.insert(from, here + 1);
            Ok(())
        })
    }

    /// Whose token it is.
    pub fn whose(&self, token: &str) -> Option<Account> {
        let now = moment(&*self.clock);
        let digest = Digest::of(token.as_bytes());
        self.with(|open| open.tokens.get(&digest, now).cloned())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Open) -> T) -> T {
        act(&mut self.open.lock().unwrap_or_else(|error| error.into_inner()))
    }
}

/// 32 bytes nobody can guess, in base64.
///
/// # Errors
/// When the system has no randomness.
pub fn random() -> std::io::Result<String> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| std::io::Error::other("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

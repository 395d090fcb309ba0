//! A market's own process: what is pushed to it, published in it, found in it and told of it.
//!
//! [`Market`] is one folder:
//!
//! | in it | is |
//! |---|---|
//! | `market.toml`, `keys/` | the [trust root](keys), and the three keys it stands on |
//! | `log/` | the [leaves](ledger): what happened, and the only truth about it |
//! | `registry/` | [files](registry) by their digests: components, manifests, signatures, reviews |
//! | `queue/` | what waits for a [person](acts::Queue) |
//! | `accounts/` | whose key each account is |
//! | `proofs/` | when the [proof](looks) of each namespace was looked for last |
//! | `id-tokens/` | which ID tokens of [runs] were taken |
//! | `revocations.json` | the [list](acts::ListFile) that was told last |
//! | `search.db` | an index that is derived, and may be thrown away |
//!
//! What was pushed is nowhere to be seen before its leaf is there, and everywhere after it.

pub mod accounts;
pub mod acts;
pub mod describe;
pub mod elsewhere;
pub mod keys;
pub mod ledger;
pub mod login;
pub mod looks;
pub mod proof;
pub mod registry;
pub mod runs;
pub mod sandbox;
pub mod sessions;

mod receipts;
mod shelf;
mod summary;

use std::{path::Path, sync::Arc};

use metier_core::SkillName;
use metier_store::{
    Clock, StoreError, SystemClock,
    depot::Warehouse,
    search::{Found, Search, SearchQuery},
    sqlite::SqliteSearch,
};
use tokio::sync::Mutex;
use url::Url;

use self::{
    accounts::{Accounts, AccountsError, PublisherId},
    acts::{ActLimits, Acts, Gate, ListFile, Queue},
    keys::{KeysError, MarketKeys},
    ledger::{Ledger, LedgerError},
    login::Login,
    looks::Looks,
    proof::{Lookup, NoLookup},
    receipts::Indexes,
    registry::{Collected, Pushed, Record, Reference, Registry, RegistryError, RegistryLimits},
    runs::{IdTokens, NoIdTokens, Runs, TakenLimits},
    sandbox::{NoSandbox, Sandbox},
    sessions::{Challenge, LoginLimits, LoginRefused, Sessions, Source, Token},
};
pub use self::{
    receipts::IndexText,
    shelf::{Cursor, Shown},
    summary::Summary,
};
use crate::{
    client::fingerprint,
    state::{Account, Namespace, Role, Standing, State},
    trust::{RootError, TrustRoot},
};

/// The account the market writes leaves as when nobody asked for them. Nobody else has it.
pub const ITSELF: &str = "market";

/// Where a market is that nobody called otherwise.
const ADDRESS: &str = "http://127.0.0.1:6385";

/// Why a market did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// The registry's.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The index's.
    #[error(transparent)]
    Search(#[from] StoreError),
    /// The accounts'.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The keys'.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The log's.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The answer of every operation.
pub type Result<T, E = MarketError> = std::result::Result<T, E>;

/// What a program may set; none of it is needed.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it takes on.
    pub limits: RegistryLimits,
    /// What an account does at most in a day.
    pub acts: ActLimits,
    /// How many are let in.
    pub logins: LoginLimits,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where it is called; what logins are signed for. `http://127.0.0.1:6385` where nothing is said.
    pub address: Option<Url>,
    /// How proofs of namespaces are looked up.
    pub lookup: Arc<dyn Lookup>,
    /// How many ID tokens of runs are remembered.
    pub taken: TakenLimits,
    /// Who verifies ID tokens of runs.
    pub id_tokens: Arc<dyn IdTokens>,
    /// Whether namespaces are taken without a proof: for a market on one's own machine.
    pub any_namespace: bool,
    /// Where recorded calls are replayed.
    pub sandbox: Arc<dyn Sandbox>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limits: RegistryLimits::default(),
            acts: ActLimits::default(),
            logins: LoginLimits::default(),
            clock: Arc::new(SystemClock::default()),
            address: None,
            lookup: Arc::new(NoLookup),
            taken: TakenLimits::default(),
            id_tokens: Arc::new(NoIdTokens),
            any_namespace: false,
            sandbox: Arc::new(NoSandbox),
        }
    }
}

/// A market in a folder.
#[derive(Debug)]
pub struct Market {
    registry: Registry,
    search: Arc<dyn Search>,
    accounts: Arc<dyn Accounts>,
    keys: Arc<MarketKeys>,
    ledger: Arc<Ledger>,
    sessions: Sessions,
    runs: Runs,
    looks: Looks,
    queue: Queue,
    list: Arc<ListFile>,
    indexes: Indexes,
    gate: Gate,
    acts: Acts,
    act_limits: ActLimits,
    clock: Arc<dyn Clock>,
    lookup: Arc<dyn Lookup>,
    id_tokens: Arc<dyn IdTokens>,
    any_namespace: bool,
    sandbox: Arc<dyn Sandbox>,
    /// Held while the newest version of a skill is looked for and told to the index: else an older look could be told later.
    telling: Mutex<()>,
}

/// Somebody who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// As the registry knows them.
    pub id: PublisherId,
    /// As the log does; nothing where the operator's file has a name that is none of an account.
    pub account: Option<Account>,
    /// Whether they keep the market.
    pub keeps_the_market: bool,
}

impl Market {
    /// Opens the folder, and makes it where it is not there. Takes it for this process alone. [`Market::index_all`] is called next.
    ///
    /// # Errors
    /// The disk's, and a log or keys that are not whole.
    pub fn open(folder: &Path, accounts: Arc<dyn Accounts>, options: Options) -> Result<Market> {
        let begun = Begun::new(folder, &options)?;
        let (limits, clock, leaves) = begun.with(&options);
        let registry = Registry::open(&folder.join("registry"), limits, clock, leaves)?;
        begun.end(folder, accounts, options, registry)
    }

    /// The same with blobs that are kept [elsewhere].
    ///
    /// # Errors
    /// Those of the other place, too; also where it is another market's.
    pub async fn open_over(
        folder: &Path,
        accounts: Arc<dyn Accounts>,
        options: Options,
        warehouse: Arc<dyn Warehouse>,
    ) -> Result<Market> {
        let begun = Begun::new(folder, &options)?;
        let owner = begun.owner();
        let with = begun.with(&options);
        let registry =
            Registry::open_over(&folder.join("registry"), warehouse, &owner, with).await?;
        begun.end(folder, accounts, options, registry)
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What clients trust.
    pub fn root(&self) -> &TrustRoot {
        &self.keys.root
    }

    /// Looks at the state as it is.
    pub fn state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.ledger.look(|view| look(&view.state))
    }

    /// Gives out what a key signs to be let in.
    ///
    /// # Errors
    /// [`LoginRefused::TooManyHere`], and the system's.
    pub fn challenge(&self, from: Source) -> Result<Challenge, LoginRefused> {
        self.sessions.challenge(from)
    }

    /// Lets in who has signed a challenge.
    ///
    /// # Errors
    /// [`LoginRefused`].
    pub async fn login(&self, login: &Login, from: Source) -> Result<Token, LoginRefused> {
        let account = login.account.as_str();
        let known = self.accounts.knows(account).await;
        let known =
            known.map_err(|error| LoginRefused::Unavailable(std::io::Error::other(error)))?;
        let is_reserved = account == ITSELF || known;
        let is_owner = self
            .ledger
            .look(|view| view.namespaces_with(&login.account).next().is_some());
        self.sessions
            .login(login, from, &self.keys.root.address, is_reserved, is_owner)
            .await
    }

    /// Whose token it is: one of the operator's file, or one that a key was given.
    ///
    /// # Errors
    /// The accounts'.
    pub async fn whose(&self, token: &str) -> Result<Option<Member>> {
        if let Some(account) = self.sessions.whose(token) {
            return Ok(Some(Member {
                id: account.as_str().parse()?,
                account: Some(account),
                keeps_the_market: false,
            }));
        }
        let Some(id) = self.accounts.whose(token).await? else {
            return Ok(None);
        };
        Ok(Some(Member {
            account: id.as_str().parse().ok(),
            keeps_the_market: self.accounts.is_administrator(&id).await?,
            id,
        }))
    }

    /// Whether they may push files for a namespace: it is theirs, or the operator's file says so. Nobody sees what was only pushed.
    ///
    /// # Errors
    /// The accounts'.
    pub async fn may_push(&self, who: &PublisherId, skill: &SkillName) -> Result<bool> {
        let account = who.as_str().parse().ok();
        let is_theirs = account.is_some_and(|account| {
            let role = self.acts_as(&account, &Namespace::of(skill), Role::Publisher);
            role.is_ok()
        });
        Ok(is_theirs || self.accounts.may_publish(who, skill.namespace()).await?)
    }

    /// Pushes a manifest: it is kept, and not published. Whoever pushes may: the caller has made sure.
    ///
    /// # Errors
    /// [`MarketError`]; that a version is published and is another.
    pub async fn push(
        &self,
        skill: &SkillName,
        by: &PublisherId,
        reference: &Reference,
        media_type: Option<&str>,
        bytes: Vec<u8>,
    ) -> Result<Pushed> {
        if let Reference::Version(version) = reference {
            let there = self.state(|state| {
                let published = state.version(skill, version);
                published.map(|published| published.publication.manifest)
            });
            let pushed = metier_core::Digest::of(&bytes);
            if let Some(there) = there.filter(|there| *there != pushed) {
                let version = version.to_string();
                return Err(RegistryError::Taken { version, there }.into());
            }
        }
        let pushed = self
            .registry
            .put_manifest(skill, by, reference, media_type, bytes);
        Ok(pushed.await?)
    }

    /// Finds skills; what is shown of each is a [`Summary`].
    ///
    /// # Errors
    /// The index's.
    pub async fn find(&self, query: &SearchQuery) -> Result<Found> {
        Ok(self.search.query(query).await?)
    }

    /// Tells the index of every skill there is: what was published when the process was killed, and all where the index is new.
    ///
    /// # Errors
    /// [`MarketError`].
    pub async fn index_all(&self) -> Result<()> {
        self.registry.link_all().await?;
        let skills: Vec<_> = self.state(|state| state.skills().cloned().collect());
        for skill in skills {
            self.index(&skill).await?;
        }
        Ok(())
    }

    /// Removes files that nothing published leads to and nobody is about to publish. Whoever keeps a market calls it now and then.
    ///
    /// # Errors
    /// The registry's.
    pub async fn collect(&self) -> Result<Collected> {
        let waiting = || self.queue.waiting().into_iter();
        let waiting = || waiting().map(|one| one.submission.manifest).collect();
        Ok(self.registry.collect(waiting).await?)
    }

    /// Tells the index of the skills of one namespace.
    async fn index_of(&self, namespace: &Namespace) -> Result<()> {
        let skills: Vec<_> = self.state(|state| state.skills_of(namespace).cloned().collect());
        for skill in skills {
            self.index(&skill).await?;
        }
        Ok(())
    }

    /// The newest version nothing is said against is what is found of a skill; where there is none, nothing is.
    async fn index(&self, skill: &SkillName) -> Result<()> {
        let _telling = self.telling.lock().await;
        let shown = self.shown(skill).await?;
        let good = shown
            .into_iter()
            .filter(|shown| shown.standing == Standing::Good);
        let good: Vec<_> = good.map(|shown| shown.record).collect();
        match newest(&good) {
            Some(newest) => {
                let entry = newest.facts.entry(Summary::of(newest).text());
                self.search.put(vec![entry]).await?;
            }
            None => {
                self.search.remove(skill).await?;
            }
        }
        Ok(())
    }
}

/// What is opened before the blobs are.
struct Begun {
    search: SqliteSearch,
    keys: Arc<MarketKeys>,
    ledger: Arc<Ledger>,
}

impl Begun {
    fn new(folder: &Path, options: &Options) -> Result<Begun> {
        std::fs::create_dir_all(folder).map_err(disk)?;
        // It takes the folder for this process: what another one has not finished is not swept.
        let (search, _) = SqliteSearch::open(&folder.join("search.db"))?;
        let address = options.address.clone();
        let address = address.map_or_else(|| ADDRESS.parse(), Ok);
        let address = address.map_err(|_| KeysError::Root(RootError::Address))?;
        let keys = Arc::new(MarketKeys::open(folder, &address)?);
        let log = folder.join("log");
        let ledger = Ledger::open(&log, keys.clone(), options.clock.clone())?;
        Ok(Begun {
            search,
            keys,
            ledger: Arc::new(ledger),
        })
    }

    fn with(&self, options: &Options) -> registry::With {
        (options.limits, options.clock.clone(), self.ledger.clone())
    }

    /// As it is told to another market that wants the same place.
    fn owner(&self) -> String {
        let root = &self.keys.root;
        format!("the market {} {}", root.address, fingerprint(root))
    }

    fn end(
        self,
        folder: &Path,
        accounts: Arc<dyn Accounts>,
        options: Options,
        registry: Registry,
    ) -> Result<Market> {
        let (keys, clock) = (self.keys, options.clock);
        Ok(Market {
            registry,
            search: Arc::new(self.search),
            accounts,
            ledger: self.ledger,
            sessions: Sessions::open(&folder.join("accounts"), options.logins, clock.clone())
                .map_err(disk)?,
            runs: Runs::open(folder, options.taken, &options.logins).map_err(disk)?,
            looks: Looks::open(&folder.join("proofs")).map_err(disk)?,
            queue: Queue::open(&folder.join("queue")).map_err(disk)?,
            list: Arc::new(ListFile::open(folder, keys.clone()).map_err(disk)?),
            indexes: Indexes::default(),
            keys,
            gate: Gate::default(),
            acts: Acts::default(),
            act_limits: options.acts,
            clock,
            lookup: options.lookup,
            id_tokens: options.id_tokens,
            any_namespace: options.any_namespace,
            sandbox: options.sandbox,
            telling: Mutex::default(),
        })
    }
}

fn disk(error: std::io::Error) -> MarketError {
    MarketError::Registry(RegistryError::from(error))
}

/// The newest version that is no pre-release; the newest where all are. They come newest first.
pub fn newest(versions: &[Record]) -> Option<&Record> {
    let stable = |record: &&Record| record.facts.version.pre.is_empty();
    let mut all = versions.iter();
    all.find(stable).or(versions.first())
}

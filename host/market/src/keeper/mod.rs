//! A market's own process: what is pushed to it, found in it and told of it.
//!
//! [`Market`] is one folder: a [`registry`] of skills and an index to search them by, which is derived and may be thrown away. Who may
//! publish is asked of [`Accounts`].

pub mod accounts;
pub mod describe;
pub mod registry;

mod shelf;
mod summary;

use std::{path::Path, sync::Arc};

use metier_core::SkillName;
use metier_store::{
    Clock, StoreError, SystemClock,
    search::{Found, Search, SearchQuery},
    sqlite::SqliteSearch,
};
use tokio::sync::Mutex;

use self::{
    accounts::{Accounts, AccountsError},
    registry::{Pushed, Record, Reference, Registry, RegistryError, RegistryLimits},
};
pub use self::{shelf::Cursor, summary::Summary};

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
}

/// The answer of every operation.
pub type Result<T, E = MarketError> = std::result::Result<T, E>;

/// What a program may set; none of it is needed.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it takes on.
    pub limits: RegistryLimits,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limits: RegistryLimits::default(),
            clock: Arc::new(SystemClock::default()),
        }
    }
}

/// A market in a folder.
#[derive(Debug)]
pub struct Market {
    registry: Registry,
    search: Arc<dyn Search>,
    accounts: Arc<dyn Accounts>,
    /// Held while the newest version of a skill is looked for and told to the index: else an older look could be told later.
    telling: Mutex<()>,
}

impl Market {
    /// Opens the folder, and makes it where it is not there. Takes it for this process alone. [`Market::index_all`] is called next.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path, accounts: Arc<dyn Accounts>, options: Options) -> Result<Market> {
        std::fs::create_dir_all(folder).map_err(RegistryError::from)?;
        // It takes the folder for this process: what another one has not finished is not swept.
        let (search, _) = SqliteSearch::open(&folder.join("search.db"))?;
        let registry = Registry::open(&folder.join("registry"), options.limits, options.clock)?;
        Ok(Market {
            registry,
            search: Arc::new(search),
            accounts,
            telling: Mutex::default(),
        })
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Who may publish.
    pub fn accounts(&self) -> &dyn Accounts {
        &*self.accounts
    }

    /// Pushes a manifest, and tells the index of a new version. Whoever pushes may: the caller has made sure.
    ///
    /// # Errors
    /// [`MarketError`]. Where it is the index's, the version is there all the same: the next start finds it.
    pub async fn push(
        &self,
        skill: &SkillName,
        reference: &Reference,
        media_type: Option<&str>,
        bytes: Vec<u8>,
    ) -> Result<Pushed> {
        let pushed = self
            .registry
            .put_manifest(skill, reference, media_type, bytes);
        let pushed = pushed.await?;
        if pushed.published.is_some() {
            self.index(skill).await?;
        }
        Ok(pushed)
    }

    /// Finds skills; what is shown of each is a [`Summary`].
    ///
    /// # Errors
    /// The index's.
    pub async fn find(&self, query: &SearchQuery) -> Result<Found> {
        Ok(self.search.query(query).await?)
    }

    /// Tells the index of every skill there is: what was pushed when the process was killed, and all where the index is new.
    ///
    /// # Errors
    /// [`MarketError`].
    pub async fn index_all(&self) -> Result<()> {
        let mut after: Option<String> = None;
        loop {
            let namespaces = self.registry.namespaces(after.as_deref(), 100).await?;
            let Some(last) = namespaces.last().cloned() else {
                return Ok(());
            };
            for namespace in namespaces {
                for skill in self.registry.skills_of(&namespace).await? {
                    self.index(&skill).await?;
                }
            }
            after = Some(last);
        }
    }

    async fn index(&self, skill: &SkillName) -> Result<()> {
        let _telling = self.telling.lock().await;
        let versions = self.versions(skill).await?;
        if let Some(newest) = newest(&versions) {
            let entry = newest.facts.entry(Summary::of(newest).text());
            self.search.put(vec![entry]).await?;
        }
        Ok(())
    }
}

/// The newest version that is no pre-release; the newest where all are. They come newest first.
pub fn newest(versions: &[Record]) -> Option<&Record> {
    let stable = |record: &&Record| record.facts.version.pre.is_empty();
    let mut all = versions.iter();
    all.find(stable).or(versions.first())
}

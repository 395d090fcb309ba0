//! What every command about runs needs: the store, and, where the work is done here, a host with its tools.

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use metier_agent::{
    driver::{Clock, Ids, Parts, Runs, Watch},
    journal::{Millis, PinnedSkill},
    models::Model,
};
use metier_core::{Code, Fault, Grant, TenantId};
use metier_runtime::{
    audit::{NoAudit, NoObserver},
    capabilities::artifacts::ArtifactStore,
    credentials::SecretSources,
    host::HostConfig,
};
use metier_service::run_tools::{Reach, RunTools};
use metier_store::{
    Store, StoreUrl,
    types::{HostId, PoolId, RunId},
};

use super::stored;
use crate::{
    args::{VaultPlace, runs::StoreOptions},
    commands::{App, call::reach::Stores, skill_file},
    errors::Failure,
    grant_file, vault,
};

/// Tool calls at once: a run makes a few, and each may call back.
const CALLS: u32 = 16;

/// A host with the tools of runs.
pub struct Session {
    /// The runs.
    pub runs: Runs,
    /// Their tools.
    pub tools: Arc<RunTools>,
    /// Files.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// This process, to the store.
    pub host: HostId,
}

/// The store that is meant.
pub async fn store(app: &App, options: &StoreOptions) -> Result<Arc<dyn Store>, Failure> {
    open(&address(app, options)?).await
}

/// The same to look at: another process may work on its runs meanwhile.
pub async fn to_look(app: &App, options: &StoreOptions) -> Result<Arc<dyn Store>, Failure> {
    let url = address(app, options)?;
    match metier_store::look(&url).await {
        Ok(store) => Ok(store),
        // There is nothing to look at yet: the tables are made, or it is told why they cannot be.
        Err(_) => open(&url).await,
    }
}

fn address(app: &App, options: &StoreOptions) -> Result<StoreUrl, Failure> {
    Ok(match &options.store {
        Some(url) => url.clone(),
        None => StoreUrl::SqliteFile(app.folders.runs()?),
    })
}

/// Opens a store; the folder of a file is made.
pub async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, Failure> {
    if let StoreUrl::SqliteFile(path) = url
        && let Some(folder) = path.parent()
    {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::unwritable(&format!("The folder `{}`", folder.display()), &error)
        })?;
    }
    metier_store::open(url).await.map_err(stored)
}

/// The pool of one run on the command line: nobody else takes it up by accident.
pub fn pool_of(run: RunId) -> Result<PoolId, Failure> {
    format!("cli/{run}")
        .parse()
        .map_err(|error| Fault::new(Code::HostInternal, format!("{error}")).into())
}

/// The system's clock.
pub fn clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Millis(since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        }))
    })
}

/// 48 bits of time and 80 of chance, as a ULID has. Chance comes from the keys of the standard library's hashes, which
/// come from the system.
pub fn ids() -> Ids {
    use std::hash::{BuildHasher, RandomState};
    let clock = clock();
    Arc::new(move || {
        let time = u128::from(clock().0) << 80;
        let chance = |salt: u8| u128::from(RandomState::new().hash_one(salt));
        time | ((chance(0) << 64 | chance(1)) & ((1 << 80) - 1))
    })
}

impl Session {
    /// Starts a host over a store.
    pub fn open(
        app: &App,
        store: Arc<dyn Store>,
        place: &VaultPlace,
        models: Arc<dyn Model>,
        watch: Arc<dyn Watch>,
    ) -> Result<Session, Failure> {
        let stores = Stores::all(&app.folders)?;
        let audit = Arc::new(NoAudit);
        let host = skill_file::host(app, || HostConfig {
            calls: CALLS,
            ..stores.within(skill_file::config(app), &audit)
        })?;
        let artifacts = crate::commands::artifact::open(&app.folders.artifacts()?)?;
        let tools = Arc::new(RunTools::new(
            Arc::new(host),
            store.clone(),
            artifacts.clone(),
            reach(app, place)?,
            Arc::new(NoObserver),
        ));
        let runs = Runs::new(Parts {
            store,
            tools: tools.clone(),
            models,
            watch,
            clock: clock(),
            ids: ids(),
        });
        let host = super::host_id()?;
        Ok(Session {
            runs,
            tools,
            artifacts,
            host,
        })
    }
}

/// The environment, private files, and the vault where it can be opened without asking; a grant that needs it says so.
pub fn sources(app: &App, place: &VaultPlace, directory: PathBuf) -> SecretSources {
    let opened = vault::open(place, &app.folders, &app.environment, &app.printer);
    let environment = app.environment.clone();
    SecretSources {
        env: Arc::new(move |name: &str| environment.secret(name)),
        directory,
        vault: opened.ok().map(|vault| Arc::new(vault) as _),
        accounts: None,
    }
}

fn reach(app: &App, place: &VaultPlace) -> Result<Reach, Failure> {
    let sources = sources(app, place, PathBuf::new());
    Ok(Arc::new(move |skill: &PinnedSkill, tenant: &TenantId| {
        let Some(text) = &skill.grant else {
            let grant = Grant::compute_only(tenant.clone());
            return Ok((grant, SecretSources::files_only(PathBuf::new())));
        };
        let directory = PathBuf::from(skill.folder.clone().unwrap_or_default());
        let grant = grant_file::parse(text, &directory).map_err(|error| {
            Fault::new(
                Code::GrantInvalid,
                format!("The grant of a skill, {error}."),
            )
        })?;
        let sources = SecretSources {
            directory,
            ..sources.clone()
        };
        Ok((grant, sources))
    }))
}

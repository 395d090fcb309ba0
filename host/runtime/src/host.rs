//! The host: load skills, install them for tenants, call their tools.
//!
//! [`Host::call`] is the whole story of a call; every surface goes through it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use metier_core::{
    Call, CallId, Code, Digest, EgressRecord, Fault, Grant, Limits, PrincipalId, RunScope,
    TenantId, ToolName, package,
};
use wasmtime::component::ComponentExportIndex;

use crate::audit::{Audit, NoAudit, NoObserver, Observer};
use crate::call_ids::CallIds;
use crate::capabilities::artifacts::{ArtifactStore, NoArtifacts};
use crate::capabilities::kv::{KvStore, NoKv};
use crate::code_cache::CodeCache;
use crate::context::{Around, CallContext};
use crate::credentials::{Credentials, SecretSources};
use crate::egress::{Egress, EgressAudit, EgressCall, EgressConfig, Upstream};
use crate::engines::Engines;
use crate::faults;
use crate::guest;
use crate::meter::Meter;
use crate::outcome::{self, Outcome, Recorder};
use crate::permits::Permits;
use crate::registry::{Installed, Registry};
use crate::skill::{Loader, Skill, Survey};
use crate::store::{self, cpu::CpuClock, cpu::Metered};
use crate::ticker::Ticker;
use crate::values::Docs;
use crate::within::NoRun;
use crate::world::World;

/// Calls that may run at once unless configured otherwise: the pool is sized to it, and each warm slot
/// keeps up to a megabyte.
pub const DEFAULT_CALLS: u32 = 64;

/// How long a call waits for a permit unless configured otherwise. Longer than most calls take; a host that is
/// busier than that should say so while the caller can still go elsewhere.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(5);

/// What a host is made of. Start from [`HostConfig::default`], which keeps nothing and reaches nothing.
pub struct HostConfig {
    /// Calls at once, beside those that skills make from within theirs.
    pub calls: u32,
    /// How long a call waits for a permit.
    pub patience: Duration,
    /// Where compiled code is kept; `None` compiles at every start.
    pub code_cache: Option<PathBuf>,
    /// What no grant can exceed.
    pub ceiling: Limits,
    /// The way out.
    pub egress: Arc<Egress>,
    /// Key-value storage.
    pub kv: Arc<dyn KvStore>,
    /// Artifact storage.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// Where records go.
    pub audit: Arc<dyn Audit>,
}

impl Default for HostConfig {
    fn default() -> Self {
        HostConfig {
            calls: DEFAULT_CALLS,
            patience: DEFAULT_PATIENCE,
            code_cache: None,
            ceiling: Limits::HOST_CEILING,
            egress: Arc::new(Egress::new(EgressConfig::default())),
            kv: Arc::new(NoKv),
            artifacts: Arc::new(NoArtifacts),
            audit: Arc::new(NoAudit),
        }
    }
}

/// What every call shares.
pub struct Services {
    egress: Arc<Egress>,
    kv: Arc<dyn KvStore>,
    artifacts: Arc<dyn ArtifactStore>,
    audit: Arc<dyn Audit>,
    egress_audit: Arc<dyn EgressAudit>,
}

impl Services {
    /// The way out.
    pub fn egress(&self) -> &Arc<Egress> {
        &self.egress
    }

    /// Key-value storage.
    pub fn kv(&self) -> &Arc<dyn KvStore> {
        &self.kv
    }

    /// Artifact storage.
    pub fn artifacts(&self) -> &Arc<dyn ArtifactStore> {
        &self.artifacts
    }

    /// Where records of requests go.
    pub(crate) fn egress_audit(&self) -> &Arc<dyn EgressAudit> {
        &self.egress_audit
    }
}

/// The egress half of an audit.
struct EgressRecords(Arc<dyn Audit>);

impl EgressAudit for EgressRecords {
    fn record(&self, record: EgressRecord) {
        self.0.egress(&record);
    }
}

/// One process's host. Cheap to share behind an `Arc`.
pub struct Host {
    permits: Permits,
    ceiling: Limits,
    ticker: Ticker,
    call_ids: CallIds,
    loader: Arc<Loader>,
    registry: Registry,
    services: Arc<Services>,
}

impl Host {
    /// A host with nothing installed.
    ///
    /// # Errors
    /// `code-cache-unusable`, or `host-internal` when the system gives no thread.
    pub fn new(config: HostConfig) -> Result<Host, Fault> {
        let cache = match &config.code_cache {
            Some(directory) => CodeCache::open(directory)?,
            None => CodeCache::disabled(),
        };
        let engines = Arc::new(Engines::new(Permits::instances(config.calls)));
        let ticked = engines.clone();
        let ticker = Ticker::start(Arc::new(move || ticked.made())).map_err(|error| {
            Fault::new(
                Code::HostInternal,
                format!("The epoch thread could not start: {error}."),
            )
        })?;
        Ok(Host {
            permits: Permits::new(config.calls, config.patience),
            ceiling: config.ceiling,
            ticker,
            call_ids: CallIds::new(),
            loader: Arc::new(Loader::new(engines, cache)),
            registry: Registry::default(),
            services: Arc::new(Services {
                egress: config.egress,
                kv: config.kv,
                artifacts: config.artifacts,
                egress_audit: Arc::new(EgressRecords(config.audit.clone())),
                audit: config.audit,
            }),
        })
    }

    /// Load a skill from the bytes of its file. Compiling happens off the executor.
    ///
    /// # Errors
    /// A fault of the file's, blamed on the skill.
    pub async fn load(&self, bytes: Vec<u8>) -> Result<Arc<Skill>, Fault> {
        let loader = self.loader.clone();
        let loaded = tokio::task::spawn_blocking(move || loader.load(&bytes)).await;
        match loaded {
            Ok(skill) => Ok(Arc::new(skill?)),
            Err(error) => Err(internal(&error)),
        }
    }

    /// Components this host compiled. One that was compiled before, by whichever process shares the code cache, costs none.
    pub fn compiled(&self) -> u64 {
        self.loader.compiled()
    }

    /// Which skills are installed.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What no grant can exceed.
    pub fn ceiling(&self) -> &Limits {
        &self.ceiling
    }

    /// Secrets and tokens for `grant`, fetched through this host's own way out.
    pub fn credentials(&self, grant: &Grant, sources: SecretSources) -> Arc<Credentials> {
        let egress = self.services.egress.clone();
        Arc::new(Credentials::new(
            grant,
            sources,
            egress,
            Arc::new(SystemTime::now),
        ))
    }

    /// Let the grant's tenant call `skill`, within `grant`.
    ///
    /// # Errors
    /// `grant-invalid` when the grant is for another skill.
    pub fn install(
        &self,
        skill: Arc<Skill>,
        grant: Grant,
        credentials: Arc<Credentials>,
    ) -> Result<Arc<Installed>, Fault> {
        self.install_in(World::default(), skill, grant, credentials)
    }

    /// As [`Host::install`], in a world of its own: a rehearsal.
    ///
    /// # Errors
    /// As [`Host::install`].
    pub fn install_in(
        &self,
        world: World,
        skill: Arc<Skill>,
        grant: Grant,
        credentials: Arc<Credentials>,
    ) -> Result<Arc<Installed>, Fault> {
        let installed = self.bind(world, skill, grant, credentials)?;
        self.registry.install(installed.clone());
        Ok(installed)
    }

    /// `skill` within `grant`, for [`Host::call_bound`] alone: nobody else's calls see it.
    ///
    /// # Errors
    /// As [`Host::install`].
    pub fn bind(
        &self,
        world: World,
        skill: Arc<Skill>,
        grant: Grant,
        credentials: Arc<Credentials>,
    ) -> Result<Arc<Installed>, Fault> {
        grant
            .subject
            .check(skill.manifest().name(), skill.digest())
            .map_err(|wrong| {
                Fault::new(Code::GrantInvalid, faults::sentence(&wrong.to_string()))
            })?;
        let installed = Installed::new(skill, Arc::new(grant), credentials, &self.ceiling);
        Ok(Arc::new(installed.within(world)))
    }

    /// Look at a component before it is packed. One whose tools are data is asked for them here, once, with no reach
    /// at all but its packed `resources`: this is the only time a list of tools comes from running code.
    ///
    /// # Errors
    /// A fault of the component's.
    pub async fn survey(
        &self,
        component: Vec<u8>,
        docs: Arc<dyn Docs + Send + Sync>,
        resources: BTreeMap<String, Box<[u8]>>,
    ) -> Result<Survey, Fault> {
        let loader = self.loader.clone();
        let survey = move || loader.survey(&component, &*docs, resources);
        let surveyed = tokio::task::spawn_blocking(survey).await;
        let mut survey = surveyed.map_err(|error| internal(&error))??;
        if let Some(list_tools) = survey.list_tools {
            survey.tools = self.frozen(&survey.skill, &list_tools).await?;
        }
        Ok(survey)
    }

    async fn frozen(
        &self,
        skill: &Arc<Skill>,
        list: &ComponentExportIndex,
    ) -> Result<Vec<package::Tool>, Fault> {
        let _permit = self.permits.get(0, None).await?;
        let grant = Grant::deny_all(TenantId::local());
        let credentials = self.credentials(&grant, SecretSources::files_only("."));
        let installed = Arc::new(Installed::new(
            skill.clone(),
            Arc::new(grant),
            credentials,
            &self.ceiling,
        ));
        let limits = installed.limits().clone();
        let tool = guest::LIST_TOOLS
            .parse()
            .map_err(|error| internal(&error))?;
        let call = self.call_to(
            TenantId::local(),
            PrincipalId::local(),
            *skill.digest(),
            tool,
            "{}".into(),
        )?;
        let around = Around {
            run: Arc::new(RunScope::unrestricted()),
            observer: Arc::new(NoObserver),
            within: Arc::new(NoRun),
        };
        let services = self.services.clone();
        let context = Arc::new(CallContext::new(call, installed, around, services));
        let clock = Arc::new(CpuClock::new());
        let mut store = store::build(skill.pre().engine(), context, clock.clone(), &limits);
        let _ticking = self.ticker.ticking();
        let ended = {
            let guest = pin!(guest::list_tools(&mut store, skill, list));
            tokio::time::timeout(limits.wall, Metered::new(clock, guest)).await
        };
        outcome::judge(ended, &store)?
            .into_iter()
            .map(guest::frozen_tool)
            .collect()
    }

    /// A fresh name for a call, or for a request that may become one.
    ///
    /// # Errors
    /// Never in practice.
    pub fn call_id(&self) -> Result<CallId, Fault> {
        self.call_ids.next()
    }

    /// A call with a fresh id, no deadline and no idempotency key.
    ///
    /// # Errors
    /// Never in practice.
    pub fn call_to(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        skill: Digest,
        tool: ToolName,
        arguments: String,
    ) -> Result<Call, Fault> {
        let id = self.call_id()?;
        Ok(Call {
            id,
            tenant,
            principal,
            skill,
            tool,
            arguments,
            deadline: None,
            idempotency_key: None,
            within: None,
            depth: 0,
        })
    }

    /// The host's own errand for a user of an installed skill: what [`Credentials::connect`] and [`Credentials::revoke`] are asked with. It
    /// goes the ways of the grant and is written down like a call's requests.
    ///
    /// # Errors
    /// Never in practice.
    pub fn errand(
        &self,
        installed: &Installed,
        tenant: TenantId,
        principal: PrincipalId,
    ) -> Result<Arc<EgressCall>, Fault> {
        Ok(Arc::new(EgressCall {
            manifest: installed.manifest().clone(),
            grant: installed.grant().clone(),
            run: Arc::new(RunScope::unrestricted()),
            credentials: installed.credentials().clone(),
            upstream: Upstream::Network,
            meter: Arc::new(Meter::new(Limits::default())),
            keys: None,
            audit: self.services.egress_audit().clone(),
            call: self.call_id()?,
            tenant,
            principal,
            digest: *installed.skill().digest(),
            deadline: None,
        }))
    }

    /// Call one tool, narrowed by `run`, and tell what came of it.
    ///
    /// Dropping the future cancels the call: the guest stops where it stands, its requests are given up, and the
    /// audit trail says so. Whatever happens, exactly one record is written.
    pub async fn call(
        &self,
        call: Call,
        run: Arc<RunScope>,
        observer: Arc<dyn Observer>,
    ) -> Outcome {
        let within = Arc::new(NoRun);
        let around = Around {
            run,
            observer,
            within,
        };
        self.call_around(call, None, around).await
    }

    /// As [`Host::call`], to a skill that [`Host::bind`] gave for this call, within a run.
    pub async fn call_bound(&self, call: Call, bound: Arc<Installed>, around: Around) -> Outcome {
        self.call_around(call, Some(bound), around).await
    }

    async fn call_around(
        &self,
        call: Call,
        bound: Option<Arc<Installed>>,
        around: Around,
    ) -> Outcome {
        let clock = Arc::new(CpuClock::new());
        let mut recorder = Recorder::new(self.services.audit.clone(), &call, clock.clone());
        let result = self
            .answer(call, bound, around, &clock, &mut recorder)
            .await;
        recorder.finish(result)
    }

    async fn answer(
        &self,
        call: Call,
        bound: Option<Arc<Installed>>,
        around: Around,
        clock: &Arc<CpuClock>,
        recorder: &mut Recorder,
    ) -> Result<String, Fault> {
        guest::check_size(&call.arguments, self.ceiling.arguments_bytes)?;
        let _permit = self.permits.get(call.depth, call.deadline).await?;
        let installed = match bound {
            Some(bound) => theirs(bound, &call)?,
            None => self.registry.get(&call.tenant, &call.skill)?,
        };
        let tool = installed.tool(call.tool.as_str())?;
        let context = Arc::new(CallContext::new(
            call,
            installed.clone(),
            around,
            self.services.clone(),
        ));
        recorder.begin(context.clone());
        context.allow(|authority| authority.tool(&tool.info.name, tool.info.effect))?;
        let (skill, limits) = (installed.skill(), installed.limits());
        let prepared = guest::prepare(tool, &context.call().arguments, limits.arguments_bytes)?;
        let mut store = store::build(skill.pre().engine(), context.clone(), clock.clone(), limits);
        let _ticking = self.ticker.ticking();
        let wall = installed.wall(context.call());
        let ended = {
            let guest = pin!(guest::run(&mut store, skill, prepared, limits.result_bytes));
            tokio::time::timeout(wall, Metered::new(clock.clone(), guest)).await
        };
        recorder.end(&mut store);
        outcome::judge(ended, &store)
    }
}

/// A skill bound for one call is that call's: its tenant's, and of the bytes it names.
fn theirs(bound: Arc<Installed>, call: &Call) -> Result<Arc<Installed>, Fault> {
    match bound.grant().tenant == call.tenant && *bound.skill().digest() == call.skill {
        true => Ok(bound),
        false => Err(Fault::new(
            Code::NotFound,
            format!(
                "The skill {} is not granted to the tenant `{}`.",
                call.skill, call.tenant
            ),
        )),
    }
}

fn internal(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(
        Code::HostInternal,
        format!("Loading the skill failed: {error}."),
    )
}

//! Agents and chains that a tenant deployed: versions that never change, and which of them is current.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use metier_agent::{
    check::check,
    definition::{Definition, Name},
    driver::NewRun,
    journal::Started,
    routes::{PriceTable, Routes},
};
use metier_core::{Code, Digest, Fault, PrincipalId, TenantId};
use metier_store::types::{Expect, PoolId, RunId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast::Receiver;

use crate::{
    audit::{AgentChange, RunChange, What},
    begin,
    directory::now,
    faults::{of_definition, of_run, of_store},
    hub::News,
    identity::{Caller, Right},
    once::Once,
    records::{Kept, Mirror, Record},
    service::Service,
};

/// Largest definition with everything it names, in bytes.
pub const MAX_DEFINITION: usize = 1 << 20;

/// Where runs of the service wait for a host.
pub const POOL: &str = "default";

/// An agent or a chain, as deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Agent {
    /// The version new runs have.
    pub current: String,
    /// All versions, with what they are.
    pub versions: BTreeMap<String, Version>,
}

/// One version; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    /// Of its [`Source`], which is a blob of the store.
    pub source: Digest,
    /// One sentence.
    pub description: String,
    /// Who deployed it.
    pub by: PrincipalId,
    /// When, in milliseconds since 1970.
    pub deployed: u64,
}

impl Record for Agent {
    const KIND: &'static str = "agent";
}

/// The text of a definition and of the files it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The agent's or chain's file.
    pub text: String,
    /// Prompts and schemas beside it, by the path it names them by.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

impl Source {
    /// Reads it.
    ///
    /// # Errors
    /// `invalid-arguments`, by line.
    pub fn read(&self) -> Result<Definition, Fault> {
        let size: usize = self.files.values().map(String::len).sum();
        if self.text.len() + size > MAX_DEFINITION {
            let message = format!("A definition has at most {MAX_DEFINITION} bytes.");
            return Err(Fault::new(Code::InvalidArguments, message));
        }
        let beside = |name: &str| {
            let found = self.files.get(name).cloned();
            found.ok_or_else(|| format!("the file `{name}` was not sent with the definition"))
        };
        Definition::parse(&self.text, &beside)
            .map_err(|error| of_definition("The definition", &error))
    }
}

/// What models a run may ask, and what they cost.
#[derive(Clone, Debug, Default)]
pub struct Models {
    /// The routes.
    pub routes: Routes,
    /// The prices.
    pub prices: PriceTable,
}

/// A run that is asked for.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// Of which agent.
    pub agent: Name,
    /// Of which version; the current one when absent.
    pub version: Option<String>,
    /// What it is given.
    pub input: Value,
    /// The conversation it continues.
    pub session: Option<Name>,
    /// Names this request and all its repetitions: they are one run.
    pub idempotency_key: Option<String>,
}

/// A run that was started.
#[derive(Debug)]
pub struct Begun {
    /// Which one.
    pub run: RunId,
    /// What happens in it, from before it was there.
    pub news: Receiver<News>,
}

/// The deployed definitions of all tenants.
pub struct Agents {
    deployed: Mirror<Agent>,
    models: RwLock<Arc<Models>>,
}

impl Agents {
    pub(crate) fn new(deployed: Mirror<Agent>, models: Models) -> Self {
        Agents {
            deployed,
            models: RwLock::new(Arc::new(models)),
        }
    }

    pub(crate) async fn look(&self) -> Result<(), Fault> {
        self.deployed.look().await
    }

    /// The routes and prices of runs that start now.
    pub fn models(&self) -> Arc<Models> {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        models.clone()
    }

    pub(crate) fn use_models(&self, models: Models) {
        let held = self.models.write();
        *held.unwrap_or_else(PoisonError::into_inner) = Arc::new(models);
    }

    fn kept(&self, tenant: &TenantId, name: &Name) -> Option<Kept<Agent>> {
        self.deployed.get(&key(tenant, name))
    }
}

fn key(tenant: &TenantId, name: &Name) -> String {
    format!("{tenant}/{}", name.as_str())
}

impl Service {
    /// The tenant's agents and chains, by name.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn agents(&self, caller: &Caller) -> Result<Vec<(String, Arc<Agent>)>, Fault> {
        self.needs(caller, Right::See)?;
        let below = self
            .deployments()
            .deployed
            .below(&format!("{}/", caller.tenant));
        Ok(below
            .into_iter()
            .map(|(name, kept)| (name, kept.value))
            .collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub fn agent(&self, caller: &Caller, name: &Name) -> Result<Arc<Agent>, Fault> {
        self.needs(caller, Right::See)?;
        Ok(self.deployed(caller, name)?.value)
    }

    fn deployed(&self, caller: &Caller, name: &Name) -> Result<Kept<Agent>, Fault> {
        let found = self.deployments().kept(&caller.tenant, name);
        found.ok_or_else(|| {
            let message = format!("There is no agent `{}`.", name.as_str());
            Fault::new(Code::NotFound, message)
        })
    }

    /// Deploys a version and makes it current. The same version with the same content again only makes it current.
    ///
    /// # Errors
    /// `forbidden`; `invalid-arguments` with everything [`check`] finds; `conflict` for a version that is there with other content.
    pub async fn deploy(
        &self,
        caller: &Caller,
        source: Source,
    ) -> Result<(Name, Arc<Agent>), Fault> {
        self.needs(caller, Right::Operate)?;
        let definition = source.read()?;
        let started = self.dependencies(caller, &definition).await?;
        let findings = check(&started);
        if !findings.is_empty() {
            let found: Vec<String> = findings.iter().map(ToString::to_string).collect();
            return Err(Fault::new(Code::InvalidArguments, found.join("\n")));
        }
        let terms = definition.terms();
        let bytes = serde_json::to_vec(&source)
            .map_err(|error| Fault::new(Code::HostInternal, error.to_string()))?;
        let digest = Digest::of(&bytes);
        let kept = self.store().put_blob(&digest, &bytes).await;
        kept.map_err(|error| of_store(&error))?;
        let version = Version {
            source: digest,
            description: terms.description.clone(),
            by: caller.principal.clone(),
            deployed: now(),
        };
        let before = self.deployments().kept(&caller.tenant, &terms.name);
        let mut versions = before
            .as_ref()
            .map_or_else(BTreeMap::new, |kept| kept.value.versions.clone());
        let there = versions.entry(terms.version.clone()).or_insert(version);
        if there.source != digest {
            let message = format!(
                "Version {} of `{}` is deployed with other content.",
                terms.version,
                terms.name.as_str()
            );
            return Err(Fault::new(Code::Conflict, message)
                .with_hint("Raise the version: what is deployed never changes."));
        }
        let agent = Agent {
            current: terms.version.clone(),
            versions,
        };
        let deployed = self.put_agent(caller, &terms.name, before, agent).await?;
        let what = What::Agent {
            change: AgentChange::Deployed,
            agent: terms.name.as_str(),
            version: &terms.version,
            digest,
        };
        self.note(caller, what);
        Ok(deployed)
    }

    /// Makes another version current: a roll-back, or its undoing. Runs under way keep theirs.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn make_current(
        &self,
        caller: &Caller,
        name: &Name,
        version: &str,
    ) -> Result<(Name, Arc<Agent>), Fault> {
        self.needs(caller, Right::Operate)?;
        let before = self.deployed(caller, name)?;
        let digest = version_of(&before.value, name, version)?.source;
        let agent = Agent {
            current: version.to_owned(),
            versions: before.value.versions.clone(),
        };
        let changed = self.put_agent(caller, name, Some(before), agent).await?;
        let what = What::Agent {
            change: AgentChange::MadeCurrent,
            agent: name.as_str(),
            version,
            digest,
        };
        self.note(caller, what);
        Ok(changed)
    }

    async fn put_agent(
        &self,
        caller: &Caller,
        name: &Name,
        before: Option<Kept<Agent>>,
        agent: Agent,
    ) -> Result<(Name, Arc<Agent>), Fault> {
        let expect = before.map_or(Expect::Absent, |kept| Expect::Rev(kept.rev));
        let deployed = &self.deployments().deployed;
        deployed
            .put(&key(&caller.tenant, name), expect, &agent)
            .await?;
        Ok((name.clone(), Arc::new(agent)))
    }

    /// The definition of a version, as it was deployed.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn source(
        &self,
        caller: &Caller,
        name: &Name,
        version: Option<&str>,
    ) -> Result<Source, Fault> {
        let agent = self.agent(caller, name)?;
        let version = version_of(&agent, name, version.unwrap_or(&agent.current))?;
        let bytes = self.store().get_blob(&version.source).await;
        let bytes = bytes.map_err(|error| of_store(&error))?;
        let source = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        source.ok_or_else(|| {
            let message = "The definition is not in the store any more.";
            Fault::new(Code::StorageUnavailable, message)
        })
    }

    /// Starts a run. It is durable when this returns; a host takes it up at once.
    ///
    /// # Errors
    /// `forbidden`, `not-found`, `invalid-arguments`; `conflict` for a key that came with another request before.
    pub async fn start(&self, caller: &Caller, request: StartRequest) -> Result<RunId, Fault> {
        let begun = self.begin(caller, request, false).await?;
        Ok(begun.run)
    }

    /// Starts a run and hears all it says from its first word on, however fast it is taken up.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_heard(
        &self,
        caller: &Caller,
        request: StartRequest,
    ) -> Result<Begun, Fault> {
        self.begin(caller, request, false).await
    }

    /// The same; what a run is given may be what somebody outside wrote.
    pub(crate) async fn begin(
        &self,
        caller: &Caller,
        request: StartRequest,
        is_from_outside: bool,
    ) -> Result<Begun, Fault> {
        self.needs(caller, Right::Call)?;
        let _permit = self.admit(caller)?;
        is_for(caller, &request.agent)?;
        let source = self
            .source(caller, &request.agent, request.version.as_deref())
            .await?;
        let definition = source.read()?;
        let input = begin::input(&definition, request.input.clone())?;
        let fresh = RunId::new((self.ids())());
        let once = match &request.idempotency_key {
            None => Once::new(fresh.to_string()),
            Some(key) => {
                let request = format!(
                    "{:?}",
                    (
                        &request.agent,
                        &request.version,
                        &request.input,
                        &request.session
                    )
                );
                self.repeated()
                    .claim(caller, "run", key, &request, fresh.to_string())
                    .await?
            }
        };
        let id: RunId = once.id.parse().map_err(|_| {
            Fault::new(
                Code::HostInternal,
                "The record of an idempotency key is damaged.",
            )
        })?;
        let news = self.hub().follow(id);
        if once.is_repeated && self.runs().head(&id).await.is_ok() {
            return Ok(Begun { run: id, news });
        }
        let earlier = begin::history(
            self.runs(),
            &definition,
            caller.tenant.clone(),
            caller.principal.clone(),
            request.session.as_ref(),
        )
        .await?;
        let started = self.dependencies(caller, &definition).await?;
        let mut started = begin::filled(started, input, earlier)?;
        started.tainted |= is_from_outside;
        started.session = request.session.map(|name| name.as_str().to_owned());
        let pool: PoolId = POOL
            .parse()
            .map_err(|_| Fault::new(Code::HostInternal, "The pool has no name."))?;
        let new = NewRun {
            id: Some(id),
            tenant: caller.tenant.clone(),
            pool,
            started,
        };
        self.follow(&caller.tenant, id).await?;
        let run = self.runs().start(new).await;
        let run = run.map_err(|error| of_run(&error))?;
        let what = What::Run {
            change: RunChange::Started,
            run: &run.to_string(),
            agent: Some(request.agent.as_str()),
            version: Some(&definition.terms().version),
        };
        self.note(caller, what);
        Ok(Begun { run, news })
    }

    /// What a run of the definition depends on: the tenant's skills under their grants, the routes, today's prices.
    async fn dependencies(
        &self,
        caller: &Caller,
        definition: &Definition,
    ) -> Result<Started, Fault> {
        let models = self.deployments().models();
        let mut started = begin::unfilled(definition, &models.routes, caller.principal.clone())?;
        started.prices = models.prices.clone();
        let terms = definition.terms();
        for (alias, using) in &terms.skills {
            let install = self.skill_of(&caller.tenant, alias)?;
            let pinned = self
                .run_tools()
                .pin_kept(alias, using, &terms.taint, &install)
                .await?;
            begin::add(&mut started, alias, pinned, &models.routes)?;
        }
        Ok(started)
    }
}

/// A key for some tools is for those agents only that it names, as `agent.NAME`: an agent has tools of its own.
pub(crate) fn is_for(caller: &Caller, agent: &Name) -> Result<(), Fault> {
    let name = agent.as_str();
    caller.needs_tool(&format!("agent.{name}"), &format!("agent `{name}`"))
}

fn version_of<'a>(agent: &'a Agent, name: &Name, version: &str) -> Result<&'a Version, Fault> {
    agent.versions.get(version).ok_or_else(|| {
        let all: Vec<&str> = agent.versions.keys().map(String::as_str).collect();
        let message = format!(
            "There is no version `{}` of `{}`.",
            metier_core::ids::shown(version),
            name.as_str()
        );
        Fault::new(Code::NotFound, message).with_hint(format!("There are: {}.", all.join(", ")))
    })
}

//! A host with everything on: policy, limits, metering and an audit that counts.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use metier_core::audit::{AuditRecord, EgressRecord};
use metier_core::call::Call;
use metier_core::grant::Grant;
use metier_core::ids::{SkillName, TenantId};
use metier_core::run::RunScope;
use metier_runtime::audit::{Audit, NoObserver, Observer};
use metier_runtime::host::{Host, HostConfig};
use metier_runtime::outcome::Outcome;
use metier_runtime::skill::Skill;

use crate::guests::{self, DYNAMIC};

/// Counts records: the cost of making one is part of a call, the cost of keeping it is its owner's.
#[derive(Default)]
struct Count(AtomicU64);

impl Audit for Count {
    fn call(&self, _: &AuditRecord) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn egress(&self, _: &EgressRecord) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A host with one bench skill installed.
pub struct Metier {
    /// The host.
    pub host: Arc<Host>,
    skill: SkillName,
    tenant: TenantId,
    run: Arc<RunScope>,
    observer: Arc<dyn Observer>,
}

const MANIFEST: &str = include_str!("../guests/typed/skill.toml");

impl Metier {
    /// A host for `calls` calls at once, with `name` installed.
    pub async fn new(name: &str, calls: u32) -> Result<Metier> {
        let bytes = pack(name).await?;
        Metier::with(bytes, calls, None, 8099).await
    }

    /// As [`Metier::new`], from a packed file, with a code cache and a port the skill may reach.
    pub async fn with(bytes: Vec<u8>, calls: u32, cache: Option<&Path>, port: u16) -> Result<Metier> {
        let config = HostConfig {
            calls,
            code_cache: cache.map(Path::to_owned),
            audit: Arc::new(Count::default()),
            ..HostConfig::default()
        };
        let host = Arc::new(Host::new(config)?);
        let skill = host.load(bytes).await?;
        let metier = Metier {
            skill: skill.name(),
            host,
            tenant: "local".parse()?,
            run: Arc::new(RunScope::unrestricted()),
            observer: Arc::new(NoObserver),
        };
        metier.install(&skill, port)?;
        Ok(metier)
    }

    fn install(&self, skill: &Arc<Skill>, port: u16) -> Result<()> {
        let grant = Grant::parse(&format!(
            "skill = \"{}\"\ntools = [\"*\"]\n[[http]]\nscheme = \"http\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             methods = [\"GET\"]\npaths = [\"/**\"]\naddresses = [\"127.0.0.1/32\"]\n[limits]\ncpu = \"1h\"\nwall = \"1h\"\n",
            self.skill
        ))?;
        self.host.install(skill.clone(), grant)?;
        Ok(())
    }

    /// Call a tool.
    pub async fn call(&self, tool: &str, arguments: &str) -> Result<Outcome> {
        let call = Call::new(self.tenant.clone(), self.skill.clone(), tool.parse()?, arguments.to_owned());
        Ok(self.host.call(call, self.run.clone(), self.observer.clone()).await)
    }

    /// Call `summarize`, which must succeed.
    pub async fn summarize(&self, json: &str) -> Result<()> {
        self.call("summarize", json).await?.result.map(drop).map_err(|fault| anyhow!("{fault}"))
    }
}

/// The packed form of a bench component.
pub async fn pack(name: &str) -> Result<Vec<u8>> {
    let component = guests::component(name)?;
    let manifest = match name {
        DYNAMIC => "[skill]\nname = \"com.metier/bench-dynamic\"\nversion = \"0.1.0\"\n[tools.summarize]\neffect = \"read\"\n",
        _ => MANIFEST,
    };
    Ok(metier_market::pack::pack(metier_market::pack::Inputs::new(component, manifest)).await?)
}

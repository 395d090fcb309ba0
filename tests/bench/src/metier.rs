//! A host with everything on: policy, limits, metering and an audit that counts.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use metier_core::{AuditRecord, Digest, EgressRecord, Grant, PrincipalId, RunScope, TenantId};
use metier_market::pack::Inputs;
use metier_runtime::audit::{Audit, NoObserver, Observer};
use metier_runtime::credentials::SecretSources;
use metier_runtime::host::{Host, HostConfig};
use metier_runtime::outcome::Outcome;

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
    host: Host,
    skill: Digest,
    run: Arc<RunScope>,
    observer: Arc<dyn Observer>,
}

const MANIFEST: &str = include_str!("../../bench-guests/typed/manifest.toml");
const DYNAMIC_MANIFEST: &str = "[skill]\nname = \"com.metier/bench-dynamic\"\nversion = \"0.1.0\"\n\
                                [tools.summarize]\neffect = \"read\"\n";

/// The port the typed skill's manifest names, replaced by the upstream's.
const PORT: &str = "8099";

impl Metier {
    /// A host for `calls` calls at once, with `name` installed.
    pub async fn new(name: &str, calls: u32) -> Result<Metier> {
        Metier::with(pack(name, PORT).await?, calls, None, PORT).await
    }

    /// As [`Metier::new`], from a packed file, with a code cache and a port the skill may reach.
    pub async fn with(
        bytes: Vec<u8>,
        calls: u32,
        cache: Option<&Path>,
        port: &str,
    ) -> Result<Metier> {
        let config = HostConfig {
            calls,
            code_cache: cache.map(Path::to_owned),
            audit: Arc::new(Count::default()),
            ..HostConfig::default()
        };
        let host = Host::new(config).map_err(|fault| anyhow!("{fault}"))?;
        let skill = host.load(bytes).await.map_err(|fault| anyhow!("{fault}"))?;
        let digest = *skill.digest();
        let name = skill.manifest().display_name();
        let grant = Grant::parse(&format!(
            "skill = \"{name}\"\ntools = [\"*\"]\n[[http]]\nscheme = \"http\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             methods = [\"GET\"]\npaths = [\"/**\"]\naddresses = [\"127.0.0.1/32\"]\n[limits]\ncpu = \"1h\"\nwall = \"1h\"\n"
        ))?;
        let credentials = host.credentials(&grant, SecretSources::files_only("."));
        host.install(skill, grant, credentials)
            .map_err(|fault| anyhow!("{fault}"))?;
        Ok(Metier {
            host,
            skill: digest,
            run: Arc::new(RunScope::unrestricted()),
            observer: Arc::new(NoObserver),
        })
    }

    /// Components the host compiled.
    pub fn compiled(&self) -> u64 {
        self.host.compiled()
    }

    /// Call a tool.
    pub async fn call(&self, tool: &str, arguments: &str) -> Result<Outcome> {
        let call = self
            .host
            .call_to(
                TenantId::local(),
                PrincipalId::local(),
                self.skill,
                tool.parse()?,
                arguments.to_owned(),
            )
            .map_err(|fault| anyhow!("{fault}"))?;
        Ok(self
            .host
            .call(call, self.run.clone(), self.observer.clone())
            .await)
    }

    /// Call a tool, which must succeed.
    pub async fn succeed(&self, tool: &str, json: &str) -> Result<()> {
        self.call(tool, json)
            .await?
            .result
            .map(drop)
            .map_err(|fault| anyhow!("{fault}"))
    }

    /// Call `summarize`, which must succeed.
    pub async fn summarize(&self, json: &str) -> Result<()> {
        self.succeed("summarize", json).await
    }
}

/// The packed form of a bench component that may reach `port`.
pub async fn pack(name: &str, port: &str) -> Result<Vec<u8>> {
    let host = Host::new(HostConfig {
        calls: 1,
        ..HostConfig::default()
    })
    .map_err(|fault| anyhow!("{fault}"))?;
    let manifest = match name {
        DYNAMIC => DYNAMIC_MANIFEST.to_owned(),
        _ => MANIFEST.replace(PORT, port),
    };
    let inputs = Inputs {
        component: guests::component(name)?,
        manifest,
        ..Inputs::default()
    };
    Ok(metier_market::pack::pack(&host, inputs).await?.bytes)
}

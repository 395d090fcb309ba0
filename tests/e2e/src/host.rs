//! A host for one test.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use metier_core::ids::{CallId, PrincipalId, TenantId};
use metier_core::{Call, Digest, Fault, Grant, RunScope};
use metier_runtime::audit::{NoObserver, Observer};
use metier_runtime::capabilities::artifacts::DirArtifacts;
use metier_runtime::capabilities::kv::MemoryKv;
use metier_runtime::credentials::{Credentials, SecretSources};
use metier_runtime::egress::{Egress, EgressConfig};
use metier_runtime::host::{Host, HostConfig};
use metier_runtime::registry;
use serde_json::Value;
use tempfile::TempDir;

use crate::audit::Records;
use crate::guests::{self, Guest};
use crate::{Ended, Names};

/// Calls at once, unless the test says otherwise: enough for a few, and a small pool.
const CALLS: u32 = 4;

/// How long a call waits for a permit, unless the test says otherwise: longer than any test.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a test chooses about its host.
pub struct Builder {
    calls: u32,
    patience: Duration,
}

impl Builder {
    /// Calls at once.
    pub fn calls(mut self, calls: u32) -> Builder {
        self.calls = calls;
        self
    }

    /// How long a call waits for a permit.
    pub fn patience(mut self, patience: Duration) -> Builder {
        self.patience = patience;
        self
    }

    /// The host.
    pub fn start(self) -> TestHost {
        let (records, names) = (Arc::new(Records::default()), Names::default());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let resolver = Arc::new(names.clone());
        let egress = Arc::new(Egress::new(EgressConfig {
            resolver,
            ..EgressConfig::default()
        }));
        let artifacts = DirArtifacts::open(&folder.path().join("artifacts"));
        let artifacts = Arc::new(artifacts.expect("an empty folder"));
        let host = Host::new(HostConfig {
            calls: self.calls,
            patience: self.patience,
            code_cache: Some(guests::target().join("tmp/e2e-code")),
            egress: egress.clone(),
            kv: Arc::new(MemoryKv::default()),
            artifacts: artifacts.clone(),
            audit: records.clone(),
            ..HostConfig::default()
        });
        let host = Arc::new(host.expect("the host starts"));
        TestHost {
            host,
            egress,
            artifacts,
            records,
            names,
            folder,
            next: AtomicU64::new(1),
        }
    }
}

/// A host with storage in memory and everything else in a folder that goes away with it.
pub struct TestHost {
    host: Arc<Host>,
    egress: Arc<Egress>,
    artifacts: Arc<DirArtifacts>,
    records: Arc<Records>,
    names: Names,
    folder: TempDir,
    next: AtomicU64,
}

/// A skill installed for one tenant.
#[derive(Clone, Debug)]
pub struct Installed {
    /// For whom.
    pub tenant: TenantId,
    /// Its file.
    pub digest: Digest,
}

impl TestHost {
    /// A host on which the test chooses.
    pub fn builder() -> Builder {
        Builder {
            calls: CALLS,
            patience: PATIENCE,
        }
    }

    /// Where its artifacts are.
    pub fn artifacts(&self) -> &DirArtifacts {
        &self.artifacts
    }

    /// The same, shared.
    pub fn shared_artifacts(&self) -> Arc<DirArtifacts> {
        self.artifacts.clone()
    }

    /// A host as it comes.
    pub fn start() -> TestHost {
        TestHost::builder().start()
    }

    /// The host itself.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// The names it can resolve.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What it wrote down.
    pub fn records(&self) -> &Arc<Records> {
        &self.records
    }

    /// Its own folder; relative paths in grants begin here.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Install a guest that loads, for the tenant `local`. `grant` is what follows the head of a grant file: the
    /// head allows every tool.
    pub async fn install(&self, guest: Guest, grant: &str) -> Installed {
        self.install_for("local", guest, grant).await
    }

    /// Install a guest that loads, for this tenant.
    pub async fn install_for(&self, tenant: &str, guest: Guest, grant: &str) -> Installed {
        match self.try_install(tenant, guest, grant).await {
            Ok(installed) => installed,
            Err(fault) => panic!("the guest does not load: {} {fault}", fault.code),
        }
    }

    /// Install a guest, or learn why it does not load.
    ///
    /// # Errors
    /// The host's own.
    pub async fn try_install(
        &self,
        tenant: &str,
        guest: Guest,
        grant: &str,
    ) -> Result<Installed, Fault> {
        let skill = self.host.load(guest.into_bytes()).await?;
        let digest = *skill.digest();
        let text =
            format!("digest = \"{digest}\"\ntenant = \"{tenant}\"\ntools = [\"*\"]\n{grant}");
        let grant = Grant::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let sources = SecretSources {
            env: Arc::new(|name| Some(format!("secret-of-{name}"))),
            ..SecretSources::files_only(self.folder())
        };
        let credentials = Credentials::new(
            &grant,
            sources,
            self.egress.clone(),
            Arc::new(SystemTime::now),
        );
        let tenant = grant.tenant.clone();
        let installed = registry::Installed::new(
            skill,
            Arc::new(grant),
            Arc::new(credentials),
            self.host.ceiling(),
        );
        self.host.registry().install(Arc::new(installed));
        Ok(Installed { tenant, digest })
    }

    /// Call a tool and wait for everything that is written down about it.
    pub async fn call(&self, skill: &Installed, tool: &str, arguments: Value) -> Ended {
        self.call_within(skill, tool, arguments, RunScope::unrestricted())
            .await
    }

    /// As [`TestHost::call`], in a narrower run.
    pub async fn call_within(
        &self,
        skill: &Installed,
        tool: &str,
        arguments: Value,
        run: RunScope,
    ) -> Ended {
        let call = self.prepare(skill, tool, &arguments);
        self.make(call, run, Arc::new(NoObserver)).await
    }

    /// As [`TestHost::call`], known by an idempotency key.
    pub async fn call_known_by(
        &self,
        key: &str,
        skill: &Installed,
        tool: &str,
        arguments: Value,
    ) -> Ended {
        let call = Call {
            idempotency_key: Some(key.to_owned()),
            ..self.prepare(skill, tool, &arguments)
        };
        self.make(call, RunScope::unrestricted(), Arc::new(NoObserver))
            .await
    }

    /// As [`TestHost::call`], watched.
    pub async fn call_watched(
        &self,
        skill: &Installed,
        tool: &str,
        arguments: Value,
        observer: Arc<dyn Observer>,
    ) -> Ended {
        let call = self.prepare(skill, tool, &arguments);
        self.make(call, RunScope::unrestricted(), observer).await
    }

    /// A call that was not made yet, with an id of its own.
    pub fn prepare(&self, skill: &Installed, tool: &str, arguments: &Value) -> Call {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        Call {
            id: format!("call-{id}").parse::<CallId>().expect("a call id"),
            tenant: skill.tenant.clone(),
            principal: PrincipalId::local(),
            skill: skill.digest,
            tool: tool.parse().expect("a tool name"),
            arguments: arguments.to_string(),
            deadline: None,
            idempotency_key: None,
            within: None,
            depth: 0,
        }
    }

    async fn make(&self, call: Call, run: RunScope, observer: Arc<dyn Observer>) -> Ended {
        let id = call.id.clone();
        let outcome = self.host.call(call, Arc::new(run), observer).await;
        let mut records = self.records.of(&id);
        assert_eq!(records.len(), 1, "one audit record per call: {records:?}");
        let record = records.remove(0);
        Ended {
            outcome,
            record,
            egress: self.records.egress_of(&id),
        }
    }
}

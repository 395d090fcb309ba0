//! A service whose trail can be looked at.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::future::BoxFuture;
use metier_agent::{
    driver::{Parts as RunParts, Runs},
    journal::{Millis, PinnedSkill},
    models::{Answer, FailureKind, Model, ModelFailure, Question, Sink},
};
use metier_core::{Grant, TenantId, package::section};
use metier_runtime::{
    audit::NoObserver,
    capabilities::artifacts::MemoryArtifacts,
    credentials::{
        Secret, SecretSources,
        vault::{KeySource, Vault},
    },
    host::{Host, HostConfig},
    outcome::Outcome,
};
use metier_service::{
    CallRequest, Caller, NewSkill, Parts, Role, Service,
    agents::Models,
    audit::{Filter, Notes, Record, Settings, Trail, search::search},
    hub::Hub,
    installs,
    limits::Limits,
    policy::Surface,
    run_tools::RunTools,
    secrets::Secrets,
};
use metier_store::{Store, StoreUrl};
use tempfile::TempDir;

/// A skill that computes.
pub const SKILL: &str = r#"(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "crash") unreachable))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add")))
  (func (export "crash") (canon lift (core func $i "crash"))))"#;

/// The same with a manifest.
pub fn with_manifest(manifest: &str) -> Vec<u8> {
    let escaped = |byte: u8| format!("\\{byte:02x}");
    let manifest: String = manifest.bytes().map(escaped).collect();
    let text = SKILL.trim_end().strip_suffix(')').unwrap();
    let section = format!("(@custom \"{}\" \"{manifest}\")", section::MANIFEST);
    wat::parse_str(format!("{text}{section})")).unwrap()
}

pub struct Scene {
    pub service: Arc<Service>,
    pub data: TempDir,
    trail: Arc<Trail>,
}

impl Scene {
    pub async fn start() -> Scene {
        Scene::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Scene {
        Scene::noting(limits, |trail| trail).await
    }

    /// With something between the service and the trail.
    pub async fn noting(
        limits: Limits,
        between: impl FnOnce(Arc<dyn Notes>) -> Arc<dyn Notes>,
    ) -> Scene {
        let store = metier_store::open(&StoreUrl::SqliteMemory).await.unwrap();
        Scene::of(store, limits, between).await
    }

    /// One host of several over a store, or the next after another.
    pub async fn over(store: Arc<dyn Store>) -> Scene {
        Scene::of(store, Limits::default(), |trail| trail).await
    }

    async fn of(
        store: Arc<dyn Store>,
        limits: Limits,
        between: impl FnOnce(Arc<dyn Notes>) -> Arc<dyn Notes>,
    ) -> Scene {
        let data = tempfile::tempdir().unwrap();
        let trail = Arc::new(Trail::open(&Settings::in_data(data.path())).unwrap());
        let notes = between(trail.clone());
        let service = service(store, data.path(), trail.clone(), notes, limits).await;
        let service = Arc::new(service);
        Scene {
            service,
            data,
            trail,
        }
    }

    /// The same with the skill `math` of the tenant `local`, which has the tools `add` and `crash`.
    pub async fn with_math(limits: Limits) -> Scene {
        let scene = Scene::with(limits).await;
        scene.install(None).await;
        scene
    }

    pub async fn install(&self, grant: Option<&str>) {
        let bytes = wat::parse_str(SKILL).unwrap();
        let alias = Some("math".parse().unwrap());
        let grant = grant.map(ToOwned::to_owned);
        let installed = self
            .service
            .install(&admin(), alias, NewSkill::unsigned(bytes, grant))
            .await;
        installed.unwrap();
    }

    pub async fn call(&self, caller: &Caller, tool: &str) -> Outcome {
        let request = CallRequest {
            id: None,
            tool: tool.into(),
            arguments: match tool {
                "math.crash" => "{}".into(),
                _ => r#"{"a": 2, "b": 3}"#.into(),
            },
            deadline: None,
            idempotency_key: None,
            surface: Surface::Http,
            observer: Arc::new(NoObserver),
        };
        self.service.call(caller, request).await
    }

    pub fn root(&self) -> PathBuf {
        self.data.path().join("audit")
    }

    pub fn folder(&self) -> PathBuf {
        self.trail.folder().to_owned()
    }

    /// All records of a kind, the oldest first.
    pub fn records(&self, kind: &str) -> Vec<Record> {
        let filter = Filter {
            kind: Some(kind.into()),
            ..Filter::default()
        };
        let mut records = search(&self.root(), &filter, None, 500).unwrap().records;
        records.reverse();
        records
    }

    /// The only one there is.
    pub fn record(&self, kind: &str) -> Record {
        let [record] = self.records(kind).try_into().unwrap();
        record
    }
}

/// Whoever administers the service.
pub fn admin() -> Caller {
    Caller::operator_of(TenantId::local()).within("request-1".parse().unwrap())
}

/// Somebody of a tenant.
pub fn somebody(tenant: &str, role: Role, tools: &[&str]) -> Caller {
    Caller {
        principal: "key/0123456789abcdef".parse().unwrap(),
        role,
        tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        ..Caller::operator_of(tenant.parse().unwrap())
    }
}

async fn service(
    store: Arc<dyn Store>,
    data: &Path,
    trail: Arc<Trail>,
    notes: Arc<dyn Notes>,
    limits: Limits,
) -> Service {
    let artifacts = Arc::new(MemoryArtifacts::default());
    let vault = Vault::open(
        data.join("secrets"),
        KeySource::Passphrase(Secret::new("x")),
    );
    let secrets = Secrets::of(Arc::new(vault.unwrap()));
    let host = Host::new(HostConfig {
        calls: 4,
        artifacts: artifacts.clone(),
        audit: trail,
        ..HostConfig::default()
    });
    let host = Arc::new(host.unwrap());
    let hub = Arc::new(Hub::default());
    let reach = Arc::new(|skill: &PinnedSkill, tenant: &TenantId| {
        let grant = match &skill.grant {
            Some(text) => installs::grant(tenant, text)?,
            None => Grant::compute_only(tenant.clone()),
        };
        Ok((grant, SecretSources::files_only(".")))
    });
    let observer = Arc::new(NoObserver);
    let tools = RunTools::new(
        host.clone(),
        store.clone(),
        artifacts.clone(),
        reach,
        observer,
    );
    let tools = Arc::new(tools.noting(notes.clone()));
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let ids = Arc::new(|| u128::from(NEXT.fetch_add(1, Ordering::Relaxed)));
    let model: Arc<dyn Model> = Arc::new(NoModel);
    let runs = Runs::new(RunParts {
        store: store.clone(),
        tools: tools.clone(),
        models: model.clone(),
        watch: hub.clone(),
        clock: Arc::new(|| Millis(metier_service::directory::now())),
        ids: ids.clone(),
    });
    let parts = Parts {
        host,
        store,
        tools,
        runs,
        ids,
        models: Models::default(),
        model,
        hub,
        artifacts,
        secrets: Some(secrets),
        audit: notes,
        limits,
        metrics: Arc::default(),
    };
    Service::open(parts).await.unwrap()
}

/// Nobody answers.
struct NoModel;

impl Model for NoModel {
    fn ask<'a>(
        &'a self,
        _: &'a Question,
        _: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        let failure =
            ModelFailure::new(FailureKind::NoCandidate, "No model is asked in this test.");
        Box::pin(async move { Err(failure) })
    }
}

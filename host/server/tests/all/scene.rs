//! A whole service for one test: in memory, on loopback, with an administrator's key.

use std::{net::SocketAddr, path::Path, sync::Arc};

use metier_agent::{
    driver::{Parts as RunParts, RunError, Runs, Shift},
    journal::{Millis, PinnedSkill},
    models::{Answer, FailureKind, Model, ModelFailure, Question, Sink},
};
use metier_core::{Grant, TenantId};
use metier_runtime::{
    audit::NoObserver,
    capabilities::artifacts::MemoryArtifacts,
    credentials::{
        SecretSources,
        vault::{KeySource, Vault},
    },
    host::{Host, HostConfig},
};
use metier_server::{App, Settings, listen, live::Live};
use metier_service::{
    Parts, Service,
    agents::Models,
    audit::NoNotes,
    hub::Hub,
    installs,
    limits::Limits,
    metrics::{Asked, Followed, Metrics},
    run_tools::RunTools,
    secrets::{Secrets, sources_of},
};
use metier_store::{Store, StoreUrl};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::wire::{Reply, SKILL, exchange};

/// A service and the way to it.
pub struct Scene {
    pub service: Arc<Service>,
    pub address: SocketAddr,
    /// Of the administrator, who is of the tenant `local`.
    pub admin: String,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<std::io::Result<()>>>,
    working: JoinHandle<Result<(), RunError>>,
    _folder: TempDir,
}

impl Scene {
    /// A service with nothing in it, whose models cannot be asked.
    pub async fn start() -> Scene {
        Scene::with(Models::default(), Arc::new(NoModel)).await
    }

    /// A service with these models.
    pub async fn with(models: Models, model: Arc<dyn Model>) -> Scene {
        Scene::seen(
            models,
            model,
            Settings::default(),
            listen::Limits::default(),
        )
        .await
    }

    /// A service that is seen so from outside.
    pub async fn seen(
        models: Models,
        model: Arc<dyn Model>,
        settings: Settings,
        limits: listen::Limits,
    ) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let service = Arc::new(service(models, model, folder.path()).await);
        let admin = service.directory().first_key().await.unwrap().unwrap().key;
        let app = Arc::new(App {
            service: service.clone(),
            settings: Live::new(settings),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shift = Shift::of("test".parse().unwrap(), "default".parse().unwrap());
        let runs = service.runs().clone();
        let working = tokio::spawn(async move { runs.work(shift, std::future::pending()).await });
        let serving = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            listen::serve(listener, app.router(), &limits, stopped).await
        });
        Scene {
            service,
            address,
            admin,
            stop: Some(stop),
            serving: Some(serving),
            working,
            _folder: folder,
        }
    }

    /// The same with the skill `math` installed, which has the tools `add` and `crash`.
    pub async fn with_math() -> Scene {
        let scene = Scene::start().await;
        scene.install_math("local").await;
        scene
    }

    /// Installs `math` for a tenant.
    pub async fn install_math(&self, tenant: &str) {
        let caller = metier_service::Caller::operator_of(tenant.parse().unwrap());
        let alias = Some("math".parse().unwrap());
        let bytes = wat::parse_str(SKILL).unwrap();
        let installed = self
            .service
            .install(
                &caller,
                alias,
                metier_service::NewSkill::unsigned(bytes, None),
            )
            .await;
        installed.unwrap();
    }

    /// Ends the service; what is under way has its time.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        self.serving.take().unwrap().await.unwrap().unwrap();
    }

    /// One request with a key and, where there is one, a JSON body: `GET /api/v1/me`.
    pub async fn ask(&self, key: &str, what: &str, body: &str) -> Reply {
        let json = "content-type: application/json\r\n";
        let headers = format!("authorization: Bearer {key}\r\n{json}");
        self.send(what, &headers, body.as_bytes()).await
    }

    /// One request with these headers and this body.
    pub async fn send(&self, what: &str, headers: &str, body: &[u8]) -> Reply {
        let (address, length) = (self.address, body.len());
        let mut bytes = format!(
            "{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        Reply::of(&exchange(self.address, &bytes).await)
    }

    /// A key of a tenant, made by the administrator; the tenant is made where it is not there.
    pub async fn key(&self, tenant: &str, role: &str) -> String {
        let put = self
            .ask(&self.admin, &format!("PUT /api/v1/tenants/{tenant}"), "{}")
            .await;
        assert_eq!(put.status, 200, "{}", put.body);
        let headers = format!(
            "authorization: Bearer {}\r\nmetier-tenant: {tenant}\r\ncontent-type: application/json\r\n",
            self.admin
        );
        let body = format!(r#"{{"name": "test", "role": "{role}"}}"#);
        let made = self
            .send("POST /api/v1/keys", &headers, body.as_bytes())
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.json["key"].as_str().unwrap().to_owned()
    }
}

async fn service(models: Models, model: Arc<dyn Model>, folder: &Path) -> Service {
    let key = KeySource::KeyFile(folder.join("vault.key"));
    let vault = Arc::new(Vault::open(folder.join("vault"), key).unwrap());
    let secrets = Secrets::of(vault);
    let store = metier_store::open(&StoreUrl::SqliteMemory).await.unwrap();
    let artifacts = Arc::new(MemoryArtifacts::default());
    let host = Host::new(HostConfig {
        calls: 8,
        artifacts: artifacts.clone(),
        ..HostConfig::default()
    });
    let host = Arc::new(host.unwrap());
    let hub = Arc::new(Hub::default());
    let theirs = secrets.clone();
    let reach = Arc::new(move |skill: &PinnedSkill, tenant: &TenantId| {
        let grant = match &skill.grant {
            Some(text) => installs::grant(tenant, text)?,
            None => Grant::compute_only(tenant.clone()),
        };
        let host = SecretSources::files_only(".");
        Ok((grant, sources_of(&host, Some(&theirs), tenant)))
    });
    let metrics = Arc::new(Metrics::default());
    let model: Arc<dyn Model> = Arc::new(Asked::new(model, metrics.clone()));
    let tools = RunTools::new(
        host.clone(),
        store.clone(),
        artifacts.clone(),
        reach,
        Arc::new(NoObserver),
    );
    let tools = Arc::new(tools.counting(metrics.clone()));
    let ids = Arc::new(|| {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(1);
        u128::from(NEXT.fetch_add(1, Ordering::Relaxed))
    });
    let runs = Runs::new(RunParts {
        store: store.clone(),
        tools: tools.clone(),
        models: model.clone(),
        watch: Arc::new(Followed::new(hub.clone(), metrics.clone())),
        clock: Arc::new(|| Millis(metier_service::directory::now())),
        ids: ids.clone(),
    });
    let parts = Parts {
        host,
        store: store as Arc<dyn Store>,
        tools,
        runs,
        ids,
        models,
        model,
        hub,
        artifacts,
        secrets: Some(secrets),
        audit: Arc::new(NoNotes),
        limits: Limits::default(),
        metrics,
    };
    Service::open(parts).await.unwrap()
}

/// Nobody answers.
pub struct NoModel;

impl Model for NoModel {
    fn ask<'a>(
        &'a self,
        _: &'a Question,
        _: &'a dyn Sink,
    ) -> futures::future::BoxFuture<'a, Result<Answer, ModelFailure>> {
        let failure =
            ModelFailure::new(FailureKind::NoCandidate, "No model is asked in this test.");
        Box::pin(async move { Err(failure) })
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.working.abort();
    }
}

//! From a configuration to a service.

use std::{path::PathBuf, sync::Arc};

use metier_agent::{
    driver::{Parts as RunParts, Runs},
    journal::PinnedSkill,
    models::Model,
};
use metier_core::{Grant, TenantId};
use metier_runtime::{
    audit::NoObserver,
    credentials::{SecretSources, vault::Vault},
    egress::{Egress, EgressConfig},
    host::HostConfig,
};
use metier_service::{
    Parts, Service,
    agents::Models,
    audit::{Settings, Trail},
    hooks::outlet::{Outlet, Reachable},
    hub::Hub,
    installs,
    metrics::{self, Asked, Followed, Metrics},
    models::LiveModel,
    run_tools::Reach,
    run_tools::RunTools,
    secrets::{Secrets, sources_of},
};
use metier_store::StoreUrl;

use super::{config::Config, issuers};
use crate::{
    args::{VaultPlace, serve::ServiceOptions},
    commands::{
        App,
        call::reach::Stores,
        runs::{models as run_models, session},
        skill_file,
    },
    errors::Failure,
    telemetry::{Telemetry, process},
    vault,
};

/// What a service is made of that stays, whatever its configuration becomes.
pub struct Living {
    /// The secrets of tenants.
    pub vault: Arc<Vault>,
    /// Who asks models.
    pub model: Arc<LiveModel>,
    /// What is written down.
    pub trail: Arc<Trail>,
}

/// Opens everything a service is made of.
pub async fn service(
    app: &App,
    options: &ServiceOptions,
    config: &Config,
    telemetry: &Telemetry,
) -> Result<(Service, Living), Failure> {
    let stores = Stores::all(&app.folders)?;
    let trail = Trail::open(&Settings::in_data(&app.folders.data()?))?;
    let trail = Arc::new(trail);
    let egress = Egress::new(EgressConfig {
        traceparent: telemetry.traceparent(),
        ..EgressConfig::default()
    });
    let host = skill_file::host(app, || HostConfig {
        calls: config.limits.calls,
        egress: Arc::new(egress.clone()),
        ..stores.within(skill_file::config(app), &trail)
    })?;
    let host = Arc::new(host);
    let store = session::open(&address(app, options, config)?).await?;
    let artifacts = crate::commands::artifact::open(&app.folders.artifacts()?)?;
    let vault = Arc::new(opened(app, options, config)?);
    let secrets = Secrets::of(vault.clone());
    let tools = RunTools::new(
        host.clone(),
        store.clone(),
        artifacts.clone(),
        reach(app, secrets.clone()),
        Arc::new(NoObserver),
    );
    let metrics = Arc::new(Metrics::new(counted(config)));
    let tools = tools.noting(trail.clone()).counting(metrics.clone());
    let tools = Arc::new(tools);
    let models = models(config)?;
    let hub = Arc::new(Hub::default());
    let model = asker(app, config, &models, vault.clone())?;
    let model = Arc::new(LiveModel::new(model));
    let tokens = issuers::tokens(&config.issuers, trail.clone())?;
    let ids = session::ids();
    let asked: Arc<dyn Model> = Arc::new(Asked::new(model.clone(), metrics.clone()));
    let runs = Runs::new(RunParts {
        store: store.clone(),
        tools: tools.clone(),
        models: asked.clone(),
        watch: Arc::new(Followed::new(hub.clone(), metrics.clone())),
        clock: session::clock(),
        ids: ids.clone(),
    });
    let runs = runs.traced(telemetry.traces());
    let living = Living {
        vault: vault.clone(),
        model: model.clone(),
        trail: trail.clone(),
    };
    let parts = Parts {
        host,
        store,
        tools,
        runs,
        ids,
        models,
        model: asked,
        hub,
        artifacts,
        secrets: Some(secrets),
        audit: trail,
        limits: config.limits.of_tenants(),
        metrics,
    };
    let markets = config.market.settings()?;
    let service = Service::open(parts).await?;
    service.vouching().use_settings(markets).await?;
    service.trust(tokens);
    service.send_through(Arc::new(outlet(config, living.trail.clone())?));
    Ok((service, living))
}

/// The way out for events.
fn outlet(config: &Config, trail: Arc<Trail>) -> Result<Outlet, Failure> {
    let webhooks = &config.webhooks;
    let reachable = Reachable {
        networks: webhooks.networks.clone(),
        loopback: webhooks.loopback,
    };
    Ok(Outlet::of_system(trail, reachable)?)
}

/// What is told of what was counted.
fn counted(config: &Config) -> metrics::Settings {
    metrics::Settings {
        tenants: config.metrics.tenants,
        version: env!("CARGO_PKG_VERSION"),
        process: Some(process),
    }
}

/// The routes and prices of the configuration.
pub fn models(config: &Config) -> Result<Models, Failure> {
    let routes = match &config.models.routes {
        Some(path) => run_models::routes(Some(path), &PathBuf::new())?.0,
        None => Default::default(),
    };
    let prices = run_models::prices(config.models.prices.as_deref())?;
    Ok(Models { routes, prices })
}

/// Who asks the models behind the routes.
pub fn asker(
    app: &App,
    config: &Config,
    models: &Models,
    vault: Arc<Vault>,
) -> Result<Arc<dyn Model>, Failure> {
    let home = config.models.routes.as_ref();
    let home = home.and_then(|path| path.parent()).map(PathBuf::from);
    let sources = SecretSources {
        vault: Some(vault),
        ..host_sources(app, home.unwrap_or_default())
    };
    Ok(Arc::new(run_models::asked(&sources, &models.routes)?))
}

fn address(app: &App, options: &ServiceOptions, config: &Config) -> Result<StoreUrl, Failure> {
    if let Some(url) = &options.store {
        return Ok(url.clone());
    }
    match config.store()? {
        Some(url) => Ok(url),
        None => Ok(StoreUrl::SqliteFile(app.folders.service()?)),
    }
}

fn opened(app: &App, options: &ServiceOptions, config: &Config) -> Result<Vault, Failure> {
    let place = VaultPlace {
        vault: options.vault.vault.clone().or(config.vault.file.clone()),
        vault_key: options.vault.vault_key.clone().or(config.vault.key.clone()),
        passphrase: options.vault.passphrase,
    };
    Ok(vault::open(
        &place,
        &app.folders,
        &app.environment,
        &app.printer,
    )?)
}

/// The process's environment and private files; the vault is a tenant's own affair.
fn host_sources(app: &App, directory: PathBuf) -> SecretSources {
    let environment = app.environment.clone();
    SecretSources {
        env: Arc::new(move |name: &str| environment.secret(name)),
        directory,
        vault: None,
        accounts: None,
    }
}

fn reach(app: &App, secrets: Arc<Secrets>) -> Reach {
    let host = host_sources(app, PathBuf::from("/"));
    Arc::new(move |skill: &PinnedSkill, tenant: &TenantId| {
        let grant = match &skill.grant {
            Some(text) => installs::grant(tenant, text)?,
            None => Grant::compute_only(tenant.clone()),
        };
        Ok((grant, sources_of(&host, Some(&secrets), tenant)))
    })
}

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
    host::HostConfig,
};
use metier_service::{
    Parts, Service,
    agents::Models,
    audit::{Settings, Trail},
    hooks::outlet::{Outlet, Reachable},
    hub::Hub,
    installs,
    run_tools::Reach,
    run_tools::RunTools,
    secrets::sources_of,
};
use metier_store::StoreUrl;

use super::config::Config;
use crate::{
    args::{VaultPlace, serve::ServiceOptions},
    commands::{
        App,
        call::reach::Stores,
        runs::{models as run_models, session},
        skill_file,
    },
    errors::Failure,
    vault,
};

/// Opens everything a service is made of.
pub async fn service(
    app: &App,
    options: &ServiceOptions,
    config: &Config,
) -> Result<Service, Failure> {
    let stores = Stores::all(&app.folders)?;
    let trail = Trail::open(&Settings::in_data(&app.folders.data()?))?;
    let trail = Arc::new(trail);
    let host = skill_file::host(app, || HostConfig {
        calls: config.limits.calls,
        ..stores.within(skill_file::config(app), &trail)
    })?;
    let host = Arc::new(host);
    let store = session::open(&address(app, options, config)?).await?;
    let artifacts = crate::commands::artifact::open(&app.folders.artifacts()?)?;
    let vault = Arc::new(opened(app, options, config)?);
    let tools = RunTools::new(
        host.clone(),
        store.clone(),
        artifacts.clone(),
        reach(app, vault.clone()),
        Arc::new(NoObserver),
    );
    let tools = Arc::new(tools.noting(trail.clone()));
    let models = models(config)?;
    let hub = Arc::new(Hub::default());
    let model = asker(app, config, &models, vault.clone())?;
    let ids = session::ids();
    let runs = Runs::new(RunParts {
        store: store.clone(),
        tools: tools.clone(),
        models: model.clone(),
        watch: hub.clone(),
        clock: session::clock(),
        ids: ids.clone(),
    });
    let parts = Parts {
        host,
        store,
        tools,
        runs,
        ids,
        models,
        model,
        hub,
        artifacts,
        vault: Some(vault),
        audit: trail,
        limits: config.limits.of_tenants(),
    };
    let service = Service::open(parts).await?;
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

fn asker(
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
    }
}

fn reach(app: &App, vault: Arc<Vault>) -> Reach {
    let host = host_sources(app, PathBuf::from("/"));
    Arc::new(move |skill: &PinnedSkill, tenant: &TenantId| {
        let grant = match &skill.grant {
            Some(text) => installs::grant(tenant, text)?,
            None => Grant::compute_only(tenant.clone()),
        };
        Ok((grant, sources_of(&host, Some(&vault), tenant)))
    })
}

//! Who answers the questions of a run: providers over the network, or a recording.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use metier_agent::{
    models::{Model, Recorded, Recorder, Routed},
    routes::{Health, LIST_PRICES, PriceFile, PriceTable, Routes},
};
use metier_core::{Code, EgressRecord, Fault, TenantId};
use metier_runtime::{
    credentials::SecretSources,
    egress::{Clock, EgressAudit},
};
use metier_service::models::{LivePace, ModelTransport, egress_for_models};
use time::OffsetDateTime;

use super::session;
use crate::{
    args::{VaultPlace, runs::ModelOptions},
    commands::App,
    errors::{Failure, sentence},
};

/// The folder beside a definition with recorded answers in a folder of its name, used where no provider can be asked.
const RECORDED: &str = "recorded";

/// Routes, prices, and who answers.
pub struct Models {
    /// The routes of the file.
    pub routes: Routes,
    /// The prices of today.
    pub prices: PriceTable,
    /// Who answers.
    pub model: Arc<dyn Model>,
    /// Whether nobody is asked, and a recording answers.
    pub replayed: Option<PathBuf>,
}

/// As the options say, for the definition called `name` in `folder`. Where a key is missing that the routes need and recorded answers lie
/// beside the definition, those answer, and it is said.
pub fn of(
    app: &App,
    options: &ModelOptions,
    place: &VaultPlace,
    folder: &Path,
    name: &str,
) -> Result<Models, Failure> {
    let (routes, home) = routes(options.routes.as_deref(), folder)?;
    let prices = prices(options.prices.as_deref())?;
    let replayed = match &options.replay {
        Some(folder) => Some(folder.clone()),
        None if options.record.is_none() && lacks_keys(app, &routes) => {
            Some(folder.join(RECORDED).join(name)).filter(|folder| folder.is_dir())
        }
        None => None,
    };
    let model: Arc<dyn Model> = match (&replayed, &options.record) {
        (Some(folder), _) => Arc::new(Recorded::open(folder).map_err(|error| recording(&error))?),
        (None, Some(folder)) => {
            let routed = routed(app, place, &routes, home)?;
            let recorder = Recorder::new(routed, folder, secrets(app, &routes));
            Arc::new(recorder.map_err(|error| recording(&error))?)
        }
        (None, None) => Arc::new(routed(app, place, &routes, home)?),
    };
    Ok(Models {
        routes,
        prices,
        model,
        replayed,
    })
}

/// The routes file and the folder it lies in; none at all where nobody named one and none is there.
pub fn routes(named: Option<&Path>, folder: &Path) -> Result<(Routes, PathBuf), Failure> {
    let beside = folder.join("routes.toml");
    let path = match named {
        Some(path) => path,
        None if beside.is_file() => &beside,
        None => return Ok((Routes::default(), folder.to_owned())),
    };
    let text = std::fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    let routes = Routes::parse(&text).map_err(|error| {
        let message = format!("The routes file {}: {error}", path.display());
        Failure::from(
            Fault::new(Code::InvalidArguments, sentence(&message))
                .with_hint("docs/guides/agents.md explains the file."),
        )
    })?;
    let home = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok((routes, home))
}

/// The prices of today.
pub fn prices(named: Option<&Path>) -> Result<PriceTable, Failure> {
    let text = match named {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?
        }
        None => LIST_PRICES.to_owned(),
    };
    let file = PriceFile::parse(&text).map_err(|error| {
        Fault::new(
            Code::InvalidArguments,
            sentence(&format!("The price file: {error}")),
        )
    })?;
    let today = OffsetDateTime::now_utc().date();
    Ok(file.at(&today.to_string()))
}

/// The variables that the credentials of the routes name.
fn variables(routes: &Routes) -> impl Iterator<Item = &str> {
    let names = routes.credentials.keys();
    names.filter_map(|name| routes.variable(name))
}

fn lacks_keys(app: &App, routes: &Routes) -> bool {
    variables(routes).any(|name| app.environment.secret(name).is_none())
}

/// What must not be in a recording.
fn secrets(app: &App, routes: &Routes) -> Vec<String> {
    variables(routes)
        .filter_map(|name| app.environment.secret(name))
        .collect()
}

/// The providers behind the routes of a file in `home`.
pub fn routed(
    app: &App,
    place: &VaultPlace,
    routes: &Routes,
    home: PathBuf,
) -> Result<Routed, Failure> {
    asked(&session::sources(app, place, home), routes)
}

/// The providers behind routes, whose keys are in `sources`.
pub fn asked(sources: &SecretSources, routes: &Routes) -> Result<Routed, Failure> {
    let clock: Clock = Arc::new(SystemTime::now);
    let transport = ModelTransport::new(
        routes,
        egress_for_models(clock.clone()),
        sources,
        &clock,
        Arc::new(Unheard),
        TenantId::local(),
    );
    let transport = transport.map_err(|error| {
        Fault::new(
            Code::InvalidArguments,
            sentence(&format!("The routes file: {error}")),
        )
    })?;
    Ok(Routed::new(
        Arc::new(transport),
        Arc::new(LivePace::default()),
        Arc::new(Health::default()),
    ))
}

/// The journal has every question and its cost; the requests behind it are not written down twice.
struct Unheard;

impl EgressAudit for Unheard {
    fn record(&self, _: EgressRecord) {}
}

fn recording(error: &dyn std::fmt::Display) -> Failure {
    Fault::new(Code::NotFound, sentence(&error.to_string())).into()
}

//! `/v1/models`: whom a caller may ask.

use std::sync::Arc;

use axum::{Json, extract::State};
use metier_service::{Caller, agents::Agent};
use serde::Serialize;

use super::{
    call::{Asker, Tail},
    failure::Failure,
    target::{AGENT, Target},
};
use crate::app::App;

/// A model, as OpenAI lists it.
#[derive(Serialize)]
pub struct Model {
    id: String,
    object: &'static str,
    /// Seconds since 1970; 0 for a route, which was never made.
    created: u64,
    owned_by: &'static str,
}

/// All of them.
#[derive(Serialize)]
pub struct Models {
    object: &'static str,
    data: Vec<Model>,
}

impl Model {
    fn route(name: &str) -> Self {
        Model::of(name.to_owned(), 0)
    }

    fn agent(name: &str, agent: &Agent) -> Self {
        let current = agent.versions.get(&agent.current);
        let millis = current.map_or(0, |version| version.deployed);
        Model::of(format!("{AGENT}{name}"), millis / 1_000)
    }

    fn of(id: String, created: u64) -> Self {
        Model {
            id,
            object: "model",
            created,
            owned_by: "metier",
        }
    }
}

/// The routes, and the tenant's agents.
pub async fn list(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
) -> Result<Json<Models>, Failure> {
    let routes = app.service.routes(&caller)?;
    let routes = routes.iter().map(|name| Model::route(name));
    let agents = app.service.agents(&caller)?;
    let agents = agents.iter().map(|(name, agent)| Model::agent(name, agent));
    Ok(Json(Models {
        object: "list",
        data: routes.chain(agents).collect(),
    }))
}

/// One of them.
pub async fn show(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Tail(id): Tail,
) -> Result<Json<Model>, Failure> {
    found(&app, &caller, &id).map(Json)
}

fn found(app: &App, caller: &Caller, id: &str) -> Result<Model, Failure> {
    match Target::of(id)? {
        Target::Route(name) => {
            let routes = app.service.routes(caller)?;
            match routes.contains(&name) {
                true => Ok(Model::route(&name)),
                false => Err(no_model(&name)),
            }
        }
        Target::Agent(name) => {
            let agent = app.service.agent(caller, &name);
            let agent = agent.map_err(|fault| Failure::from(fault).no_model())?;
            Ok(Model::agent(name.as_str(), &agent))
        }
    }
}

fn no_model(name: &str) -> Failure {
    let message = format!("There is no model `{}`.", metier_core::ids::shown(name));
    Failure::request(axum::http::StatusCode::NOT_FOUND, message).no_model()
}

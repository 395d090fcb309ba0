//! `/agents`: what a tenant has deployed.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use metier_service::agents::{Agent as Deployed, MAX_DEFINITION, Source};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, moment};
use crate::{
    app::App,
    body::{Json, Named, Params},
    gate::Who,
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    // JSON makes of a line break two bytes.
    let limit = DefaultBodyLimit::max(2 * MAX_DEFINITION + 4_096);
    OpenApiRouter::new()
        .routes(routes!(list, deploy))
        .routes(routes!(show))
        .routes(routes!(source))
        .routes(routes!(make_current))
        .layer(limit)
}

/// An agent or a chain.
#[derive(Serialize, ToSchema)]
struct Agent {
    /// What it is called.
    name: String,
    /// The version new runs have.
    current: String,
    /// All versions.
    versions: Vec<AgentVersion>,
}

/// A version; it never changes.
#[derive(Serialize, ToSchema)]
struct AgentVersion {
    /// As its author counts.
    version: String,
    /// One sentence.
    description: String,
    /// SHA-256 of everything it consists of.
    digest: String,
    /// Who deployed it.
    deployed_by: String,
    /// When.
    deployed: String,
}

impl Agent {
    fn of(name: &str, agent: &Deployed) -> Self {
        let versions = agent
            .versions
            .iter()
            .map(|(version, deployed)| AgentVersion {
                version: version.clone(),
                description: deployed.description.clone(),
                digest: deployed.source.to_string(),
                deployed_by: deployed.by.to_string(),
                deployed: moment::of_millis(deployed.deployed),
            });
        Agent {
            name: name.to_owned(),
            current: agent.current.clone(),
            versions: versions.collect(),
        }
    }
}

/// The text of a definition and of the files it names.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Definition {
    /// The agent's or chain's file, TOML.
    text: String,
    /// Prompts and schemas beside it, by the path it names them by.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

/// Which version is current.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Current {
    /// One that is deployed.
    version: String,
}

/// Which version is meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichVersion {
    version: Option<String>,
}

/// List agents and chains
#[utoipa::path(get, path = "/agents", tag = "agents", responses(
    (status = 200, body = List<Agent>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<Agent>>, Problem> {
    let agents = app.service.agents(&caller)?;
    Ok(List::whole(
        agents.iter().map(|(name, agent)| Agent::of(name, agent)),
    ))
}

/// Deploy a version and make it current
#[utoipa::path(post, path = "/agents", tag = "agents", request_body = Definition, responses(
    (status = 201, body = Agent),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn deploy(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Json(definition): Json<Definition>,
) -> Result<(StatusCode, Answer<Agent>), Problem> {
    let source = Source {
        text: definition.text,
        files: definition.files,
    };
    let (name, agent) = app.service.deploy(&caller, source).await?;
    Ok((
        StatusCode::CREATED,
        Answer(Agent::of(name.as_str(), &agent)),
    ))
}

/// Show an agent
#[utoipa::path(get, path = "/agents/{name}", tag = "agents", params(("name" = String, Path,)), responses(
    (status = 200, body = Agent),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn show(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
) -> Result<Answer<Agent>, Problem> {
    let agent = app.service.agent(&caller, &super::named(&name)?)?;
    Ok(Answer(Agent::of(&name, &agent)))
}

/// Show a version's text, as it was deployed
#[utoipa::path(get, path = "/agents/{name}/source", tag = "agents", params(("name" = String, Path,), ("version" = Option<String>, Query,)), responses(
    (status = 200, body = Definition),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn source(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
    Params(which): Params<WhichVersion>,
) -> Result<Answer<Definition>, Problem> {
    let name = super::named(&name)?;
    let source = app
        .service
        .source(&caller, &name, which.version.as_deref())
        .await?;
    Ok(Answer(Definition {
        text: source.text,
        files: source.files,
    }))
}

/// Make a version current: roll back, or forward again
#[utoipa::path(put, path = "/agents/{name}/current", tag = "agents", params(("name" = String, Path,)), request_body = Current, responses(
    (status = 200, body = Agent),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn make_current(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
    Json(current): Json<Current>,
) -> Result<Answer<Agent>, Problem> {
    let name = super::named(&name)?;
    let (name, agent) = app
        .service
        .make_current(&caller, &name, &current.version)
        .await?;
    Ok(Answer(Agent::of(name.as_str(), &agent)))
}

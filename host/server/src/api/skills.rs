//! `/skills`: what a tenant has installed, and what it may reach.

use std::sync::Arc;

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use metier_market::receipt::MAX_RECEIPT;
use metier_runtime::skill::MAX_FILE;
use metier_service::{
    installs::{Install, MAX_GRANT},
    market::Why,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, moment, skill_body::SkillBody};
use crate::{
    app::App,
    body::{Json, Named, Text},
    gate::Who,
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    let files = OpenApiRouter::new()
        .routes(routes!(install))
        .routes(routes!(show, install_as, change, uninstall))
        .layer(DefaultBodyLimit::max(MAX_FILE + MAX_RECEIPT + MAX_GRANT));
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show_grant, grant, withdraw))
        .merge(files)
}

/// A skill as a tenant has it.
#[derive(Serialize, ToSchema)]
struct Skill {
    /// What its tools are named with: `salesforce` in `salesforce.query`.
    alias: String,
    /// SHA-256 of the file.
    digest: String,
    /// The name it gives itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The version it gives itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Whether its tools are there.
    enabled: bool,
    /// Whether it has a grant; without one it reaches nothing.
    granted: bool,
    /// The market that vouches for it; absent where nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    vouched_by: Option<String>,
    /// Who changed it last.
    changed_by: String,
    /// When.
    changed: String,
}

impl Skill {
    fn of(app: &App, alias: &str, install: &Install) -> Self {
        Skill {
            alias: alias.to_owned(),
            digest: install.digest.to_string(),
            name: install.name.as_ref().map(ToString::to_string),
            version: install.version.clone(),
            enabled: install.enabled,
            granted: install.grant.is_some(),
            vouched_by: vouched_by(app, install),
            changed_by: install.by.to_string(),
            changed: moment::of_millis(install.changed),
        }
    }
}

fn vouched_by(app: &App, install: &Install) -> Option<String> {
    match &app.service.vouching().why(&install.digest)?.why {
        Why::Market { origin, .. } => Some(origin.clone()),
        Why::Nobody => None,
    }
}

/// What is to be different.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SkillChange {
    /// Whether its tools are there.
    enabled: bool,
}

/// List skills
#[utoipa::path(get, path = "/skills", tag = "skills", responses(
    (status = 200, body = List<Skill>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<Skill>>, Problem> {
    let skills = app.service.skills(&caller)?;
    Ok(List::whole(
        skills
            .iter()
            .map(|(alias, install)| Skill::of(&app, alias, install)),
    ))
}

/// Install a skill under the last part of its own name
#[utoipa::path(post, path = "/skills", tag = "skills", params(("allow_unsigned" = Option<bool>, Query, description = "Install a file nobody vouches for"), ("new_publisher" = Option<bool>, Query, description = "Take keys of a publisher that no known one vouches for")), request_body(content = Vec<u8>, content_type = "application/wasm", description = "The component; or `multipart/form-data` with the parts `component`, `receipt` and `grant`"), responses(
    (status = 201, body = Skill),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn install(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    SkillBody(new): SkillBody,
) -> Result<(StatusCode, Answer<Skill>), Problem> {
    let installed = app.service.install(&caller, None, new).await;
    let (alias, install) = installed.map_err(super::of_file)?;
    Ok((
        StatusCode::CREATED,
        Answer(Skill::of(&app, alias.as_str(), &install)),
    ))
}

/// Install a skill, or replace it; its grant stays
#[utoipa::path(put, path = "/skills/{alias}", tag = "skills", params(("alias" = String, Path,), ("allow_unsigned" = Option<bool>, Query, description = "Install a file nobody vouches for"), ("new_publisher" = Option<bool>, Query, description = "Take keys of a publisher that no known one vouches for")), request_body(content = Vec<u8>, content_type = "application/wasm", description = "The component; or `multipart/form-data` with the parts `component`, `receipt` and `grant`"), responses(
    (status = 200, body = Skill),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn install_as(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(alias): Named<String>,
    SkillBody(new): SkillBody,
) -> Result<Answer<Skill>, Problem> {
    let alias = super::named(&alias)?;
    let installed = app.service.install(&caller, Some(alias), new).await;
    let (alias, install) = installed.map_err(super::of_file)?;
    Ok(Answer(Skill::of(&app, alias.as_str(), &install)))
}

/// Show a skill
#[utoipa::path(get, path = "/skills/{alias}", tag = "skills", params(("alias" = String, Path,)), responses(
    (status = 200, body = Skill),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn show(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(alias): Named<String>,
) -> Result<Answer<Skill>, Problem> {
    let install = app.service.skill(&caller, &super::named(&alias)?)?;
    Ok(Answer(Skill::of(&app, &alias, &install)))
}

/// Switch a skill on or off
#[utoipa::path(patch, path = "/skills/{alias}", tag = "skills", params(("alias" = String, Path,)), request_body = SkillChange, responses(
    (status = 200, body = Skill),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn change(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(alias): Named<String>,
    Json(change): Json<SkillChange>,
) -> Result<Answer<Skill>, Problem> {
    let changed = app
        .service
        .enable(&caller, &super::named(&alias)?, change.enabled)
        .await?;
    Ok(Answer(Skill::of(&app, &alias, &changed)))
}

/// Take a skill away; runs that have it pinned keep it
#[utoipa::path(delete, path = "/skills/{alias}", tag = "skills", params(("alias" = String, Path,)), responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn uninstall(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(alias): Named<String>,
) -> Result<StatusCode, Problem> {
    app.service
        .uninstall(&caller, &super::named(&alias)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show a skill's grant, as it was written
#[utoipa::path(get, path = "/skills/{alias}/grant", tag = "skills", params(("alias" = String, Path,)), responses(
    (status = 200, body = String, content_type = "application/toml"),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn show_grant(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(alias): Named<String>,
) -> Result<([(&'static str, &'static str); 1], String), Problem> {
    let install = app.service.skill(&caller, &super::named(&alias)?)?;
    let text = install.grant.clone().ok_or_else(super::nothing_there)?;
    Ok(([("content-type", "application/toml")], text))
}

/// Say what a skill may reach
#[utoipa::path(put, path = "/skills/{alias}/grant", tag = "skills", params(("alias" = String, Path,)), request_body(content = String, content_type = "application/toml"), responses(
    (status = 200, body = Skill),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn grant(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(alias): Named<String>,
    Text(grant): Text,
) -> Result<Answer<Skill>, Problem> {
    let changed = app
        .service
        .grant(&caller, &super::named(&alias)?, Some(grant))
        .await
        .map_err(super::of_file)?;
    Ok(Answer(Skill::of(&app, &alias, &changed)))
}

/// Take everything a skill may reach away
#[utoipa::path(delete, path = "/skills/{alias}/grant", tag = "skills", params(("alias" = String, Path,)), responses(
    (status = 200, body = Skill),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn withdraw(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(alias): Named<String>,
) -> Result<Answer<Skill>, Problem> {
    let changed = app
        .service
        .grant(&caller, &super::named(&alias)?, None)
        .await?;
    Ok(Answer(Skill::of(&app, &alias, &changed)))
}

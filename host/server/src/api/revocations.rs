//! `/revocations`: what markets revoked, and what that touches here.

use std::sync::Arc;

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, State},
};
use metier_market::revoked::MAX_FILE;
use metier_service::market::{Affected, ListStatus, Revocations, Standing};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    body::Raw,
    gate::Who,
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(show, import))
        .layer(DefaultBodyLimit::max(MAX_FILE))
}

/// What was revoked, as far as it concerns the caller.
#[derive(Serialize, ToSchema)]
struct Revoked {
    /// The list of each market that is trusted.
    lists: Vec<RevocationList>,
    /// Installed skills that are not called any more.
    affected: Vec<AffectedSkill>,
}

/// The list of one market.
#[derive(Serialize, ToSchema)]
struct RevocationList {
    /// What the market's log calls itself.
    market: String,
    /// Its version; absent where there is no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
    /// `fresh`, `expired` or `missing`.
    standing: &'static str,
    /// Until when it can be relied on.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// How many things it revokes.
    entries: usize,
}

/// An installed skill that is not called any more.
#[derive(Serialize, ToSchema)]
struct AffectedSkill {
    /// Whose.
    tenant: String,
    /// What its tools are named with.
    alias: String,
    /// SHA-256 of the component.
    digest: String,
    /// Name and version, as it gives them.
    skill: String,
    /// What was revoked, and why.
    why: String,
    /// Agents and chains that use it.
    agents: Vec<String>,
    /// Runs under way that depend on it.
    runs: Vec<String>,
}

/// Whether an imported list was news.
#[derive(Serialize, ToSchema)]
struct Imported {
    /// Whether it is newer than the one before.
    is_new: bool,
}

/// Show what was revoked, and what that touches
#[utoipa::path(get, path = "/revocations", tag = "skills", responses(
    (status = 200, body = Revoked),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn show(State(app): State<Arc<App>>, Who(caller): Who) -> Result<Answer<Revoked>, Problem> {
    let Revocations { lists, affected } = app.service.revocations(&caller).await?;
    Ok(Answer(Revoked {
        lists: lists.into_iter().map(RevocationList::of).collect(),
        affected: affected.into_iter().map(AffectedSkill::of).collect(),
    }))
}

/// Take a revocation list from a file, where no market is reached
#[utoipa::path(put, path = "/revocations", tag = "skills", request_body(content = String, content_type = "application/json"), responses(
    (status = 200, body = Imported),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn import(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Raw(file): Raw,
) -> Result<Answer<Imported>, Problem> {
    let is_new = app.service.import_revocations(&caller, &file).await?;
    Ok(Answer(Imported { is_new }))
}

impl RevocationList {
    fn of(status: ListStatus) -> Self {
        let (standing, expires) = match status.standing {
            Standing::Missing => ("missing", None),
            Standing::Expired(at) => ("expired", Some(at.to_string())),
            Standing::Fresh(at) => ("fresh", Some(at.to_string())),
        };
        RevocationList {
            market: status.origin,
            version: status.version,
            issued: status.issued.map(|at| at.to_string()),
            standing,
            expires,
            entries: status.entries,
        }
    }
}

impl AffectedSkill {
    fn of(affected: Affected) -> Self {
        AffectedSkill {
            tenant: affected.tenant.to_string(),
            alias: affected.alias,
            digest: affected.digest.to_string(),
            skill: affected.skill,
            why: affected.why,
            agents: affected.agents,
            runs: affected.runs.iter().map(ToString::to_string).collect(),
        }
    }
}

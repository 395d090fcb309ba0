//! `/keys`: who may do what in a tenant.

use std::{sync::Arc, time::Duration};

use axum::{Json as Answer, extract::State, http::StatusCode};
use metier_service::{
    Caller, Role,
    directory::NewKey,
    identity::{ApiKey, IssuedKey},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, moment};
use crate::{
    app::App,
    body::{Json, Named},
    gate::Who,
    problem::{Problem, ProblemDetails},
};

/// The old secret of a rotated key opens that long unless told otherwise.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(list, create))
        .routes(routes!(revoke))
        .routes(routes!(rotate))
}

/// Who asks.
#[derive(Serialize, ToSchema)]
struct Me {
    /// Whose skills, runs and data are meant.
    tenant: String,
    /// Who it is, in audits and bills.
    principal: String,
    /// What they may do: `admin`, `operator`, `caller`, `approver` or `viewer`.
    role: String,
    /// The only tools they may call; all when empty.
    tools: Vec<String>,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
struct Key {
    /// What it is known by.
    id: String,
    /// What it is for.
    name: String,
    /// What it may do.
    role: String,
    /// The only tools it may call; all when empty.
    tools: Vec<String>,
    /// When it was made.
    created: String,
    /// When it stops working.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

impl Key {
    fn of(id: String, key: &ApiKey) -> Self {
        Key {
            id,
            name: key.name.clone(),
            role: key.role.to_string(),
            tools: key.tools.clone(),
            created: moment::of_millis(key.created),
            expires: key.expires.map(moment::of_millis),
        }
    }
}

/// A key that was just made, or given a new secret.
#[derive(Serialize, ToSchema)]
struct Issued {
    /// What it is known by.
    id: String,
    /// The text to send. It is shown this once and kept nowhere.
    key: String,
}

impl From<IssuedKey> for Issued {
    fn from(IssuedKey { id, key }: IssuedKey) -> Self {
        Issued { id, key }
    }
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyRequest {
    /// What it is for.
    #[schema(max_length = 128)]
    name: String,
    /// `operator`, `caller`, `approver`, `viewer`, or `admin` for whoever is one.
    #[schema(value_type = String)]
    role: Role,
    /// The only tools it may call, as `alias.tool` or `alias.*`; all when empty.
    #[serde(default)]
    tools: Vec<String>,
    /// Seconds until it stops working; never when absent.
    #[serde(default)]
    expires_in: Option<u64>,
}

/// How a key is rotated.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// Seconds for which the old secret opens still; a day when absent.
    #[serde(default)]
    overlap: Option<u64>,
}

/// Show who asks
#[utoipa::path(get, path = "/me", tag = "keys", responses(
    (status = 200, body = Me),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn me(Who(caller): Who) -> Answer<Me> {
    let Caller {
        tenant,
        principal,
        role,
        tools,
        request: _,
    } = caller;
    Answer(Me {
        tenant: tenant.into(),
        principal: principal.into(),
        role: role.to_string(),
        tools: tools.to_vec(),
    })
}

/// List keys
#[utoipa::path(get, path = "/keys", tag = "keys", responses(
    (status = 200, body = List<Key>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(State(app): State<Arc<App>>, Who(caller): Who) -> Result<Answer<List<Key>>, Problem> {
    let keys = app.service.directory().keys(&caller)?;
    Ok(List::whole(
        keys.into_iter().map(|(id, key)| Key::of(id, &key)),
    ))
}

/// Make a key; its text is shown this once
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = KeyRequest, responses(
    (status = 201, body = Issued),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn create(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Json(new): Json<KeyRequest>,
) -> Result<(StatusCode, Answer<Issued>), Problem> {
    let new = NewKey {
        name: new.name,
        role: new.role,
        tools: new.tools,
        lasts: new.expires_in.map(Duration::from_secs),
    };
    let issued = app.service.directory().issue(&caller, new).await?;
    Ok((StatusCode::CREATED, Answer(issued.into())))
}

/// End a key
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = String, Path,)), responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn revoke(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(id): Named<String>,
) -> Result<StatusCode, Problem> {
    app.service.directory().revoke(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a key a new secret; the old one opens for a while longer
#[utoipa::path(post, path = "/keys/{id}/rotate", tag = "keys", params(("id" = String, Path,)), request_body = Rotation, responses(
    (status = 200, body = Issued),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn rotate(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(id): Named<String>,
    Json(rotation): Json<Rotation>,
) -> Result<Answer<Issued>, Problem> {
    let overlap = rotation.overlap.map_or(OVERLAP, Duration::from_secs);
    let issued = app
        .service
        .directory()
        .rotate(&caller, &id, overlap)
        .await?;
    Ok(Answer(issued.into()))
}

//! `/secrets`: written, never read back.

use std::sync::Arc;

use axum::{Json as Answer, extract::State, http::StatusCode};
use metier_runtime::credentials::Secret;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::List;
use crate::{
    app::App,
    body::{Named, Text},
    gate::Who,
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(keep, forget))
}

/// A secret, without its value.
#[derive(Serialize, ToSchema)]
struct SecretName {
    /// As grants write it: `secret = { vault = "NAME" }`.
    name: String,
}

/// List the names of secrets
#[utoipa::path(get, path = "/secrets", tag = "secrets", responses(
    (status = 200, body = List<SecretName>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<SecretName>>, Problem> {
    let names = app.service.secrets(&caller).await?;
    Ok(List::whole(
        names.into_iter().map(|name| SecretName { name }),
    ))
}

/// Keep a secret, or replace it; the body is its value
#[utoipa::path(put, path = "/secrets/{name}", tag = "secrets", params(("name" = String, Path,)), request_body(content = String, content_type = "text/plain"), responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn keep(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
    Text(value): Text,
) -> Result<StatusCode, Problem> {
    app.service
        .keep_secret(&caller, &name, Secret::new(value))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forget a secret
#[utoipa::path(delete, path = "/secrets/{name}", tag = "secrets", params(("name" = String, Path,)), responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn forget(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
) -> Result<StatusCode, Problem> {
    app.service.forget_secret(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

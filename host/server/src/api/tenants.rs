//! `/tenants`: for the administrator of the service.

use std::sync::Arc;

use axum::{Json as Answer, extract::State};
use metier_core::TenantId;
use metier_service::directory::Tenant;
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

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put))
}

/// A tenant: its skills, secrets, runs and bill are wholly apart from everybody else's.
#[derive(Serialize, ToSchema)]
#[schema(as = Tenant)]
struct TenantBody {
    /// What it is called in requests.
    id: String,
    /// For people.
    name: String,
    /// When it was made.
    created: String,
    /// Its keys do not open while this is so.
    suspended: bool,
}

impl TenantBody {
    fn of(id: &str, tenant: &Tenant) -> Self {
        TenantBody {
            id: id.to_owned(),
            name: tenant.name.clone(),
            created: moment::of_millis(tenant.created),
            suspended: tenant.suspended,
        }
    }
}

/// What a tenant is to be like.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TenantChange {
    /// For people; only taken when it is made.
    #[serde(default)]
    #[schema(max_length = 128)]
    name: String,
    /// Whether its keys do not open; as it is when absent.
    #[serde(default)]
    suspended: Option<bool>,
}

/// List tenants
#[utoipa::path(get, path = "/tenants", tag = "tenants", responses(
    (status = 200, body = List<TenantBody>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<TenantBody>>, Problem> {
    let tenants = app.service.directory().tenants(&caller)?;
    Ok(List::whole(
        tenants
            .iter()
            .map(|(id, tenant)| TenantBody::of(id, tenant)),
    ))
}

/// Make a tenant, or suspend it
#[utoipa::path(put, path = "/tenants/{id}", tag = "tenants", params(("id" = String, Path,)), request_body = TenantChange, responses(
    (status = 200, body = TenantBody),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn put(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(id): Named<String>,
    Json(change): Json<TenantChange>,
) -> Result<Answer<TenantBody>, Problem> {
    let directory = app.service.directory();
    let id: TenantId = super::named(&id)?;
    if !directory.tenants(&caller)?.contains_key(id.as_str()) {
        directory.make_tenant(&caller, &id, &change.name).await?;
    }
    if let Some(suspended) = change.suspended {
        directory.suspend(&caller, &id, suspended).await?;
    }
    let tenants = directory.tenants(&caller)?;
    let tenant = tenants.get(id.as_str()).ok_or_else(super::nothing_there)?;
    Ok(Answer(TenantBody::of(id.as_str(), tenant)))
}
